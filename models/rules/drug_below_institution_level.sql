/*
title       = "Drug paid only from a higher institution level"
title_zh    = "药品超医疗机构级别限制使用"
official    = [12]
violation   = "level_restriction"
family      = "medication"
subjects    = ["institution", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
basis       = [
    "《医疗保障基金使用监督管理条例》第三十八条第（六）项：超出支付范围的费用纳入基金结算",
    "智能监管规则库（2025年版）12 药品限医疗机构级别",
]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "drugstores: they have no level",
    "dispensed on a prescription moved from another institution",
    "the institution's level is unknown: cannot judge",
]
limits      = "An institution registered as ungraded counts as below level 1. The level is today's, not that of the day of charge. A local rule that lets a community centre continue what a hospital began looks the same."
version     = "1"
sentence    = "{item_name}, paid from level {min_level} up, was charged on {occurred_on} at an institution {level} ({amount} yuan)"
sentence_zh = "{occurred_on} {level_zh}医疗机构结算限 {min_level} 级及以上医疗机构使用的“{item_name}”，涉及 {amount} 元"
*/
with graded as (
    select i.institution_id,
        coalesce(i.institution_level, case when g.institution_grade is not null then 0 end) as institution_level
    from feature.institution as i
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
),

limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, k.min_level, k.point_id
    from feature.fee_line as l
    join knowledge.item_institution_level as k
        on k.item_code = l.item_code and k.official = 12
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
),

placed as (
    select l.*, g.institution_level, coalesce(r.is_outside_prescription, false) as is_moved
    from limited as l
    left join graded as g on g.institution_id = l.institution_id
    left join record.fee_line as r on r.encounter_id = l.encounter_id and r.line_id = l.line_id
)

select
    case
        when is_moved then 'clear'
        when institution_level is null then 'cannot_judge'
        when institution_level < min_level then 'hit'
        else 'clear'
    end as outcome,
    case when institution_level is null then 'the level of the institution is unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    min_level,
    case when institution_level = 0 then 'without grade' else 'of level ' || cast(institution_level as varchar) end
        as level,
    case when institution_level = 0 then '无等级' else cast(institution_level as varchar) || ' 级' end as level_zh,
    point_id
from placed
