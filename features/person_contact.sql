-- One row: one person and one telephone number that was given for them; the number itself stays where it was.
-- contact: the number's place among all numbers, so equal where the number is; placeholders are left out
-- household: the place of the person's address among all addresses, null without one
with numbered as (
    select distinct person_id, substr(trim(phone), greatest(length(trim(phone)) - 10, 1)) as number
    from record.person_phone
    where regexp_matches(phone, '([0-9][^0-9]*){8}')
        and not regexp_matches(phone, '0{8}|1{8}|2{8}|3{8}|4{8}|5{8}|6{8}|7{8}|8{8}|9{8}|12345678|13800138000')
)

select n.person_id, dense_rank() over (order by n.number) as contact, h.household
from numbered as n
left join feature.person_household as h on h.person_id = n.person_id
