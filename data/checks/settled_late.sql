-- warn: Care is settled within a year of its end.
-- zh: 就诊结束一年内完成结算
-- of: record.settlement
-- above: 0.01
-- needs: record.settlement.ended_on record.settlement.settled_at
select settlement_id, institution_id, ended_on, settled_at
from record.settlement
where date_diff('day', ended_on, cast(settled_at as date)) > 366 and not coalesce(is_refund, false)
