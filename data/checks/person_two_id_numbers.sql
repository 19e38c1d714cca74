-- warn: A person has one id number.
-- zh: 同一人员只有一个证件号码
-- of: (select distinct person_id from record.person_identity where id_number is not null) as p
-- needs: record.person_identity.id_number
select person_id
from record.person_identity
where id_number is not null
group by person_id
having min(id_number) <> max(id_number)
