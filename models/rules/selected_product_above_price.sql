/*
title       = "Centrally procured product sold above its selected price"
title_zh    = "集采中选药品高于中选价"
violation   = "above_selected_price"
family      = "price"
problem     = ["hospital-8"]
judges      = ["price"]
subjects    = ["institution", "pharmacy"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["国家组织药品集中采购：中选药品按中选价零差率销售；筛查模型 D09（价格部分）"]
needs       = ["record.procurement_drug.selected_price", "record.fee_line.catalogue_code"]
exclusions  = [
    "the excess within the allowed markup: none in institutions, {drugstore_markup:%} in drugstores",
    "rounding: less than {tolerance:%} of the price",
    "a product of the drug that was not selected",
    "outside the validity of the selection",
    "the excess was the person's own",
    "a price beyond {max_ratio} times or below one {max_ratio}th: another pack unit, cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "超出部分在允许加成以内：医疗机构零加成，药店为 {drugstore_markup:%}",
    "舍入：不足价格的 {tolerance:%}",
    "未中选的同通用名产品",
    "中选有效期之外",
    "超出部分由个人承担",
    "价格高于中选价 {max_ratio} 倍或低于其 {max_ratio} 分之一：包装单位不同，无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Selected prices are a pack's; a pack of another size bears another catalogue code. Provinces allow drugstores other markups: the markup of the parameters is {drugstore_markup:%}. Only suspected: drugstores, whose markup is not published with the price, and the first {stock_days:day} of a selection, in which dearer stock may be sold off."
limits_zh   = "中选价为单个包装价格，其他包装规格另有目录编码。各省允许药店的加成不同，本规则按 {drugstore_markup:%} 计。药店（加成未随中选价公布）及中选价执行首 {stock_days} 天（可能销售此前库存）仅列可疑。"
version     = "3"
sentence    = "{item_name} was charged at {unit_price} yuan a unit; the selected price is {selected_price} yuan ({amount} yuan above)"
sentence_zh = "中选药品“{item_name}”单价 {unit_price} 元，中选价 {selected_price} 元，超出 {amount} 元"

[params.drugstore_markup]
value   = 0.15
unit    = "share"
meaning = "that drugstores may add to the selected price"

[params.tolerance]
value   = 0.001
unit    = "share"
meaning = "of rounding"

[params.stock_days]
value   = 60
unit    = "days"
meaning = "from the first day of a selection in which stock bought before may be sold"

[params.max_ratio]
value   = 5
unit    = "times"
meaning = "the selected price; beyond it the units differ"
*/
with selected as (
    select catalogue_code, selected_price, valid_from, valid_to
    from record.procurement_drug
    where is_selected and selected_price > 0
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        cast(l.unit_price as double) as unit_price, cast(l.quantity as double) as quantity,
        cast(l.eligible_amount as double) as eligible_amount,
        cast(coalesce(l.over_limit_amount, 0) as double) as over_limit_amount,
        -- Two selections that hold on one day differ by area or package: the dearer is allowed.
        max(cast(s.selected_price as double)) as selected_price,
        max(cast(s.selected_price as double))
            * (1 + case when coalesce(l.is_pharmacy, true) then $drugstore_markup else 0 end) as allowed,
        l.is_pharmacy is null as is_place_unknown,
        coalesce(l.is_pharmacy, true)
            or coalesce(date_diff('day', max(s.valid_from), l.charged_on) < $stock_days, true) as is_uncertain
    from feature.fee_line as l
    join selected as s
        on s.catalogue_code = l.catalogue_code
        and l.charged_on >= coalesce(s.valid_from, l.charged_on) and l.charged_on <= coalesce(s.valid_to, l.charged_on)
    where l.eligible_amount > 0
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.unit_price, l.quantity, l.eligible_amount, l.over_limit_amount, l.is_pharmacy
),

measured as (
    select line.*,
        least(eligible_amount, (unit_price - allowed) * quantity - over_limit_amount) as excess,
        unit_price > $max_ratio * selected_price or unit_price * $max_ratio < selected_price as is_other_unit
    from line
)

select
    case
        when unit_price is null or quantity is null or is_other_unit then 'cannot_judge'
        when unit_price > cast(allowed * (1 + $tolerance) as decimal(18, 6)) and excess >= 0.01 then 'hit'
        when is_place_unknown and unit_price > cast(selected_price * (1 + $tolerance) as decimal(18, 6))
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when unit_price is null or quantity is null then 'price or quantity is unknown'
        when is_other_unit then 'the price is of another unit'
        when is_place_unknown then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    charged_on as occurred_on,
    cast(excess as decimal(16, 2)) as amount,
    case when is_uncertain then 'suspected' else 'definite' end as certainty,
    item_name,
    unit_price,
    selected_price
from measured
