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
window      = "two uses by one person, across institutions"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）31 医疗服务项目周期超频次"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "several lines of one day: the daily limit judges them",
    "the earlier use was taken back by a refund",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "同日多条明细：由每日限定频次规则判断",
    "前一次已退费冲回",
    "参保人未知：无法判定",
]
limits      = "The first use in the record has none before it and counts as clear. The day of charge stands for the day of use. Another institution may not have known of the earlier use; the explanation tells whether it was another one."
limits_zh   = "数据中的首次使用无前次可比，视为无疑点。以收费日代替使用日。其他机构可能不知前次使用，疑点说明中注明是否跨机构。"
version     = "1"
sentence    = "{item_name} was charged on {occurred_on}, {gap_days} days after {used_before}; {min_gap_days} days must lie between ({amount} yuan)"
sentence_zh = "“{item_name}”于 {used_before}、{occurred_on} 两次收费，间隔 {gap_days} 天，短于 {min_gap_days} 天，后一次涉及 {amount} 元"
*/
with limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, k.min_gap_days, k.point_id
    from feature.fee_line as l
    join knowledge.item_period as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

used as (
    select person_id, item_code, charged_on,
        lag(charged_on) over (partition by person_id, item_code order by charged_on) as used_before,
        lag(institution_id) over (partition by person_id, item_code order by charged_on) as institution_before
    from (
        select person_id, item_code, charged_on, min(institution_id) as institution_id
        from limited
        where person_id is not null
        group by person_id, item_code, charged_on
    ) as days
),

spaced as (
    select l.*, u.used_before, date_diff('day', u.used_before, l.charged_on) as gap_days,
        u.institution_before <> l.institution_id as across_institutions
    from limited as l
    left join used as u
        on u.person_id = l.person_id and u.item_code = l.item_code and u.charged_on = l.charged_on
)

select
    case
        when person_id is null then 'cannot_judge'
        when gap_days < min_gap_days then 'hit'
        else 'clear'
    end as outcome,
    case when person_id is null then 'the person is unknown' end as reason,
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
    point_id
from spaced
