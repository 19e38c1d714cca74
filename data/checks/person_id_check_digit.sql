-- warn: The last digit of an id number is the check digit of the first seventeen.
-- zh: 身份证号码末位校验码正确
-- of: record.person_identity where regexp_matches(id_number, '^[0-9]{17}[0-9Xx]$')
-- needs: record.person_identity.id_number
with weighed as (
    select person_id, id_number,
        cast(substr(id_number, 1, 1) as integer) * 7 + cast(substr(id_number, 2, 1) as integer) * 9
        + cast(substr(id_number, 3, 1) as integer) * 10 + cast(substr(id_number, 4, 1) as integer) * 5
        + cast(substr(id_number, 5, 1) as integer) * 8 + cast(substr(id_number, 6, 1) as integer) * 4
        + cast(substr(id_number, 7, 1) as integer) * 2 + cast(substr(id_number, 8, 1) as integer)
        + cast(substr(id_number, 9, 1) as integer) * 6 + cast(substr(id_number, 10, 1) as integer) * 3
        + cast(substr(id_number, 11, 1) as integer) * 7 + cast(substr(id_number, 12, 1) as integer) * 9
        + cast(substr(id_number, 13, 1) as integer) * 10 + cast(substr(id_number, 14, 1) as integer) * 5
        + cast(substr(id_number, 15, 1) as integer) * 8 + cast(substr(id_number, 16, 1) as integer) * 4
        + cast(substr(id_number, 17, 1) as integer) * 2 as weight
    from record.person_identity
    where regexp_matches(id_number, '^[0-9]{17}[0-9Xx]$')
)

select person_id
from weighed
where upper(substr(id_number, 18, 1)) <> substr('10X98765432', cast(mod(weight, 11) as integer) + 1, 1)
