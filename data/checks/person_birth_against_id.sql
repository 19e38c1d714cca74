-- warn: The date of birth delivered and the one in the id number agree.
-- zh: 出生日期与证件号码一致
-- of: (select distinct person_id from record.person_identity where id_birth_on is not null) as p
-- needs: record.person_identity.id_birth_on
with delivered as (
    select person_id, birth_on
    from record.person
    where birth_on is not null
    union
    select person_id, birth_on
    from record.settlement
    where birth_on is not null
),

implied as (
    select person_id, max(id_birth_on) as id_birth_on
    from record.person_identity
    where id_birth_on is not null
    group by person_id
)

select distinct i.person_id
from implied as i
join delivered as d on d.person_id = i.person_id
where d.birth_on <> i.id_birth_on
