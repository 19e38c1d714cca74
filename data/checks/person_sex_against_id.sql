-- warn: The sex delivered and the sex in the id number agree.
-- zh: 性别与证件号码一致
-- of: (select distinct person_id from record.person_identity where id_sex is not null) as p
-- needs: record.person_identity.id_sex
with delivered as (
    select person_id, sex
    from record.person
    where sex in ('1', '2')
    union
    select person_id, sex
    from record.settlement
    where sex in ('1', '2')
),

implied as (
    select person_id, max(id_sex) as id_sex
    from record.person_identity
    where id_sex is not null
    group by person_id
)

select distinct i.person_id
from implied as i
join delivered as d on d.person_id = i.person_id
where d.sex <> i.id_sex
