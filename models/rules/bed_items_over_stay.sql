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
    "newborns on the mother's bill, as many as Z37 and O30 say; how many is not coded: cannot judge",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "items by the act (suction, monitoring); items by the hour, special nursing among them, are held against 24 a day",
    "bulk posting: the whole stay is counted, not the day",
    "still in hospital, or no quantity: cannot judge",
]
exclusions_zh = [
    "入院日和出院日均计费：允许为住院天数加一天",
    "母婴同室新生儿床位、转科：各项目分别计算",
    "新生儿费用并入母亲结算：按分娩结局（Z37）、多胎妊娠（O30）编码的人数计算；人数未编码：无法判定",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "按次计费的项目（吸痰、监护等）；按小时计费的项目（含特级护理）按每天 24 小时计算",
    "集中记账：按整次住院合计，不按单日计算",
    "尚在住院或缺少数量：无法判定",
]
limits      = "Two wards charged in full on the days of each other pass unseen. Where the day of discharge is free, the parameter for it (now {extra_days:day}) is to be set to 0."
limits_zh   = "两个病区分别按全天计费、互补对方日期的，无法发现。出院日不计费的省份，应将允许多计的天数（现为 {extra_days} 天）调为 0。"
version     = "3"
sentence    = "{quantity} units of {item_name} for a stay of {nights} nights; {amount} yuan of this line of {occurred_on} are over"
sentence_zh = "住院 {nights} 天，“{item_name}”计 {quantity} 个计价单位；{occurred_on} 本条超出部分 {amount} 元"

[params.extra_days]
value   = 1
unit    = "days"
meaning = "beyond the nights: the day of discharge"

[params.nursing_name]
value   = "[ⅠⅡⅢ一二三123]级护理|特级护理"
meaning = "names of nursing by grade"

[params.hourly_name]
value   = "特级护理|特护|小时"
meaning = "names of what is charged by the hour: 24 units a day are let pass"
*/
with by_day as (
    select distinct item_code
    from knowledge.item_frequency
    where time_window = 'day' and max_quantity = 1
),

-- Named by the grade, nursing is charged by the day; the special grade, and what is named by the hour, by the hour.
line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_code,
        l.item_name, l.quantity, l.eligible_amount, e.days, e.ended_on,
        case when regexp_matches(coalesce(l.item_name, ''), $hourly_name) then 24 else 1 end as units_a_day,
        case when regexp_matches(coalesce(l.item_name, ''), '新生儿|婴儿') then greatest(b.newborns_on_bill, 1)
            else 1 + coalesce(b.newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) end as persons,
        case when regexp_matches(coalesce(l.item_name, ''), '新生儿|婴儿') then greatest(b.most_newborns_on_bill, 1)
            else 1 + coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0) end as most_persons
    from feature.fee_line as l
    join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as d on d.encounter_id = l.encounter_id
    left join by_day as k on k.item_code = l.item_code
    where e.is_inpatient and l.eligible_amount > 0
        and (
            l.fee_category = '01' or (l.fee_category in ('02', '07') and k.item_code is not null)
            or (l.fee_category = '07' and regexp_matches(coalesce(l.item_name, ''), $nursing_name))
        )
),

item as (
    select encounter_id, item_code, sum(quantity) as quantity, max(days) as nights,
        max(units_a_day) * (max(days) + $extra_days) * coalesce(max(persons), 1) as allowed,
        max(units_a_day) * (max(days) + $extra_days) * coalesce(max(most_persons), 1) as most_allowed,
        sum(case when quantity is null then 1 else 0 end) as unknown
    from line
    group by encounter_id, item_code
)

select
    case
        when l.ended_on is null or i.unknown > 0 then 'cannot_judge'
        when i.quantity > i.most_allowed then 'hit'
        when i.quantity > i.allowed then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when l.ended_on is null then 'still in hospital'
        when i.unknown > 0 then 'the quantity is unknown'
        else 'how many newborns the bill holds is not coded'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(l.eligible_amount as double) * cast(i.quantity - i.most_allowed as double)
        / nullif(cast(i.quantity as double), 0) as decimal(16, 2)
    ) as amount,
    l.item_code,
    l.item_name,
    cast(i.quantity as double) as quantity,
    i.nights
from line as l
join item as i on i.encounter_id = l.encounter_id and i.item_code = l.item_code
