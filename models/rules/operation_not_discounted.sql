/*
title       = "Second operation of a group charged without discount"
title_zh    = "手术项目未按规定折价收费"
official    = [15]
violation   = "no_discount"
family      = "overcharge"
fetch       = ["operation_record", "overcharge"]
problem     = ["hospital-55"]
judges      = ["price"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "operation day"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）15 手术项目未按规定折价收费"]
needs       = ["record.fee_line.charged_at", "record.fee_line.unit_price"]
exclusions  = [
    "the dearest operation of the day: it is charged in full",
    "a discount in the quantity: a fraction of an operation",
    "a discount in the price: below {full_share:%} of the place's full price for the operation",
    "operations of one group on different days or at different institutions",
    "the price or quantity is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "当日价格最高的手术：按全价收费",
    "以数量折价：不足一次的计量",
    "以单价折价：低于该机构全价的 {full_share:%}",
    "同组手术在不同日期或不同机构",
    "价格或数量未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Whether both were done through one incision stands in the operation record, not here. The full price is the highest the institution charged for the item in the record; a place that always discounts shows the discount as full price. Areas differ in the rate."
limits_zh   = "是否经同一切口完成，见手术记录，数据无法反映。全价取该机构对该项目的最高收费；始终折价的机构，折后价会被当作全价。各地折价比例不同。"
version     = "1"
sentence    = "{item_name} was charged in full on {occurred_on} beside {main_item} of the same group ({group_name}); at {rate} of the price {amount} yuan are over"
sentence_zh = "{occurred_on} 与同组手术“{main_item}”（{group_name}）同日收取的“{item_name}”未折价，按 {rate} 计收则超出 {amount} 元"

[params.full_share]
value   = 0.95
unit    = "share"
meaning = "of the full price, from which on a price counts as not discounted"
*/
with operation as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        coalesce(l.institution_id, '') as house, l.charged_on, l.item_code, l.item_name, l.quantity, l.eligible_amount,
        k.group_name, k.rate, k.point_id,
        cast(l.unit_price as double) as unit_price,
        max(cast(l.unit_price as double)) over (partition by l.institution_id, l.item_code) as full_price
    from feature.fee_line as l
    join knowledge.operation_discount as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

ranked as (
    select encounter_id, house, charged_on, group_name, item_code, max(item_name) as item_name,
        row_number() over (
            partition by encounter_id, house, charged_on, group_name
            order by max(full_price) desc, item_code
        ) as place
    from operation
    group by encounter_id, house, charged_on, group_name, item_code
),

placed as (
    select o.*, r.place, m.item_name as main_item
    from operation as o
    join ranked as r
        on r.encounter_id = o.encounter_id and r.house = o.house
        and r.charged_on = o.charged_on and r.group_name = o.group_name and r.item_code = o.item_code
    join ranked as m
        on m.encounter_id = o.encounter_id and m.house = o.house
        and m.charged_on = o.charged_on and m.group_name = o.group_name and m.place = 1
)

select
    case
        when place = 1 then 'clear'
        when institution_id is null or quantity is null or unit_price is null then 'cannot_judge'
        when quantity = round(quantity, 0) and unit_price >= full_price * $full_share then 'hit'
        else 'clear'
    end as outcome,
    case
        when institution_id is null then 'the institution is unknown'
        when quantity is null or unit_price is null then 'the price or quantity is unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(eligible_amount * (1 - rate) as decimal(16, 2)) as amount,
    item_name,
    main_item,
    group_name,
    cast(rate as double) as rate,
    point_id
from placed
