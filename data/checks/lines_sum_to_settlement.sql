-- warn: In each institution the fee lines add up to the settlement, within 0.50 yuan, for 98 % of settlements.
-- zh: 每家机构98%以上的结算，其明细合计与医疗费总额相差不超过0.5元
-- of: (select distinct institution_id from record.settlement) as i
-- needs: record.settlement.total_amount record.fee_line.settlement_id
with summed as (
    select settlement_id, sum(amount) as amount
    from record.fee_line
    where settlement_id is not null
    group by settlement_id
),

agreed as (
    select s.institution_id, count(*) as settlements,
        sum(case when abs(s.total_amount - l.amount) <= 0.5 then 1 else 0 end) as agreeing
    from record.settlement as s
    join summed as l on l.settlement_id = s.settlement_id
    where coalesce(s.is_valid, true)
    group by s.institution_id
)

select institution_id, settlements, agreeing
from agreed
where agreeing < 0.98 * settlements
