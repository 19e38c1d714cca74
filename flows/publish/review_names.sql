-- One row: one person of a sample with the first character of the name, which is all that a form shows of it
select person_id, substr(arg_min(person_name, source_table), 1, 1) || '**' as person_name
from record.person_identity
where person_name is not null and list_contains($persons, person_id)
group by person_id
order by person_id
