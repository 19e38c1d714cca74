-- stop: Every settlement has one row.
-- zh: 每笔结算只有一行
-- of: record.settlement
-- do: Deliver setl_d again with one row for each setl_id.
select settlement_id, count(*) as copies
from record.settlement
group by settlement_id
having count(*) > 1
