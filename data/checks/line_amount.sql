-- warn: A line's amount = quantity x unit price, within 0.05 yuan or 1 %.
-- zh: 明细金额 = 数量 × 单价，误差0.05元或1%内
-- of: record.fee_line where quantity is not null and unit_price is not null
-- needs: record.fee_line.quantity record.fee_line.unit_price
select settlement_id, line_id, institution_id, item_code, quantity, unit_price, amount
from record.fee_line
where abs(cast(amount as double) - cast(quantity as double) * cast(unit_price as double)) > 0.0501
    and abs(cast(amount as double) - cast(quantity as double) * cast(unit_price as double))
        > 0.01 * abs(cast(amount as double))
