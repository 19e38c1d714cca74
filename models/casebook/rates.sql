-- One row: one source and how often people found it right or wrong; partly confirmed counts half on either side.
-- A verdict about a whole lead speaks of every source of the lead. An inspection that was also imported as a verdict
-- counts once.
with spoken as (
    select v.verdict_id as said_by, v.subject_type, v.subject_id, v.case_no, unnest(string_split(v.sources, ';')) as source,
        case v.conclusion when 'confirmed' then 1.0 when 'partly_confirmed' then 0.5 else 0.0 end as truth
    from casebook.current_verdict as v
    where v.conclusion <> 'unsure' and v.sources is not null
),

inspected as (
    select distinct 'inspection ' || i.case_id as said_by, i.subject_type, i.subject_id, i.case_id as case_no, n.source,
        case c.conclusion when 'confirmed' then 1.0 when 'partly_confirmed' then 0.5 else 0.0 end as truth
    from record.inspection_result as i
    join conclusion_word as c on c.word = lower(i.result)
    join source_name as n on n.name = i.rule_id
    where c.conclusion <> 'unsure'
        and not exists (
            select 1 from casebook.verdict as v
            where v.case_no = i.case_id and v.subject_id = i.subject_id
        )
)

select source, sum(truth) as confirmed, sum(1 - truth) as dismissed
from (
    select source, truth from spoken
    union all
    select source, truth from inspected
) as together
group by source
order by source
