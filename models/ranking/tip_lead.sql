-- One row: one lead that rests on leads from outside alone: nothing was found about its subject, so no money and no chance.
-- first_on, last_on: days the tips came
with history as (
    select kind, subject_id, count(distinct case_no) as confirmed
    from past_case
    where conclusion = 'confirmed'
    group by kind, subject_id
),

told as (
    select subject_type, subject_id, count(*) as tips
    from tip_subject
    where subject_id is not null and kind in ('tip', 'hand_down')
    group by subject_type, subject_id
),

waiting as (
    select subject_type, subject_id, min(received_on) as first_on, max(received_on) as last_on,
        string_agg(distinct kind, ';' order by kind desc) as kinds
    from open_tip
    group by subject_type, subject_id
)

select r.lead_id, r.subject_type, r.subject_id, r.previous_lead_id, r.is_opened, cast(0 as bigint) as findings,
    cast(0 as bigint) as settlements, cast(0 as bigint) as persons, w.first_on, w.last_on,
    coalesce(h.confirmed, 0) as prior_confirmed, coalesce(t.tips, 0) as tips,
    case when r.subject_type in ('institution', 'pharmacy') then r.subject_id end as institution_id,
    cast(0 as decimal(16, 2)) as amount_at_risk, cast(0 as decimal(16, 2)) as fund_at_risk,
    cast(0 as decimal(16, 2)) as expected_yield, cast(0 as double) as propensity, cast(0 as double) as score,
    cast(0 as double) as top_chance, 'C' as tier, w.kinds as rules,
    row_number() over (partition by r.subject_type order by w.last_on desc nulls last, r.lead_id) as place,
    count(*) over (partition by r.subject_type) as places
from ranked_subject as r
join waiting as w on w.subject_type = r.subject_type and w.subject_id = r.subject_id
left join told as t on t.subject_type = r.subject_type and t.subject_id = r.subject_id
left join history as h
    on h.subject_id = r.subject_id
    and h.kind = case when r.subject_type in ('institution', 'pharmacy') then 'place' else r.subject_type end
where not exists (
    select 1 from listed_finding as f where f.subject_type = r.subject_type and f.subject_id = r.subject_id
)
order by r.lead_id
