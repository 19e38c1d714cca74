-- One row: one code of the record that has the form of a national service code.
-- item_code: fifteen digits
-- is_known: some knowledge table names an item of its chapter (the first six digits): it is of a price list that the
--     tables are written for. Provinces replace the service codes of 2001; after the switch a table that names only the
--     old ones would fall silent
-- is_named: some knowledge table names the code itself, or a beginning of it
with chapter as (
    select distinct substr(code, 1, 6) as chapter from knowledge.stated_service_code where length(code) >= 6
),

prefix as (
    select code, length(code) as letters from knowledge.stated_service_code where length(code) < 15
),

charged as (
    select distinct item_code from feature.fee_line where regexp_matches(item_code, '^[0-9]{15}$')
),

named as (
    select c.item_code
    from charged as c
    join knowledge.stated_service_code as k on k.code = c.item_code
    union
    select c.item_code
    from charged as c
    join prefix as p on substr(c.item_code, 1, p.letters) = p.code
)

select c.item_code, h.chapter is not null or n.item_code is not null as is_known, n.item_code is not null as is_named
from charged as c
left join chapter as h on h.chapter = substr(c.item_code, 1, 6)
left join named as n on n.item_code = c.item_code
