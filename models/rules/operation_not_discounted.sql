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
    "a discount in the quantity: whole multiples of the rate; of no published rate, any fraction of an operation",
    "a discount in the price: below {full_share:%} of the place's full price for the operation",
    "operations of one group on different days or at different institutions",
    "neither the area's rate nor the place's full price is known, for it charged the operation nowhere alone: cannot judge",
    "the price or quantity is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "当日价格最高的手术：按全价收费",
    "以数量折价：为折价比例的整数倍；比例未公布的，任何不足一次的计量",
    "以单价折价：低于该机构全价的 {full_share:%}",
    "同组手术在不同日期或不同机构",
    "当地折价比例未录入，且该机构未单独收取过该手术、全价不明：无法判定",
    "价格或数量未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Whether both were done through one incision stands in the operation record, not here. No ratio is published: without the area's own table the amount is what the customary half would leave, at most. The full price is the highest at which the institution charged the item alone or as the dearest, or the limit of its price, else the usual one elsewhere; where all are unknown the price charged counts as full."
limits_zh   = "是否经同一切口完成，见手术记录，数据无法反映。公布内容未载折价比例：当地未录入价格文件的，金额按通行的 50% 计为上限。全价取该机构单独收取或作为主手术收取该项目的最高单价，或该项目的价格上限，均无的取其他机构通常价；全部不明的，以所收单价为全价。"
version     = "3"
sentence    = "{item_name} was charged on {occurred_on} beside {main_item} of the same group ({group_name}) without the discount of a further operation; at {rate} of the price {at_most}{amount} yuan are over"
sentence_zh = "{occurred_on} 与同组手术“{main_item}”（{group_name}）同日收取的“{item_name}”未按规定折价，按 {rate} 计收则超出{at_most_zh} {amount} 元"

[params.usual_share]
value   = 0.85
unit    = "share"
meaning = "of the usual price elsewhere, from which on a price counts as not discounted: levels of care differ in price"

[params.full_share]
value   = 0.95
unit    = "share"
meaning = "of the full price, from which on a price counts as not discounted"
*/
with operation as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        coalesce(l.institution_id, '') as house, l.charged_on, l.item_code, l.item_name, l.eligible_amount,
        cast(l.quantity as double) as quantity, k.group_name, cast(k.rate as double) as rate, k.point_id,
        k.layer in ('starter', 'derived') as is_rate_ours, cast(l.unit_price as double) as unit_price,
        cast(l.price_limit as double) as price_limit
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
            order by max(unit_price) desc, item_code
        ) as place
    from operation
    group by encounter_id, house, charged_on, group_name, item_code
),

-- What a place asks for an operation in full: where it stood alone, was the dearest or was discounted in the quantity, or
-- the limit of its price.
full_price as (
    select o.house, o.item_code,
        max(case when r.place = 1 or o.quantity <> round(o.quantity, 0) then o.unit_price end) as own_price,
        max(o.price_limit) as price_limit
    from operation as o
    join ranked as r
        on r.encounter_id = o.encounter_id and r.house = o.house
        and r.charged_on = o.charged_on and r.group_name = o.group_name and r.item_code = o.item_code
    group by o.house, o.item_code
),

usual_price as (
    select item_code, quantile_cont(cast(own_price as double), 0.5) as price from full_price group by item_code
),

placed as (
    select o.*, r.place, m.item_name as main_item, coalesce(f.own_price, nullif(f.price_limit, 0)) as own_full_price,
        coalesce(f.own_price, nullif(f.price_limit, 0), u.price, case when not o.is_rate_ours then o.unit_price end)
            as full_price
    from operation as o
    join ranked as r
        on r.encounter_id = o.encounter_id and r.house = o.house
        and r.charged_on = o.charged_on and r.group_name = o.group_name and r.item_code = o.item_code
    join ranked as m
        on m.encounter_id = o.encounter_id and m.house = o.house
        and m.charged_on = o.charged_on and m.group_name = o.group_name and m.place = 1
    left join full_price as f on f.house = o.house and f.item_code = o.item_code
    left join usual_price as u on u.item_code = o.item_code
),

-- Share of the line that is over: of a whole operation what the rate leaves, of a fraction what is beyond its whole
-- multiples, of a price what is beyond the rate. A fraction below one tells a discount at a rate we may not know.
weighed as (
    select *,
        case
            when quantity = round(quantity, 0)
                    and unit_price >= full_price * case when own_full_price is null then $usual_share else $full_share end
                then 1 - rate
            when quantity = round(quantity, 0) and not is_rate_ours
                    and unit_price > own_full_price * rate * 1.05
                then 1 - own_full_price * rate / nullif(unit_price, 0)
            when quantity <> round(quantity, 0) and quantity > case when is_rate_ours then 1.0 else rate end
                then (quantity - floor(quantity / nullif(rate, 0) + 0.000001) * rate) / nullif(quantity, 0)
            else 0.0
        end as share_over
    from placed
)

select
    case
        when place = 1 then 'clear'
        when institution_id is null or quantity is null or unit_price is null then 'cannot_judge'
        when full_price is null and quantity = round(quantity, 0) then 'cannot_judge'
        when share_over > 0.001 then 'hit'
        else 'clear'
    end as outcome,
    case
        when institution_id is null then 'the institution is unknown'
        when quantity is null or unit_price is null then 'the price or quantity is unknown'
        else 'the full price of the operation at the place is unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(cast(eligible_amount as double) * share_over as decimal(16, 2)) as amount,
    item_name,
    main_item,
    group_name,
    rate,
    case when is_rate_ours then 'at most ' else '' end as at_most,
    case when is_rate_ours then '至多' else '' end as at_most_zh,
    point_id
from weighed
