-- One row: one row of the file with the lead and subject it is about and what is to become of it.
-- state: new, known (said before), blank (nothing filled in yet), refused; why: the reason of a refusal, else null
-- is_void: it takes back what was said of the lead, which is open again
-- beyond: the yuan at issue where more than that is confirmed; is_undated: the day is the day of the import, and of
-- a clock that was set back the day of the verdict it follows
with worded as (
    select t.*, c.conclusion as meant,
        c.closes = '1' as is_closing, c.closes = '-1' as is_void, c.reason as usual_reason, s.subject_type as meant_type,
        case when s.subject_type = 'group' then coalesce(t.lead_id, t.subject_id) else t.lead_id end as named_lead,
        t.conclusion is null and t.reason is null and t.decided_on is null and t.confirmed_quantity is null
            and t.confirmed_amount is null and t.confirmed_fund_amount is null and t.recovered_amount is null
            and t.penalty_amount is null and t.case_no is null and t.document_no is null and t.agreed_amount is null
            and t.transferred_amount is null as is_blank
    from verdict_row as t
    left join conclusion_word as c on c.word = t.conclusion_word
    left join subject_word as s on s.word = t.subject_word
),

subject as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        institution_id as subject_id
    from feature.institution
    union
    select 'practitioner', practitioner_id
    from feature.practitioner
    union
    select 'person', person_id
    from feature.person
),

named as (
    select row_number, subject_id as code, meant_type
    from worded
    where subject_id is not null
    union
    select row_number, hidden_id, meant_type
    from worded
    where hidden_id is not null
),

-- The register decides whether a code is a hospital or a drugstore.
fitting as (
    select n.row_number, min(s.subject_type) as subject_type, min(s.subject_id) as subject_id,
        count(distinct s.subject_type) as kinds
    from named as n
    join subject as s on s.subject_id = n.code
    where n.meant_type is null or s.subject_type = n.meant_type
        or (s.subject_type in ('institution', 'pharmacy') and n.meant_type in ('institution', 'pharmacy'))
    group by n.row_number
),

history as (
    select r.lead_id, r.subject_type, r.subject_key, r.last_run, r.closed_on, l.last_on,
        row_number() over (
            partition by r.subject_type, r.subject_key
            order by case when r.closed_on is null then 0 else 1 end, r.closed_on desc, r.lead_id
        ) as place
    from casebook.lead_register as r
    left join model.lead as l on l.lead_id = r.lead_id
),

-- A verdict older than the lead's last evidence is not about the lead.
placed as (
    select w.*, f.subject_type as found_type, f.subject_id as found_id, f.kinds,
        coalesce(n.lead_id, h.lead_id) as this_lead, coalesce(n.subject_type, f.subject_type) as this_type,
        coalesce(n.subject_key, f.subject_id) as this_key, coalesce(n.last_run, h.last_run) as this_run,
        coalesce(w.decided_on, cast($today as date)) as day
    from worded as w
    left join fitting as f on f.row_number = w.row_number
    left join history as n on n.lead_id = w.named_lead
    left join history as h
        on w.named_lead is null and h.place = 1 and h.subject_type = f.subject_type and h.subject_key = f.subject_id
        and coalesce(h.last_on <= coalesce(w.decided_on, cast($today as date)), true)
),

