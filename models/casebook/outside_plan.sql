-- One row: one row of the file, as a lead from outside, and what is to become of it.
-- state: new, known (it came before, in this file or another), refused; why: the reason of a refusal
-- outside_id: its own number where no other lead has it, else the number with its kind, else with its office too
with told as (
    select h.*, k.kind as named_kind, coalesce(k.kind, $kind) as this_kind, p.person_id as this_person,
        coalesce(h.received_on, cast($received as date)) as came_on,
        case
            when h.subject_id is null and h.subject_name is null and p.person_id is not null then 'person'
            else h.subject_type
        end as this_type,
        case
            when h.subject_id is null and h.subject_name is null then p.person_id
            else h.subject_id
        end as this_subject,
        lower(s.subject_type) as meant_type
    from handed_row as h
    left join outside_word as k on k.word = lower(h.kind)
    left join handed_person as p on p.row_number = h.row_number
    left join subject_word as s on s.word = lower(h.subject_type)
),

judged as (
    select t.*,
        case
            when t.fault is not null then t.fault
            when t.this_subject is null and t.subject_name is null
                then 'it names neither a code nor a name of whom it is about; fill one in'
            when t.content is null and t.rule is null and t.own_number is null
                then 'it says neither a number nor what it is about; fill one in'
            when t.subject_type is not null and t.meant_type is null
                then 'subject_type is ''' || left(t.subject_type, 40) || ''', which is not known; write 医疗机构, 药店, 医师 or 参保人'
            when t.amount < 0 then 'amount is ' || cast(t.amount as varchar) || '; an amount is not below 0'
            when t.came_on > cast($today as date)
                then 'received_on is ' || cast(t.came_on as varchar) || ', which has not come yet; correct the day'
            when t.due_on < t.came_on
                then 'due_on is ' || cast(t.due_on as varchar) || ', before it came on ' || cast(t.came_on as varchar) || '; correct one of them'
            when t.feedback_due_on < t.came_on
                then 'feedback_due_on is ' || cast(t.feedback_due_on as varchar) || ', before it came on '
                    || cast(t.came_on as varchar) || '; correct one of them'
        end as wrong,
        md5(concat_ws('|', t.this_kind, coalesce(t.office, ''), coalesce(t.own_number, ''),
            case
                when t.own_number is not null then ''
                else concat_ws('|', coalesce(cast(t.came_on as varchar), ''), coalesce(t.this_subject, ''),
                    coalesce(t.subject_name, ''), coalesce(t.this_person, ''), coalesce(t.settlement_id, ''),
                    coalesce(t.encounter_id, ''), coalesce(t.line_id, ''), coalesce(t.rule, ''),
                    coalesce(t.whole_content, t.content, ''), coalesce(cast(t.amount as varchar), ''))
            end
        )) as content_hash
    from told as t
),

-- Rows of one number of one office are one lead: of the platform, a suspicion with several lines; each line is kept.
copied as (
    select j.*,
        case
            when j.own_number is not null and (j.settlement_id is not null or j.line_id is not null or j.encounter_id is not null)
                then md5(j.content_hash || '|' || coalesce(j.settlement_id, '') || '|' || coalesce(j.encounter_id, '')
                    || '|' || coalesce(j.line_id, ''))
            else j.content_hash
        end as row_hash
    from judged as j
),

placed as (
    select c.*, row_number() over (partition by c.row_hash, c.wrong is null order by c.row_number) as copy,
        o.outside_id as known_id,
        case
            when o.outside_id is not null
                then concat_ws('|', coalesce(o.content, ''), coalesce(o.subject_id, ''), coalesce(o.subject_name, ''))
            else first_value(concat_ws('|', coalesce(c.content, ''), coalesce(c.this_subject, ''), coalesce(c.subject_name, '')))
                over (partition by c.row_hash, c.wrong is null order by c.row_number)
        end as said_before,
        concat_ws('|', coalesce(c.content, ''), coalesce(c.this_subject, ''), coalesce(c.subject_name, '')) as says
    from copied as c
    left join casebook.outside_lead as o on o.content_hash = c.row_hash
),

-- A number is one lead: what says something else under it would be lost, so a person decides.
told_apart as (
    select * replace (
        case
            when wrong is null and says <> said_before
                then 'number ''' || own_number || ''' came before and says something else; give this row a number of its own'
            else wrong
        end as wrong
    )
    from placed
),

fresh as (
    select p.*, row_number() over (partition by p.own_number order by p.row_number) as use
    from told_apart as p
    where p.wrong is null and p.copy = 1 and p.known_id is null
),

taken as (
    select outside_id as id, kind
    from casebook.outside_lead
    union
    select tip_id, 'tip'
    from record.tip
),

word as (
    select kind, min(case kind when 'tip' then '举报' when 'hand_down' then '交办' when 'platform' then '平台' else '部门' end)
        as said
    from outside_word
    group by kind
),

named as (
    select f.row_number,
        case
            when f.own_number is null then 'W' || upper(substr(f.row_hash, 1, 10))
            when f.use = 1 and not exists (
                select 1 from taken as t where t.id = f.own_number
                    and not (f.this_kind = 'tip' and t.kind = 'tip'
                        and f.own_number not in (select outside_id from casebook.outside_lead))
            ) then f.own_number
            when f.row_hash = f.content_hash and f.use = 1 and not exists (
                select 1 from taken as t where t.id = w.said || '-' || f.own_number
            ) then w.said || '-' || f.own_number
            else f.own_number || '-' || upper(substr(f.row_hash, 1, 6))
        end as outside_id
    from fresh as f
    join word as w on w.kind = f.this_kind
)

select p.row_number,
    case when p.wrong is not null then 'refused' when n.row_number is null then 'known' else 'new' end as state,
    p.wrong as why, coalesce(n.outside_id, p.known_id) as outside_id, p.row_hash as content_hash, p.this_kind as kind,
    p.own_number, p.office, p.came_on as received_on, p.channel, p.this_type as subject_type,
    p.this_subject as subject_id, p.subject_name, case when p.this_type = 'person' and p.subject_id is null then null else p.this_person end as person_id,
    p.settlement_id, p.encounter_id, p.line_id, p.rule, p.content, p.amount, p.due_on, p.feedback_due_on,
    p.informant_name, p.informant_phone, p.informant_id, p.informant_address, p.whole_content
from told_apart as p
left join named as n on n.row_number = p.row_number
order by p.row_number
