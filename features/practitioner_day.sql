-- One row: one practitioner's orders at one institution on one day.
-- lines, persons, encounters, items: counts
-- amount, eligible_amount: yuan
select practitioner_id, institution_id, charged_on, count(*) as lines, count(distinct person_id) as persons,
    count(distinct encounter_id) as encounters, count(distinct item_code) as items,
    cast(sum(amount) as decimal(16, 2)) as amount,
    cast(sum(eligible_amount) as decimal(16, 2)) as eligible_amount
from feature.fee_line
where practitioner_id is not null and not is_pharmacy
group by practitioner_id, institution_id, charged_on
