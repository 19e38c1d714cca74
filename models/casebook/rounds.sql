-- One row: one lead of one round's work list, how it was chosen, and what its current verdict says.
-- is_true: null without a verdict that decides
select s.run_id, s.subject_type, s.places, s.lead_id, s.arm, s.probability, coalesce(s.stratum, 0) as stratum,
    case when v.conclusion <> 'unsure' then v.is_true end as is_true,
    case when v.conclusion <> 'unsure' then v.yuan end as yuan
from casebook.selection as s
left join (
    select lead_id, min(conclusion) as conclusion,
        max(cast(case when conclusion in ('confirmed', 'partly_confirmed') then 1 else 0 end as double)) as is_true,
        cast(sum(coalesce(confirmed_amount, 0)) as double) as yuan
    from casebook.current_verdict
    where lead_id is not null
    group by lead_id
) as v on v.lead_id = s.lead_id
order by s.run_id, s.subject_type, s.places, s.lead_id
