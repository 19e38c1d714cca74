/*
title       = "Service paid only from a higher institution level"
title_zh    = "医疗服务项目超医疗机构级别限制"
official    = [24]
violation   = "level_restriction"
family      = "overcharge"
fetch       = ["licence", "overcharge"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）24 医疗服务项目限医疗机构级别"]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "tested at another institution on a sample sent there",
    "the institution's level is unknown: cannot judge",
]
exclusions_zh = [
    "标本送其他机构检测",
    "机构级别未知：无法判定",
]
limits      = "Levels of services are set by the areas: the table ships empty. An institution registered as ungraded counts as below level 1. The level is today's, not that of the day of charge; a technical licence given to a small place looks the same."
limits_zh   = "服务项目级别由各地规定，出厂时该表为空。登记为无等级的机构视为低于一级。级别为当前级别，并非计费当日级别；小型机构取得技术准入的也会呈现相同情形。"
status      = "trial"
version     = "2"
sentence    = "{item_name}, paid from level {min_level} up, was charged on {occurred_on} at an institution {level} ({amount} yuan)"
sentence_zh = "{occurred_on} {level_zh}医疗机构结算限 {min_level} 级及以上医疗机构开展的“{item_name}”，涉及 {amount} 元"
*/
select
    case
        when is_tested_outside or institution_level >= min_level then 'clear'
        when institution_level is null then 'cannot_judge'
        else 'hit'
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
from feature.level_limited_use
where official = 24
union all
select 'cannot_judge', 'knowledge.item_institution_level has no service: a city table', null, null, null, null, null,
    null, null, null, null, null, null, null, null
from (select count(*) as held from knowledge.item_institution_level where official = 24) as k
where held = 0
