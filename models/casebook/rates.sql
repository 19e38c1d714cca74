-- One row: one verdict or inspection and one source it speaks of, with what the source said of the lead then.
-- truth: 1 confirmed, 0.5 partly, 0 dismissed; is_whole: it speaks of the lead with all its sources, not of one rule
-- places, volume, slip, weight, shown_certainty: null where the evidence was not kept
-- An inspection that was also imported as a verdict counts once.
with spoken as (
    select v.verdict_id as said_by, v.subject_type, v.rule is null as is_whole,
        unnest(string_split(v.sources, ';')) as source,
        case v.conclusion when 'confirmed' then 1.0 when 'partly_confirmed' then 0.5 else 0.0 end as truth
    from casebook.current_verdict as v
    where v.conclusion <> 'unsure' and v.sources is not null
),

inspected as (
    select distinct 'inspection ' || i.case_id as said_by, n.source,
        case i.conclusion when 'confirmed' then 1.0 when 'partly_confirmed' then 0.5 else 0.0 end as truth
    from inspection as i
    join source_name as n on n.name = i.rule_id
    where i.conclusion <> 'unsure'
        and not exists (
            select 1 from casebook.verdict as v
            where v.case_no = i.case_id and v.subject_id = i.subject_id
        )
)

select s.said_by, s.subject_type, s.is_whole, s.source, cast(s.truth as double) as truth, cast(e.places as double) as places,
    e.volume, e.slip, e.weight, e.certainty as shown_certainty
from spoken as s
left join casebook.verdict_evidence as e on e.verdict_id = s.said_by and e.source = s.source
union all
select i.said_by, null, false, i.source, cast(i.truth as double), null, null, null, null, null
from inspected as i
order by 1, 4
