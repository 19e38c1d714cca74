-- warn: Every item class is 01, 02 or 03.
-- zh: 收费项目等级为01、02、03
-- of: (select distinct item_class from record.fee_line where item_class is not null) as c
-- needs: record.fee_line.item_class
select item_class, count(*) as fee_lines
from record.fee_line
where item_class not in ('01', '02', '03', '1', '2', '3')
group by item_class
