-- Lent: collected_in_block
create temp table line_of_block as
select l.*, b.group_key, b.members, b.places, b.drugs, b.filled, b.density
from collected_in_block as b
join drug_line as l on l.person_id = b.person_id and l.drug = b.drug and l.institution_id = b.institution_id;

select group_key, person_id,
    round(cast(count(distinct institution_id) as double) / max(places), 4) as share
from collected_in_block
group by group_key, person_id;

select 'hit' as outcome, settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id,
    charged_on as occurred_on, eligible_amount as amount, group_key, group_key as part,
    round(greatest(0.5, 1 - $chance / density), 4) as weight, members, places, drugs, filled, density,
    $chance as by_chance, $runs as runs, cast($peers as bigint) as peers, group_key as in_group, drug
from line_of_block

union all by name
select 'clear' as outcome, (select count(*) from drug_line) - (select count(*) from line_of_block) as units;
