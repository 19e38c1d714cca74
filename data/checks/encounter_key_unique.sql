-- stop: Every encounter has one row.
-- zh: 每次就诊只有一行
-- of: record.encounter
-- do: Deliver mdtrt_d again with one row for each mdtrt_id.
select encounter_id, count(*) as copies
from record.encounter
group by encounter_id
having count(*) > 1
