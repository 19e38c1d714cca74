-- warn: The number of a resident identity card has 18 digits and a date of birth.
-- zh: 居民身份证号码为18位且含有效出生日期
-- of: (select distinct person_id from record.person where id_type = '01') as p
-- needs: record.person_identity.id_sex record.person.id_type
select distinct i.person_id
from record.person_identity as i
join record.person as p on p.person_id = i.person_id
where p.id_type = '01' and i.id_number is not null and (i.id_sex is null or i.id_birth_on is null)
