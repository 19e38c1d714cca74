-- warn: No settlement is dated before the year 2000.
-- zh: 没有2000年以前的结算
-- of: record.settlement
-- needs: record.settlement.settled_at
select settlement_id, institution_id, started_on, ended_on, settled_at
from record.settlement
where year(settled_at) < 2000 or year(started_on) < 2000
