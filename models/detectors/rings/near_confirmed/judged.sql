-- Lent: close_person
create temp table shared_day as
select distinct c.person_id, p.institution_id, p.settled_on
from close_person as c
join present as p on p.person_id = c.person_id
where p.slot in (select o.slot from present as o join confirmed_person as s on s.person_id = o.person_id);

create temp table bill_near as
with near as (
    select person_id, count(distinct settled_on) as days, count(distinct institution_id) as places
    from shared_day
    group by person_id
    having count(distinct settled_on) >= $min_days and count(distinct institution_id) >= $min_places
)
select b.*, n.days, n.places, c.met, c.lift, c.bar
from near as n
join close_person as c on c.person_id = n.person_id
join shared_day as d on d.person_id = n.person_id
join judged_bill as b
    on b.person_id = d.person_id and b.institution_id = d.institution_id and b.settled_on = d.settled_on;

select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    eligible_amount as amount, round(least(0.9, greatest(0.3, 1 - bar / lift)), 4) as weight, met,
    cast($seeds as bigint) as seeds, days, places, round(lift, 1) as lift, round(bar, 1) as bar, $runs as runs,
    cast($peers as bigint) as peers
from bill_near

union all by name
select 'clear' as outcome, (select count(*) from judged_bill) - (select count(*) from bill_near) as units;
