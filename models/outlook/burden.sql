-- One row: one person and year whose own payments reach the line.
-- paid_amount: what the person paid, by account and cash, net of refunds, yuan
-- assistance_amount: what medical assistance bore beside it, yuan
with assisted as (
    select settlement_id, sum(coalesce(assistance_fund_amount, 0)) as assistance_amount
    from record.settlement group by settlement_id
)

select s.person_id, year(s.settled_on) as year, max(s.insurance_type) as insurance_type,
    max(s.insured_division) as region, count(*) as settlements,
    count(distinct case when s.care_setting = 'inpatient' then s.encounter_id end) as stays,
    count(distinct s.institution_id) as institutions,
    cast(sum(s.total_amount) as decimal(16, 2)) as total_amount,
    cast(sum(s.fund_amount) as decimal(16, 2)) as fund_amount,
    cast(sum(coalesce(a.assistance_amount, 0)) as decimal(16, 2)) as assistance_amount,
    cast(sum(s.person_paid_amount) as decimal(16, 2)) as paid_amount,
    round(cast(sum(s.person_paid_amount) as double) / nullif(cast(sum(s.total_amount) as double), 0), 3) as paid_share,
    max(s.settled_on) as last_on
from feature.settlement as s
left join assisted as a on a.settlement_id = s.settlement_id
where s.person_id is not null and year(s.settled_on) = coalesce($year, year(s.settled_on))
group by s.person_id, year(s.settled_on)
having sum(s.person_paid_amount) >= $line
order by paid_amount desc, s.person_id, year
