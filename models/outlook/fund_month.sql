-- One row: one month of one insurance type, and of all ('all'); net of refunds.
-- is_whole: the delivery reaches within three days of both ends of the month
-- outflow_amount: the funds' yuan at institutions of another city (first four digits of the divisions)
-- located_amount: the funds' yuan whose two divisions are known
with paid as (
    select month, coalesce(insurance_type, '-') as insurance_type, person_id, total_amount, fund_amount,
        substr(insured_division, 1, 4) <> substr(institution_division, 1, 4) as is_outside
    from feature.settlement
    where month is not null
)

select p.month, coalesce(p.insurance_type, 'all') as insurance_type,
    p.month + interval 3 day >= min(s.first_on) and p.month + interval 1 month - interval 4 day <= min(s.last_on)
        as is_whole,
    count(*) as settlements, count(distinct p.person_id) as persons,
    cast(sum(p.total_amount) as decimal(16, 2)) as total_amount,
    cast(sum(p.fund_amount) as decimal(16, 2)) as fund_amount,
    cast(coalesce(sum(p.fund_amount) filter (where p.is_outside), 0) as decimal(16, 2)) as outflow_amount,
    cast(coalesce(sum(p.fund_amount) filter (where p.is_outside is not null), 0) as decimal(16, 2)) as located_amount
from paid as p
cross join feature.delivery_span as s
group by grouping sets ((p.month, p.insurance_type), (p.month))
order by 2, 1
