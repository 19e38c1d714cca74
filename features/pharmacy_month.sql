-- One row: one drugstore in one month.
-- settlements, persons, days: counts; days with at least one settlement
-- total_amount, eligible_amount, fund_amount, account_amount: yuan
-- round_settlements: settlements of whole tens of yuan
-- night_settlements: settlements from 22 to 6 o'clock
-- top_persons_amount: yuan of the ten persons who spent most
with by_person as (
    select institution_id, month, person_id, sum(total_amount) as total_amount
    from feature.settlement
    where is_pharmacy
    group by institution_id, month, person_id
),

ordered as (
    select institution_id, month, total_amount,
        row_number() over (partition by institution_id, month order by total_amount desc, person_id) as place
    from by_person
),

top as (
    select institution_id, month, cast(sum(total_amount) as decimal(16, 2)) as top_persons_amount
    from ordered
    where place <= 10
    group by institution_id, month
)

select s.institution_id, s.month, count(*) as settlements, count(distinct s.person_id) as persons,
    count(distinct s.settled_on) as days,
    cast(sum(s.total_amount) as decimal(16, 2)) as total_amount,
    cast(sum(s.eligible_amount) as decimal(16, 2)) as eligible_amount,
    cast(sum(s.fund_amount) as decimal(16, 2)) as fund_amount,
    cast(sum(s.account_amount) as decimal(16, 2)) as account_amount,
    sum(case when s.total_amount % 10 = 0 then 1 else 0 end) as round_settlements,
    sum(case when s.has_clock and (hour(s.settled_at) >= 22 or hour(s.settled_at) < 6) then 1 else 0 end) as night_settlements,
    max(t.top_persons_amount) as top_persons_amount
from feature.settlement as s
join top as t on t.institution_id = s.institution_id and t.month = s.month
where s.is_pharmacy
group by s.institution_id, s.month
