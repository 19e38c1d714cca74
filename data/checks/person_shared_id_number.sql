-- note: An id number belongs to one person; several areas may number the same person anew.
-- zh: 一个证件号码对应一个人员编号（跨统筹区可能重复编号）
-- of: (select distinct person_id from record.person_identity where id_number is not null) as p
-- needs: record.person_identity.id_number
select max(person_id) as person_id
from record.person_identity
where id_number is not null
group by id_number
having min(person_id) <> max(person_id)
