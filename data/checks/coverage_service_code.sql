-- warn: Of the service lines of an institution's month, nine in ten have a code of a price list that the knowledge knows.
-- zh: 各机构每月的诊疗服务明细，九成以上的编码属于知识表已收录的价格项目
-- of: (select distinct institution_id, date_trunc('month', charged_at) from record.fee_line) as m
-- needs: record.fee_line.item_code record.fee_line.charged_at
-- do: Old service codes were replaced: import the tables in the new codes (knowledge import) or fill HOME/knowledge/price_code_map.csv.
with chapter as (
    select distinct substr(code, 1, 6) as chapter from knowledge.stated_service_code where length(code) >= 6
),

prefix as (
    select code, length(code) as letters from knowledge.stated_service_code where length(code) < 6
),

mapped as (
    select distinct local_code, institution_id from knowledge.code_map
),

code as (
    select distinct item_code from record.fee_line where regexp_matches(item_code, '^[0-9]{15}$')
),

known as (
    select c.item_code from code as c join chapter as h on h.chapter = substr(c.item_code, 1, 6)
    union
    select c.item_code from code as c join prefix as p on substr(c.item_code, 1, p.letters) = p.code
),

counted as (
    select l.institution_id, cast(date_trunc('month', l.charged_at) as date) as month, count(*) as service_lines,
        sum(case when k.item_code is null and m.local_code is null then 1 else 0 end) as unknown_lines
    from record.fee_line as l
    join code as c on c.item_code = l.item_code
    left join known as k on k.item_code = l.item_code
    left join mapped as m
        on m.local_code = l.item_code and coalesce(m.institution_id, l.institution_id) = l.institution_id
    where l.institution_id is not null and l.charged_at is not null
    group by l.institution_id, cast(date_trunc('month', l.charged_at) as date)
)

select institution_id, month, service_lines, unknown_lines
from counted
where service_lines >= 20 and unknown_lines * 10 > service_lines
