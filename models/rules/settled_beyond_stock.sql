/*
title       = "More settled than was in stock"
title_zh    = "药品、医用耗材进销存异常"
official    = [43, 48]
violation   = "beyond_stock"
family      = "traceability"
problem     = [
    "hospital-4", "hospital-13", "hospital-14", "hospital-32", "hospital-33", "hospital-155",
    "pharmacy-1", "pharmacy-2", "pharmacy-3", "pharmacy-5", "pharmacy-7", "pharmacy-8",
]
judges      = ["quantity"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "supervision"
window      = "institution, item and period of the stock"
law         = [
    "regulation-16",
    "regulation-20",
    "regulation-39-1-2",
    "regulation-39-1-3",
    "regulation-40-1-3",
    "rules-9",
]
basis       = ["智能监管规则库（2025年版）43 药品进销存异常、48 医用耗材进销存异常"]
needs       = ["record.stock.item_code"]
exclusions  = [
    "up to {tolerance_share:%} beyond what was available: counting and broken packs",
    "lines before the stock was used up: only the last lines of the period are at issue",
    "taken back by a refund",
    "an item the institution keeps no stock of: not judged",
    "the stock's quantities are unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "超出可供数量不超过 {tolerance_share:%}：盘点及拆零",
    "库存用尽之前的明细：仅期末明细列为疑点",
    "已退费冲回",
    "机构未建库存账的项目：不作判断",
    "库存数量未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Stock and bills must count in the same unit: factors of a whole number (pack and piece) point to a unit, not to goods. What was sold for cash lowers the stock and is not seen here, so the excess is the least possible."
limits_zh   = "库存与账单须按同一单位计数：呈整数倍（盒与片）提示单位问题而非货品问题。现金销售减少库存但数据中看不到，故超出部分为最低值。"
status      = "trial"
version     = "2"
sentence    = "{settled} units of {item_name} were settled from {period_from} to {period_to}, {available} were available; {amount} yuan of this line are over"
sentence_zh = "{period_from} 至 {period_to} 结算“{item_name}”{settled}，可供数量 {available}，本条超出部分 {amount} 元"

[params.tolerance_share]
value   = 0.05
unit    = "share"
meaning = "of the available quantity that is let pass"
*/
with stock as (
    select institution_id, item_code, period_from, period_to,
        sum(opening_quantity) + sum(coalesce(received_quantity, 0)) - sum(coalesce(returned_quantity, 0))
            - sum(coalesce(closing_quantity, 0)) as available
    from record.stock
    group by institution_id, item_code, period_from, period_to
),

settled as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, cast(l.quantity as double) as quantity, l.eligible_amount, s.period_from,
        s.period_to, cast(s.available as double) as available,
        cast(sum(l.quantity) over (
            partition by s.institution_id, s.item_code, s.period_from order by l.charged_on, l.settlement_id, l.line_id
            rows between unbounded preceding and current row
        ) as double) as running,
        cast(sum(l.quantity) over (partition by s.institution_id, s.item_code, s.period_from) as double) as settled
    from feature.fee_line as l
    join stock as s
        on s.institution_id = l.institution_id and s.item_code = l.item_code
        and l.charged_on >= s.period_from and l.charged_on <= s.period_to
    where l.eligible_amount > 0 and l.quantity > 0
)

select
    case
        when available is null then 'cannot_judge'
        when settled > available * (1 + $tolerance_share) and running > available then 'hit'
        else 'clear'
    end as outcome,
    case when available is null then 'the quantities of the stock are unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * least(quantity, greatest(running - available, 0)) / nullif(quantity, 0)
        as decimal(16, 2)
    ) as amount,
    item_name,
    settled,
    available,
    period_from,
    period_to
from settled
union all
select 'cannot_judge', 'the institution is unknown', settlement_id, line_id, encounter_id, person_id, institution_id,
    practitioner_id, charged_on, null, item_name, null, null, null, null
from feature.fee_line
where institution_id is null and eligible_amount > 0 and quantity > 0 and item_code in (select item_code from stock)
