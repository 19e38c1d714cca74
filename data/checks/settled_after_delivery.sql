-- warn: No settlement is dated after the day it was delivered.
-- zh: 没有晚于数据交付日的结算
-- of: record.settlement
-- needs: record.settlement.settled_at run.input_file.loaded_at
with delivered as (
    select file_id, max(loaded_at) as loaded_at
    from run.input_file
    group by file_id
)

select s.settlement_id, s.institution_id, s.ended_on, s.settled_at
from record.settlement as s
join delivered as d on d.file_id = s.file_id
where date_diff('day', cast(d.loaded_at + interval 8 hour as date), cast(s.settled_at as date)) > 1
