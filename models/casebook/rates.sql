-- One row: one verdict, inspection or decided appeal and one source it speaks of, with what the source said of the lead then.
-- truth: 1 confirmed, 0.5 partly, 0 dismissed; is_whole: it speaks of the lead with all its sources, not of one rule
-- places, volume, slip, weight, shown_certainty: null where the evidence was not kept
-- An inspection that was also imported as a verdict counts once. Of an appeal the lines of one lead and source are one
-- row: confirmed where all of what was decided stands, dismissed where all of it was cut. A verdict on the lead that
-- speaks of the source says it already.
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
),

decided as (
    select lead_id, subject_type, source, sum(cut_amount) as cut_amount,
        sum(accepted_amount + explained_amount) as left_amount, min(appeal_id) as appeal_id
    from casebook.appeal_standing
    where state in ('won', 'stands', 'paid')
    group by lead_id, subject_type, source
),

appealed as (
    select 'appeal ' || d.lead_id || ' ' || d.source as said_by, d.lead_id, d.subject_type, d.source, d.appeal_id,
        case when d.cut_amount = 0 then 1.0 when d.left_amount = 0 then 0.0 else 0.5 end as truth
    from decided as d
    where not exists (
        select 1 from spoken as s
        join casebook.current_verdict as v on v.verdict_id = s.said_by
        where v.lead_id = d.lead_id and s.source = d.source
    )
)

select s.said_by, s.subject_type, s.is_whole, s.source, cast(s.truth as double) as truth, cast(e.places as double) as places,
    e.volume, e.slip, e.weight, e.certainty as shown_certainty
from spoken as s
left join casebook.verdict_evidence as e on e.verdict_id = s.said_by and e.source = s.source
union all
select i.said_by, null, false, i.source, cast(i.truth as double), null, null, null, null, null
from inspected as i
union all
select a.said_by, a.subject_type, false, a.source, cast(a.truth as double), cast(e.places as double), e.volume, e.slip,
    e.weight, e.certainty
from appealed as a
left join casebook.appeal_evidence as e
    on e.appeal_id = a.appeal_id and e.lead_id = a.lead_id and e.source = a.source
order by 1, 4
