-- warn: An item code has the form of the national catalogues: drug X or Z, slice T, material C, service digits.
-- zh: 医保目录编码符合国家编码格式（药品X/Z、饮片T、耗材C、服务项目数字）
-- of: (select distinct item_code from record.fee_line) as c
-- above: 0.05
-- needs: record.fee_line.item_code
-- do: Map local codes to national ones in HOME/knowledge/code_map.csv.
with used as (
    select l.item_code, count(*) as fee_lines
    from record.fee_line as l
    where not exists (
        select 1
        from knowledge.code_map as m
        where m.local_code = coalesce(l.item_code, l.institution_item_code)
            and coalesce(m.institution_id, l.institution_id) = l.institution_id
    )
    group by l.item_code
)

select item_code, fee_lines
from used
where item_code is null
    or not regexp_matches(item_code, '^([XZ][A-Z0-9-]{16,28}|T[0-9]{8,10}|C[0-9]{14,20}|[0-9]{9,15}[A-Z0-9-]{0,8})$')
