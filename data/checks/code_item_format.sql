-- warn: An item code has the form of the national catalogues: drug X or Z, slice T, material C, service digits.
-- zh: 医保目录编码符合国家编码格式（药品X/Z、饮片T、耗材C、服务项目数字）
-- of: (select distinct item_code from record.fee_line) as c
-- above: 0.05
-- needs: record.fee_line.item_code
with used as (
    select item_code, count(*) as fee_lines
    from record.fee_line
    group by item_code
)

select item_code, fee_lines
from used
where item_code is null
    or not regexp_matches(item_code, '^([XZ][A-Z0-9-]{16,28}|T[0-9]{8,10}|C[0-9]{14,20}|[0-9]{9,15}[A-Z0-9-]{0,8})$')
