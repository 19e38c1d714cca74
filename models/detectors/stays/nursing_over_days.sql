/*
title = "Nursing of all grades over the days of the stay"
title_zh = "各级护理合计天数超住院天数"
violation = "over_frequency"
family = "overcharge"
judges   = ["quantity"]
subjects = ["institution"]
certainty = "suspected"
scope = ["inpatient"]
window = "stay"
law = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis = ["筛查模型 B14 床日/护理/诊查/监护数量超住院天数或24小时"]
needs = ["record.fee_line.quantity", "record.encounter.ended_at"]
sentence = "Nursing of {grades} grades ({item_text}) was charged for {days} days in all of a stay of {nights} nights begun on {occurred_on}: {over} days more than the stay and its day of discharge have"
sentence_zh = "{occurred_on}入院，住院{nights}天，{grades}个等级护理（{item_text}）合计收{days}天，超出住院天数{over}天，涉及{amount}元"
exclusions = [
    "one grade alone (another rule)",
    "nursing by the hour",
    "the day of a change of grade, and the day of discharge",
    "bulk posting: the whole stay is counted, not the day",
    "newborns on the mother's bill: each may be nursed as long as she",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "still in hospital: cannot judge",
]
exclusions_zh = ["仅一个等级（由床位护理超天数规则判断）", "按小时计费的护理", "变更护理等级当日及出院日", "集中记账：按整次住院合计，不按单日计算", "新生儿费用并入母亲结算：每名新生儿均可按住院天数计护理", "活体器官、造血干细胞供者的费用并入受者结算", "尚在住院：无法判定"]
limits = "Where an area charges intensive care and grade nursing apart, both may stand: check the price list."
limits_zh = "当地重症监护与分级护理分别收费的，两者可并存，应查阅价格项目目录。"

[params.extra_days]
value = 1
unit = "days"
meaning = "beyond the nights: the day of discharge"

[params.changes]
value = 1
unit = "days a change"
meaning = "both grades may be charged on the day of a change, for each grade beyond the first"

[params.nursing]
value = "级护理"
meaning = "what the names of nursing by grade have in common"

[params.hourly]
value = "特级|特护|小时"
meaning = "names of nursing that is charged by the hour"
*/
with graded as (
    select l.encounter_id, l.item_code, min(l.item_name) as item_name, sum(l.quantity) as days,
        sum(l.eligible_amount) as amount
    from feature.fee_line as l
    where l.care_setting = 'inpatient' and l.fee_category = '07' and contains(l.item_name, $nursing)
        and not regexp_matches(l.item_name, $hourly) and l.quantity > 0
    group by l.encounter_id, l.item_code
),
nursed as (
    select encounter_id, count(*) as grades, sum(days) as days, sum(amount) as amount, min(amount / days) as price,
        string_agg(item_name || '×' || format('{:g}', cast(days as double)), '、' order by item_code) as item_text
    from graded
    group by encounter_id
),
nursed_stay as (
    select n.*, s.person_id, s.institution_id, s.started_on, s.days as nights,
        n.days - (s.days + $extra_days) * (1 + coalesce(b.most_newborns_on_bill, 0) + coalesce(d.donors_on_bill, 0))
            - $changes * (n.grades - 1) as over
    from nursed as n
    join feature.stay as s on s.encounter_id = n.encounter_id
    left join feature.birth as b on b.encounter_id = n.encounter_id
    left join feature.donor_on_bill as d on d.encounter_id = n.encounter_id
),
paid as (
    select encounter_id, min(settlement_id) as settlement_id
    from feature.settlement
    where encounter_id is not null
    group by encounter_id
)
-- Which grade was charged too often the bill does not say: the days beyond count at the cheapest grade's price.
select
    case when n.nights is null then 'cannot_judge' when n.grades > 1 and n.over > 0 then 'hit' else 'clear' end
        as outcome,
    case when n.nights is null then 'still in hospital' end as reason, p.settlement_id, n.encounter_id, n.person_id,
    n.institution_id, n.started_on as occurred_on, cast(least(n.over * n.price, n.amount) as decimal(16, 2)) as amount,
    n.grades, n.item_text, cast(n.days as double) as days, n.nights, cast(n.over as double) as over
from nursed_stay as n
join paid as p on p.encounter_id = n.encounter_id;
