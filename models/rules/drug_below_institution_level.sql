/*
title       = "Drug paid only from a higher institution level"
title_zh    = "药品超医疗机构级别限制使用"
official    = [12]
by_edition  = true
violation   = "level_restriction"
family      = "medication"
fetch       = ["licence", "medication"]
problem     = ["hospital-7"]
subjects    = ["institution", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）12 药品限医疗机构级别"]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "drugstores: they have no level",
    "dispensed on a prescription moved from another institution",
    "a later prescription, where the text asks the level of the first one only",
    "a first prescription with less than {look_back_days:day} before it in which the person's care would be on record: who moved in may have begun elsewhere, cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
    "the institution's level is unknown: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "药店：无级别",
    "凭其他机构流转处方调配",
    "条文仅限首次处方级别时的后续处方",
    "首次处方之前可见该参保人就医记录不足 {look_back_days} 天（新参保或迁入者可能已在他处首次处方）：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
    "机构级别未知：无法判定",
    "参保人未知：无法判定",
]
limits      = "An institution registered as ungraded counts as below level 1. The level is today's, not that of the day of charge. A local rule that lets a community centre continue what a hospital began looks the same. Where the first prescription must come from a specialist, the specialty is not asked."
limits_zh   = "登记为无等级的机构视为低于一级。级别为当前级别，并非计费当日级别。当地允许基层机构延续上级医院用药的，也会呈现相同情形。要求首次处方由专科医师开具的，专科不作核对。"
version     = "3"
sentence    = "{item_name}, paid from level {min_level} up, was charged on {occurred_on} at an institution {level} ({amount} yuan)"
sentence_zh = "{occurred_on} {level_zh}医疗机构结算限 {min_level} 级及以上医疗机构使用的“{item_name}”，涉及 {amount} 元"

[params.look_back_days]
value   = 90
unit    = "days"
meaning = "of record without the drug make a prescription the first one: longer than the twelve weeks a long-term prescription may last"
*/
select
    case
        when is_moved or institution_level >= min_level or days_since_first > 0 then 'clear'
        when institution_level is null or (is_first_only and person_id is null)
            or (is_first_only and coalesce(first_after_days < $look_back_days, true)) then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when institution_level is null then 'the level of the institution is unknown'
        when person_id is null then 'the person is unknown'
        else 'the record does not reach back far enough to know the first prescription'
    end as reason,
    -- that none came before is read from what the record does not show
    case when is_first_only or not coalesce(is_registered, true) then 'suspected' end as certainty,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    case when not coalesce(is_registered, true)
        then 'a level in the bill that is out of date: no register was delivered' end as innocent,
    case when not coalesce(is_registered, true) then '结算单等级未更新（未提供机构名录）' end as innocent_zh,
    item_name,
    min_level,
    case when institution_level = 0 then 'without grade' else 'of level ' || cast(institution_level as varchar) end
        as level,
    case when institution_level = 0 then '无等级' else cast(institution_level as varchar) || ' 级' end as level_zh,
    point_id
from feature.level_limited_use
where official = 12 and not is_pharmacy
