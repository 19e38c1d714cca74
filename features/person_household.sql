-- One row: one insured person and the address that was given for them; the address itself stays where it was.
-- household: the place of the address among all addresses, equal where the address is
-- household_persons: persons of that address
-- is_family: two to eight persons: who lives together goes, pays and falls ill together. A home, a dormitory or a
--     village written without house numbers has more, and is no family
with placed as (
    select person_id, trim(address) as address,
        -- The register's address before a visit's.
        row_number() over (
            partition by person_id
            order by case when source_table = 'psn_info_b' then 0 else 1 end, source_table, address
        ) as place
    from record.person_identity
    where trim(address) <> ''
),

numbered as (
    select person_id, dense_rank() over (order by address) as household, count(*) over (partition by address) as persons
    from placed
    where place = 1
)

select person_id, household, persons as household_persons, persons between 2 and 8 as is_family
from numbered