judged as (
    select p.*,
        case
            when p.fault is not null then p.fault
            when p.lead_id is null and p.subject_id is null then 'names neither a lead nor a subject'
            when p.conclusion is null and not p.is_blank then 'has no conclusion'
            when p.meant is null and not p.is_blank then 'the conclusion ''' || p.conclusion || ''' is not known'
            when p.subject_type is not null and p.meant_type is null
                then 'the subject type ''' || p.subject_type || ''' is not known'
            when p.named_lead is not null and p.this_lead is null then 'there is no lead ' || p.named_lead
            when p.lead_id is not null and p.subject_id is not null and p.meant_type is distinct from 'group'
                and p.this_key not in (p.subject_id, coalesce(p.hidden_id, p.subject_id))
                then 'lead ' || p.lead_id || ' is not about ' || p.subject_id
            when p.named_lead is null and p.found_id is null
                then 'the record knows no ' || coalesce(p.meant_type, 'subject') || ' ' || p.subject_id
            when p.named_lead is null and p.kinds > 1 and not p.found_type in ('institution', 'pharmacy')
                then p.subject_id || ' could be several kinds of subject: give subject_type'
            when p.decided_on > cast($today as date) then 'its day ' || cast(p.day as varchar) || ' has not come yet'
            when least(p.confirmed_amount, p.confirmed_fund_amount, p.recovered_amount, p.penalty_amount,
                p.agreed_amount, p.transferred_amount, p.effort_days, p.penalty_multiple, p.points) < 0
                then concat_ws(', ',
                    case when p.confirmed_amount < 0 then '确认违规金额 ' || cast(p.confirmed_amount as varchar) end,
                    case when p.confirmed_fund_amount < 0 then '涉及基金 ' || cast(p.confirmed_fund_amount as varchar) end,
                    case when p.recovered_amount < 0 then '追回金额 ' || cast(p.recovered_amount as varchar) end,
                    case when p.penalty_amount < 0 then '处罚金额 ' || cast(p.penalty_amount as varchar) end,
                    case when p.agreed_amount < 0 then '认可金额 ' || cast(p.agreed_amount as varchar) end,
                    case when p.transferred_amount < 0 then '移送金额 ' || cast(p.transferred_amount as varchar) end,
                    case when p.effort_days < 0 then '核查人日 ' || cast(p.effort_days as varchar) end,
                    case when p.penalty_multiple < 0 then '罚款倍数 ' || cast(p.penalty_multiple as varchar) end,
                    case when p.points < 0 then '记分 ' || cast(p.points as varchar) end) || ' is below 0'
            when p.recovered_on > cast($today as date)
                then 'recovered on ' || cast(p.recovered_on as varchar) || ', which has not come yet'
            when p.meant = 'dismissed' and p.confirmed_amount > 0
                then 'dismissed, and yet ' || cast(p.confirmed_amount as varchar) || ' yuan confirmed'
            when p.selection_probability <= 0 or p.selection_probability > 1
                then 'a selection probability lies above 0 and is at most 1'
        end as wrong
    from placed as p
),

-- further: what is said beside the conclusion, the day and the amounts; a correction may be there alone
furthered as (
    select j.*, concat_ws('|',
        coalesce(cast(j.confirmed_quantity as varchar), ''),
        coalesce(cast(j.confirmed_fund_amount as varchar), ''), coalesce(cast(j.recovered_on as varchar), ''),
        coalesce(cast(j.payment_way as varchar), ''), coalesce(cast(j.penalty_amount as varchar), ''),
        coalesce(cast(j.measures as varchar), ''), coalesce(cast(j.legal_basis as varchar), ''),
        coalesce(cast(j.transferred_to as varchar), ''), coalesce(cast(j.document_no as varchar), ''),
        coalesce(cast(j.handled_by as varchar), ''), coalesce(cast(j.reviewed_by as varchar), ''),
        coalesce(cast(j.recheck as varchar), ''), coalesce(cast(j.agreed_amount as varchar), ''),
        coalesce(cast(j.penalty_multiple as varchar), ''), coalesce(cast(j.penalty_on as varchar), ''),
        coalesce(cast(j.points as varchar), ''), coalesce(cast(j.transferred_amount as varchar), ''),
        coalesce(cast(j.transferred_on as varchar), ''), coalesce(cast(j.document_kind as varchar), ''),
        coalesce(cast(j.is_repeat as varchar), ''), coalesce(cast(j.effort_days as varchar), ''),
        coalesce(cast(j.problem_item as varchar), ''), coalesce(cast(j.origin as varchar), '')
    ) as further
    from judged as j
),

identified as (
    select j.*,
        md5(concat_ws('|', coalesce(j.this_lead, j.this_type || ' ' || j.this_key), coalesce(j.rule, ''), j.meant,
            coalesce(cast(j.decided_on as varchar), ''), coalesce(cast(j.confirmed_amount as varchar), ''),
            coalesce(cast(j.recovered_amount as varchar), ''), coalesce(j.case_no, ''), coalesce(j.reason, '')
        )) as bare_id,
        coalesce(j.this_lead, j.this_type || '|' || j.this_key || '|' || coalesce(j.case_no, ''))
            || '|' || coalesce(j.rule, '') as about
    from furthered as j
),

-- Verdicts of earlier versions are known by the bare id; that they say the rest alike is looked at.
stored as (
    select verdict_id, concat_ws('|',
        coalesce(cast(v.confirmed_quantity as varchar), ''),
        coalesce(cast(v.confirmed_fund_amount as varchar), ''), coalesce(cast(v.recovered_on as varchar), ''),
        coalesce(cast(v.payment_way as varchar), ''), coalesce(cast(v.penalty_amount as varchar), ''),
        coalesce(cast(v.measures as varchar), ''), coalesce(cast(v.legal_basis as varchar), ''),
        coalesce(cast(v.transferred_to as varchar), ''), coalesce(cast(v.document_no as varchar), ''),
        coalesce(cast(v.handled_by as varchar), ''), coalesce(cast(v.reviewed_by as varchar), ''),
        coalesce(cast(v.recheck as varchar), ''), coalesce(cast(v.agreed_amount as varchar), ''),
        coalesce(cast(v.penalty_multiple as varchar), ''), coalesce(cast(v.penalty_on as varchar), ''),
        coalesce(cast(v.points as varchar), ''), coalesce(cast(v.transferred_amount as varchar), ''),
        coalesce(cast(v.transferred_on as varchar), ''), coalesce(cast(v.document_kind as varchar), ''),
        coalesce(cast(v.is_repeat as varchar), ''), coalesce(cast(v.effort_days as varchar), ''),
        coalesce(cast(v.problem_item as varchar), ''), coalesce(cast(v.origin as varchar), '')
    ) as further
    from casebook.verdict as v
),

named_verdict as (
    select i.*,
        case when replace(i.further, '|', '') = '' then i.bare_id else md5(i.bare_id || i.further) end as verdict_id,
        exists (select 1 from stored as s where s.verdict_id = i.bare_id and s.further = i.further) as is_said
    from identified as i
),

compared as (
    select i.*,
        count(distinct case when i.wrong is null then i.meant end) over (partition by i.about, i.day) as conclusions,
        min(i.row_number) over (partition by i.about, i.day) as first_row,
        row_number() over (partition by i.verdict_id, i.wrong order by i.row_number) as copy
    from named_verdict as i
),

chosen as (
    select lead_id, arm, probability
    from (
        select lead_id, arm, probability,
            row_number() over (partition by lead_id order by run_id desc, places desc) as place
        from casebook.selection
    ) as ordered
    where place = 1
),

dated as (
    select c.row_number, case when c.decided_on is null then greatest(c.day, max(o.decided_on)) else c.day end as day
    from compared as c
    left join casebook.verdict as o
        on coalesce(o.lead_id, o.subject_type || '|' || o.subject_id || '|' || coalesce(o.case_no, ''))
            || '|' || coalesce(o.rule, '') = c.about
    group by c.row_number, c.decided_on, c.day
),

by_rule as (
    select c.row_number, string_agg(distinct s.source, ';' order by s.source) as sources
    from compared as c
    join source_name as s on s.name = c.rule
    left join model.lead as l on l.lead_id = c.this_lead
    where l.rules is null or list_contains(string_split(l.rules, ';'), s.source)
    group by c.row_number
)

select c.row_number,
    case
        when c.wrong is not null or c.conclusions > 1 then 'refused'
        when c.is_blank then 'blank'
        when c.copy > 1 or c.is_said or v.verdict_id is not null then 'known'
        else 'new'
    end as state,
    coalesce(c.wrong, case when c.conclusions > 1 then 'two conclusions of one day, see row ' || c.first_row end) as why,
    c.verdict_id, c.about, c.this_lead as lead_id, c.this_type as subject_type,
    case when c.this_type = 'group' then c.this_lead else c.this_key end as subject_id, l.members, c.rule,
    case when c.rule is null then l.rules else b.sources end as sources, c.meant as conclusion,
    c.conclusion as conclusion_said, coalesce(c.reason, c.usual_reason) as reason, e.day as decided_on, c.is_closing,
    c.confirmed_quantity, c.confirmed_amount, c.confirmed_fund_amount, c.recovered_amount, c.recovered_on,
    c.payment_way, c.penalty_amount, c.measures, c.legal_basis, c.transferred_to, c.document_no, c.case_no,
    c.handled_by, c.reviewed_by, c.recheck, c.this_run as run_id, l.tier, l.rank, l.score, l.propensity,
    l.amount_at_risk, l.expected_yield, l.findings, l.settlements,
    coalesce(
        case
            when lower(c.arm) in ('control', 'random', '随机', '双随机') then 'control'
            when lower(c.arm) in ('rank', 'top', 'top-n', '排名') then 'rank'
            when lower(c.arm) in ('tip', '举报') then 'tip'
            else lower(c.arm)
        end, s.arm
    ) as arm,
    coalesce(c.selection_probability, s.probability) as selection_probability,
    l.persons, l.first_on, l.last_on, l.prior_confirmed, l.tips, l.institution_id, c.agreed_amount, c.penalty_multiple,
    c.penalty_on, c.points, c.transferred_amount, c.transferred_on, c.document_kind, c.is_repeat, c.effort_days,
    c.problem_item, c.origin,
    exists (select 1 from casebook.current_verdict as o
        where o.verdict_id <> c.verdict_id and coalesce(o.lead_id, '') = coalesce(c.this_lead, '')
            and o.subject_type = c.this_type and coalesce(o.rule, '') = coalesce(c.rule, '')
            and (c.this_lead is not null or (o.subject_id = c.this_key and coalesce(o.case_no, '') = coalesce(c.case_no, '')))
    ) as is_superseding,
    case when c.confirmed_amount > l.amount_at_risk then l.amount_at_risk end as beyond,
    c.decided_on is null as is_undated, coalesce(c.is_void, false) as is_void
from compared as c
join dated as e on e.row_number = c.row_number
left join (select distinct verdict_id from casebook.verdict) as v on v.verdict_id = c.verdict_id
left join model.lead as l on l.lead_id = c.this_lead
left join chosen as s on s.lead_id = c.this_lead
left join by_rule as b on b.row_number = c.row_number
order by c.row_number
