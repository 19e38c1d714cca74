/*
title       = "Medical service charged above its price limit"
title_zh    = "医疗服务项目超限定单价收费"
official    = [14]
violation   = "price_over_limit"
family      = "price"
fetch       = ["overcharge"]
problem     = [
    "hospital-21", "hospital-31", "hospital-42", "hospital-56", "hospital-57", "hospital-74",
    "hospital-88", "hospital-130", "hospital-137", "hospital-138", "hospital-145", "hospital-147",
    "hospital-148", "hospital-149", "hospital-150", "hospital-151", "hospital-152", "hospital-163",
    "hospital-164", "hospital-165", "hospital-166", "hospital-176", "hospital-181",
]
judges      = ["price"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）14 医疗服务项目超限定单价收费"]
needs       = ["record.fee_line.unit_price"]
exclusions  = [
    "what lies above the limit is already the person's own",
    "rounding: prices within {tolerance} % of the limit",
    "no limit for the institution's level and area though the item has limits: cannot judge",
    "drugs and consumables: their limits are shares of payment, not prices",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "高出限价部分已由个人承担",
    "舍入：价格在限价的 {tolerance}% 以内",
    "项目有限价，但无该机构级别和地区的限价：无法判定",
    "药品、耗材：其限制为支付标准，非价格",
    "机构未知：无法判定",
]
limits      = "The limit delivered with the line comes first, else the list's, of the nearest area and the institution's level (which codes mean which level differs by area: parameters). Permitted surcharges for children, nights or holidays and the levels of a hospital's branches are not known. Items without any limit are not judged."
limits_zh   = "优先采用明细所带限价，其次为表中限价，取最近地区和机构级别（级别代码因地而异，由参数设定）。儿童、夜间、节假日的许可加收及分院级别未知。无限价的项目不作判断。"
version     = "1"
sentence    = "{item_name} was charged at {unit_price} yuan on {occurred_on}, the limit is {price_limit}; {quantity} units, {amount} yuan over"
sentence_zh = "{occurred_on} “{item_name}”单价 {unit_price} 元，高于限价 {price_limit} 元，数量 {quantity}，超出 {amount} 元"

[params.tolerance]
value   = 0.01
unit    = "%"
meaning = "above the limit that counts as rounding"

[params.level_1]
value   = "101"
meaning = "the area's code of limits for level 1"

[params.level_2]
value   = "102"
meaning = "the area's code of limits for level 2"

[params.level_3]
value   = "103"
meaning = "the area's code of limits for level 3"

[params.ungraded]
value   = "104"
meaning = "the area's code of limits for institutions without grade"
*/
with service as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id, charged_on, item_code,
        item_name, quantity, unit_price, eligible_amount, coalesce(over_limit_amount, 0) as over_limit_amount,
        case when price_limit > 0 then price_limit end as own_limit
    from feature.fee_line
    where eligible_amount > 0 and unit_price > 0 and not coalesce(is_pharmacy, false)
        and coalesce(catalogue_type, '201') = '201'
),

listed as (
    select item_code, limit_type, division, price_limit, valid_from, valid_to,
        case when division is null then 0 when substr(division, 3, 4) = '0000' then 1
            when substr(division, 5, 2) = '00' then 2 else 3 end as nearness
    from record.price_limit
    where price_limit > 0 and coalesce(is_valid, true)
),

place as (
    select i.institution_id, i.division,
        case i.institution_level
            when 1 then $level_1
            when 2 then $level_2
            when 3 then $level_3
            else case when g.institution_grade is not null then $ungraded end
        end as limit_type
    from feature.institution as i
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
),

-- Which limit holds for an item at a place on a day, for lines that bring none.
asked as (
    select distinct s.item_code, s.institution_id, s.charged_on
    from service as s
    where s.own_limit is null and s.item_code in (select k.item_code from listed as k)
),

offered as (
    select a.item_code, a.institution_id, a.charged_on, k.price_limit,
        row_number() over (
            partition by a.item_code, a.institution_id, a.charged_on
            order by k.nearness desc, k.valid_from desc, k.price_limit desc
        ) as choice
    from asked as a
    join place as p on p.institution_id = a.institution_id
    join listed as k
        on k.item_code = a.item_code and coalesce(k.limit_type, p.limit_type) = p.limit_type
        and a.charged_on >= coalesce(k.valid_from, a.charged_on) and a.charged_on <= coalesce(k.valid_to, a.charged_on)
        and (
            k.nearness = 0
            or k.division = p.division
            or (k.nearness = 2 and substr(k.division, 1, 4) = substr(p.division, 1, 4))
            or (k.nearness = 1 and substr(k.division, 1, 2) = substr(p.division, 1, 2))
        )
),

priced as (
    select s.*, coalesce(s.own_limit, o.price_limit) as price_limit,
        cast(
            cast(s.unit_price - coalesce(s.own_limit, o.price_limit) as double) * cast(s.quantity as double)
            as decimal(28, 2)
        ) - cast(s.over_limit_amount as double) as excess
    from service as s
    left join asked as a
        on a.item_code = s.item_code and a.institution_id = s.institution_id and a.charged_on = s.charged_on
        and s.own_limit is null
    left join offered as o
        on o.item_code = a.item_code and o.institution_id = a.institution_id and o.charged_on = a.charged_on
        and o.choice = 1
    where s.own_limit is not null or s.item_code in (select k.item_code from listed as k)
)

select
    case
        when price_limit is null or quantity is null then 'cannot_judge'
        when cast(unit_price as double) > cast(price_limit as double) * (1 + $tolerance / 100) and excess > 0.01
            then 'hit'
        else 'clear'
    end as outcome,
    case
        when price_limit is null and institution_id is null then 'the institution is unknown'
        when price_limit is null then 'no price limit for the level and area of the institution'
        when quantity is null then 'the quantity is unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(least(excess, cast(eligible_amount as double)) as decimal(16, 2)) as amount,
    item_name,
    cast(unit_price as double) as unit_price,
    cast(price_limit as double) as price_limit,
    cast(quantity as double) as quantity,
    over_limit_amount
from priced
