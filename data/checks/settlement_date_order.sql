-- warn: Care starts before it ends, and it is settled after it ended.
-- zh: 开始日期 ≤ 结束日期 ≤ 结算时间
-- of: record.settlement
-- needs: record.settlement.started_on record.settlement.ended_on record.settlement.settled_at
select settlement_id, institution_id, started_on, ended_on, settled_at
from record.settlement
where (started_on > ended_on or ended_on > cast(settled_at as date) or started_on > cast(settled_at as date))
    and not coalesce(is_refund, false) and not coalesce(is_interim, false)
