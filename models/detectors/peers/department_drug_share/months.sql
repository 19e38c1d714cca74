-- month_of_series: a department (or a doctor) of an institution and a month: money, the drugs' part, and the share of
-- drugs in the rest of the house that month. Whole months only, as of the growth of institutions.
create temp table month_of_series as
with negotiated as (
    select distinct settlement_id, encounter_id, line_id from record.fee_line where is_negotiated_drug
),
line as (
    select l.institution_id, l.department_code, l.practitioner_id, cast(date_trunc('month', l.charged_on) as date) as month,
        l.eligible_amount as yuan,
        case when l.fee_category in ('09', '10', '11') then l.eligible_amount else 0 end as drug_yuan
    from feature.fee_line as l
    cross join feature.delivery_span as s
    where not coalesce(l.is_pharmacy, true) and l.institution_id is not null and l.fee_category is not null
        and date_trunc('month', l.charged_on) + interval 3 day >= s.first_on
        and date_trunc('month', l.charged_on) + interval 1 month - interval 4 day <= s.last_on
        and not exists (
            select 1 from negotiated as n
            where n.settlement_id = l.settlement_id and n.encounter_id = l.encounter_id and n.line_id = l.line_id
        )
),
house as (
    select institution_id, month, sum(yuan) as yuan, sum(drug_yuan) as drug_yuan from line group by institution_id, month
),
series as (
    select 'department' as kind, institution_id, department_code as unit_id, month, sum(yuan) as yuan,
        sum(drug_yuan) as drug_yuan
    from line
    where department_code is not null
    group by institution_id, department_code, month
    union all
    select 'practitioner', institution_id, practitioner_id, month, sum(yuan), sum(drug_yuan)
    from line
    where practitioner_id is not null
    group by institution_id, practitioner_id, month
)
select s.kind, s.institution_id, s.unit_id, s.month, cast(s.yuan as double) as yuan,
    cast(s.drug_yuan as double) as drug_yuan, cast(h.yuan - s.yuan as double) as rest_yuan,
    cast(h.drug_yuan - s.drug_yuan as double) as rest_drug_yuan
from series as s
join house as h on h.institution_id = s.institution_id and h.month = s.month;

select * from month_of_series order by kind, institution_id, unit_id, month
