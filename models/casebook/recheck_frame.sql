-- One row: one matter that is closed: a case, or a lead that was in no case, with its verdict.
-- group_name: the conclusion; of a case the gravest of its leads; a case without any verdict has
-- nothing that could be read again
with verdict as (
    select lead_id, conclusion, confirmed_amount, decided_on, handled_by,
        row_number() over (
            partition by lead_id
            order by case when rule is null then 0 else 1 end, decided_on desc, imported_at desc, row_number desc
        ) as place
    from casebook.current_verdict
    where lead_id is not null and is_closing
),

judged as (
    select v.lead_id, v.conclusion, v.confirmed_amount, v.decided_on, v.handled_by, l.case_id
    from verdict as v
    left join casebook.case_lead as l on l.lead_id = v.lead_id
    where v.place = 1
),

case_matter as (
    select c.case_id as unit, 'case' as subject_type, c.title as subject_name, c.closed_on as closed_on,
        coalesce(
            min(case j.conclusion when 'confirmed' then '1confirmed' when 'partly_confirmed' then '2partly_confirmed'
                when 'dismissed' then '3dismissed' else '4' || j.conclusion end),
            '5none'
        ) as graded,
        sum(j.confirmed_amount) as confirmed_amount,
        concat_ws(';', c.owner, string_agg(distinct j.handled_by, ';' order by j.handled_by)) as handled_by
    from casebook.current_case as c
    join judged as j on j.case_id = c.case_id
    where c.closed_on is not null
    group by c.case_id, c.title, c.closed_on, c.owner
)

select unit, subject_type, subject_name, closed_on, substr(graded, 2) as group_name,
    cast(confirmed_amount as decimal(16, 2)) as confirmed_amount, handled_by
from case_matter
where closed_on between cast($from as date) and cast($to as date)
union all
select lead_id, 'lead', null, decided_on, conclusion, confirmed_amount, handled_by
from judged
where case_id is null and decided_on between cast($from as date) and cast($to as date)
order by 1
