-- stop: Every fee line has one row.
-- zh: 每条费用明细只有一行
-- of: record.fee_line
-- do: Deliver fee_list_d again with one row for each mdtrt_id and bkkp_sn.
select encounter_id, line_id, count(*) as copies
from record.fee_line
group by encounter_id, line_id
having count(*) > 1
