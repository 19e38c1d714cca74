/*
title       = "Item used again before its period is over"
title_zh    = "医疗服务项目周期超频次"
official    = [31]
violation   = "over_frequency"
family      = "overcharge"
problem     = ["hospital-117"]
judges      = ["day"]
subjects    = ["institution"]
certainty   = "definite"
stage       = "audit"
window      = "two uses by one person; definite within one institution"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）31 医疗服务项目周期超频次"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "several lines of one day: the daily limit judges them",
    "the earlier use was taken back by a refund",
    "a use posted in bulk, which may have been days earlier: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "同日多条明细：由每日限定频次规则判断",
    "前一次已退费冲回",
    "集中记账、实际使用可能更早：无法判定",
    "参保人未知：无法判定",
]
limits      = "Another institution may not have known of the earlier use, and an emergency, a pregnancy, another illness or one that is not recorded may ask for it again: such findings are suspected only, and the explanation says so first. The first use in the record has none before it and counts as clear. The day of charge stands for the day of use."
limits_zh   = "其他机构可能不知前次使用，急诊、妊娠、病情变化或诊断未记录的也可能需要复查：此类仅列为可疑，并在说明中首先注明。数据中的首次使用无前次可比，视为无疑点。以收费日代替使用日。"
version     = "4"
sentence    = "{innocent}{item_name} was charged on {occurred_on}, {gap_days} days after {used_before}; {min_gap_days} days must lie between ({amount} yuan)"
sentence_zh = "{innocent_zh}“{item_name}”于 {used_before}、{occurred_on} 两次收费，间隔 {gap_days} 天，短于 {min_gap_days} 天，后一次涉及 {amount} 元"
*/
with pregnant as (
    select distinct encounter_id
    from feature.visit_diagnosis
    where substr(diagnosis_code, 1, 1) = 'O' or substr(diagnosis_code, 1, 3) between 'Z33' and 'Z36'
),

limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, least(l.charged_on, coalesce(e.started_on, l.charged_on)) as care_from,
        l.item_code, l.item_name, l.eligible_amount, k.min_gap_days, k.point_id, k.layer,
        coalesce(l.is_posted_in_bulk, false) as is_posted_in_bulk,
        coalesce(l.care_setting = 'emergency', false) or coalesce(e.is_emergency_start, false)
            or coalesce(e.is_observation, false) as is_emergency,
        substr(e.principal_diagnosis_code, 1, 3) as diagnosis,
        -- Guidelines follow a pregnancy more closely than the period, which was made for everybody else.
        g.encounter_id is not null or coalesce(l.care_setting = 'maternity_outpatient', false) as is_pregnant
    from feature.fee_line as l
    join knowledge.item_period as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join pregnant as g on g.encounter_id = l.encounter_id
    where l.eligible_amount > 0
),

day_of_use as (
    select person_id, item_code, charged_on, min(institution_id) as institution_id, min(diagnosis) as diagnosis,
        max(case when is_posted_in_bulk then 1 else 0 end) as is_posted_in_bulk, min(care_from) as care_from
    from limited
    where person_id is not null
    group by person_id, item_code, charged_on
),

used as (
    select person_id, item_code, charged_on,
        lag(charged_on) over (partition by person_id, item_code order by charged_on) as used_before,
        lag(institution_id) over (partition by person_id, item_code order by charged_on) as institution_before,
        lag(care_from) over (partition by person_id, item_code order by charged_on) as care_before_from,
        lag(is_posted_in_bulk) over (partition by person_id, item_code order by charged_on) as is_bulk_before,
        lag(diagnosis) over (partition by person_id, item_code order by charged_on) as diagnosis_before,
        is_posted_in_bulk
    from day_of_use
),

spaced as (
    select l.*, u.used_before, date_diff('day', u.used_before, l.charged_on) as gap_days,
        u.is_posted_in_bulk = 1 or coalesce(u.is_bulk_before = 1, false) as is_day_uncertain,
        -- Posted at the end of a long stay, the use before may have been at its beginning.
        coalesce(date_diff('day', u.care_before_from, l.charged_on) >= l.min_gap_days, false) as is_perhaps_earlier,
        coalesce(u.institution_before <> l.institution_id, u.used_before is not null) as across_institutions,
        -- An illness that nobody recorded is not known to be the same.
        coalesce(u.diagnosis_before <> l.diagnosis, u.used_before is not null) as is_other_illness
    from limited as l
    left join used as u
        on u.person_id = l.person_id and u.item_code = l.item_code and u.charged_on = l.charged_on
)

select
    case
        when person_id is null then 'cannot_judge'
        when gap_days < min_gap_days and is_day_uncertain then 'cannot_judge'
        when gap_days < min_gap_days then 'hit'
        else 'clear'
    end as outcome,
    case
        when person_id is null then 'the person is unknown'
        else 'units posted in bulk may stand for several days'
    end as reason,
    case
        when layer in ('starter', 'derived') or across_institutions or is_emergency or is_other_illness or is_pregnant
            or is_perhaps_earlier
            then 'suspected'
    end as certainty,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    used_before,
    gap_days,
    min_gap_days,
    across_institutions,
    case
        when across_institutions and is_emergency
            then 'Perhaps lawful: an emergency, and the earlier use was at another institution. '
        when across_institutions then 'Perhaps lawful: the earlier use was at another institution. '
        when is_emergency then 'Perhaps lawful: an emergency. '
        when is_pregnant then 'Perhaps lawful: a pregnancy, which is followed more closely. '
        when is_perhaps_earlier then 'Perhaps lawful: the earlier use may have been long before the day it was posted. '
        when is_other_illness then 'Perhaps lawful: another illness, or none is recorded. '
        else ''
    end as innocent,
    case
        when across_institutions and is_emergency then '（可能合理：急诊，且前次在其他机构）'
        when across_institutions then '（可能合理：前次在其他机构）'
        when is_emergency then '（可能合理：急诊）'
        when is_pregnant then '（可能合理：妊娠期监测间隔较短）'
        when is_perhaps_earlier then '（可能合理：前次为住院集中记账，实际使用可能更早）'
        when is_other_illness then '（可能合理：病情已变化或未记录诊断）'
        else ''
    end as innocent_zh,
    point_id
from spaced
