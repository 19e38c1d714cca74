-- One row: one place that at least one lead touches, with its money once, and what of it the record alone proves.
-- records, desk_records: encounters with money at issue, and those of them that the record settles
-- is_settled: nothing that is said of it needs a visit
-- upper_amount: yuan that leads of tiers A and B carry here
with said as (
    select institution_id, count(distinct lead_id) as leads, count(*) as findings,
        count(distinct settlement_id) as settlements, count(distinct person_id) as persons,
        sum(counted_amount) as amount, sum(counted_fund) as fund, sum(expected) as expected,
        sum(case when certainty = 'definite' then counted_amount else 0 end) as desk_amount,
        sum(case when certainty = 'definite' then counted_fund else 0 end) as desk_fund,
        sum(case when certainty = 'definite' then expected else 0 end) as desk_expected,
        sum(case when tier in ('A', 'B') then counted_amount else 0 end) as upper_amount, min(tier) as tier,
        min(case when certainty = 'definite' then 1 else 0 end) = 1 as is_settled,
        min(occurred_on) as first_on, max(occurred_on) as last_on,
        min(case when subject_type in ('institution', 'pharmacy') and subject_id = institution_id then lead_id end)
            as lead_id
    from visit_finding
    where institution_id is not null
    group by institution_id
),

read as (
    select institution_id, count(*) as records,
        cast(sum(case when is_doubtful then 0 else 1 end) as bigint) as desk_records
    from (
        select institution_id, encounter_id, bool_or(is_doubtful) as is_doubtful
        from visit_unit
        where counted_amount > 0
        group by institution_id, encounter_id
    ) as each_record
    group by institution_id
)

select s.institution_id, o.institution_name,
    case when coalesce(o.is_pharmacy, false) then 'pharmacy' else 'institution' end as subject_type,
    o.division as region,
    s.lead_id, s.tier, s.leads, s.findings, s.settlements, coalesce(r.records, 0) as records, s.persons,
    cast(s.amount as decimal(16, 2)) as amount, cast(s.fund as decimal(16, 2)) as fund,
    cast(s.desk_amount as decimal(16, 2)) as desk_amount, cast(s.desk_fund as decimal(16, 2)) as desk_fund,
    cast(s.amount - s.desk_amount as decimal(16, 2)) as visit_amount,
    cast(s.fund - s.desk_fund as decimal(16, 2)) as visit_fund,
    cast(s.expected as double) as expected, cast(s.desk_expected as double) as desk_expected,
    cast(s.upper_amount as decimal(16, 2)) as upper_amount, s.is_settled,
    coalesce(r.desk_records, 0) as desk_records, s.first_on, s.last_on
from said as s
left join read as r on r.institution_id = s.institution_id
left join feature.institution as o on o.institution_id = s.institution_id
