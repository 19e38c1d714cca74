-- note: A settlement is valid; void ones count nowhere.
-- zh: 结算记录有效（无效记录不参与分析）
-- of: record.settlement
-- needs: record.settlement.is_valid
select settlement_id, institution_id, total_amount
from record.settlement
where not is_valid
