-- warn: No institution with 100 settlements has half of them on one day.
-- zh: 没有机构（100笔以上）半数结算集中在同一天
-- of: (select distinct institution_id from record.settlement) as i
-- needs: record.settlement.settled_at
with days as (
    select institution_id, cast(settled_at as date) as settled_on, count(*) as settlements
    from record.settlement
    where settled_at is not null
    group by institution_id, cast(settled_at as date)
),

whole as (
    select institution_id, sum(settlements) as settlements, max(settlements) as largest_day, count(*) as days
    from days
    group by institution_id
)

select institution_id, settlements, largest_day, days
from whole
where settlements >= 100 and 2 * largest_day > settlements
