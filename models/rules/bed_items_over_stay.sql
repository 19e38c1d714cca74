/*
title       = "More bed, nursing or ward-round days than the stay has"
title_zh    = "床位、护理、诊查天数超住院天数"
official    = [27]
violation   = "over_frequency"
family      = "overcharge"
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）27 医疗服务项目限定频次；筛查模型 B14 床日、护理、诊查数量超住院天数"]
needs       = ["record.fee_line.quantity", "record.encounter.ended_at"]
exclusions  = [
    "admission and discharge day both charged: nights and one",
    "a newborn's bed beside the mother's, and a change of ward: each item is counted alone",
    "items by the hour or by the act (suction, monitoring)",
    "bulk posting: the whole stay is counted, not the day",
    "still in hospital, or no quantity: cannot judge",
]
exclusions_zh = [
    "入院日和出院日均计费：允许为住院天数加一天",
    "母婴同室新生儿床位、转科：各项目分别计算",
    "按小时或按次计费的项目（吸痰、监护等）",
    "集中记账：按整次住院合计，不按单日计算",
    "尚在住院或缺少数量：无法判定",
]
limits      = "Two wards charged in full on the days of each other pass unseen. Where the day of discharge is free, the parameter for it (now {extra_days:day}) is to be set to 0."
limits_zh   = "两个病区分别按全天计费、互补对方日期的，无法发现。出院日不计费的省份，应将允许多计的天数（现为 {extra_days} 天）调为 0。"
version     = "1"
sentence    = "{quantity} days of {item_name} for a stay of {nights} nights; {amount} yuan of this line of {occurred_on} are over"
sentence_zh = "住院 {nights} 天，“{item_name}”计 {quantity} 天；{occurred_on} 本条超出部分 {amount} 元"

[params.extra_days]
value   = 1
unit    = "days"
meaning = "beyond the nights: the day of discharge"

[params.nursing_name]
value   = "级护理"
meaning = "what the names of nursing by grade, charged by the day, have in common"
*/
with by_day as (
    select distinct item_code
    from knowledge.item_frequency
    where time_window = 'day' and max_quantity = 1
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_code,
        l.item_name, l.quantity, l.eligible_amount, e.days, e.ended_on
    from feature.fee_line as l
    join feature.encounter as e on e.encounter_id = l.encounter_id
    left join by_day as k on k.item_code = l.item_code
    where e.is_inpatient and l.eligible_amount > 0
        and (
            l.fee_category = '01' or (l.fee_category in ('02', '07') and k.item_code is not null)
            or (l.fee_category = '07' and l.item_name like '%' || $nursing_name || '%')
        )
),

item as (
    select encounter_id, item_code, sum(quantity) as quantity, max(days) as nights,
        sum(case when quantity is null then 1 else 0 end) as unknown
    from line
    group by encounter_id, item_code
)

select
    case
        when l.ended_on is null or i.unknown > 0 then 'cannot_judge'
        when i.quantity > i.nights + $extra_days then 'hit'
        else 'clear'
    end as outcome,
    case when l.ended_on is null then 'still in hospital' else 'the quantity is unknown' end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(l.eligible_amount as double) * cast(i.quantity - i.nights - $extra_days as double)
        / nullif(cast(i.quantity as double), 0) as decimal(16, 2)
    ) as amount,
    l.item_code,
    l.item_name,
    cast(i.quantity as double) as quantity,
    i.nights
from line as l
join item as i on i.encounter_id = l.encounter_id and i.item_code = l.item_code
