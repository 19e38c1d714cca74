-- warn: The items of nine lines in ten are in the delivered catalogue.
-- zh: 九成以上费用明细的项目在医保目录中
-- of: record.fee_line
-- above: 0.1
-- needs: record.fee_line.item_code record.catalogue_item
select l.item_code, l.line_id, l.institution_id, l.amount
from record.fee_line as l
where not exists (select 1 from record.catalogue_item as c where c.item_code = l.item_code)
