-- warn: A line states its quantity and unit price; where it does not, nothing that rests on them is judged.
-- zh: 费用明细填有数量和单价；未填的，凡依据数量、单价的规则均不作判定
-- of: record.fee_line
-- needs: record.fee_line.quantity record.fee_line.unit_price
select settlement_id, line_id, institution_id, item_code, quantity, unit_price, amount
from record.fee_line
where quantity is null or unit_price is null
