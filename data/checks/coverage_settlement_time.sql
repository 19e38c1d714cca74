-- note: A settlement carries a time of day, not only a date.
-- zh: 结算时间有时分秒
-- of: record.settlement
-- needs: record.settlement.settled_at
select settlement_id, institution_id
from record.settlement
where settled_at is null or settled_at = cast(cast(settled_at as date) as timestamp)
