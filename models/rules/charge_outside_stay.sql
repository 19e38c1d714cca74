/*
title       = "Charge outside the days of the stay"
title_zh    = "计费日期与住院时间不符"
official    = [42]
violation   = "charge_outside_stay"
family      = "stay"
fetch       = ["overcharge", "stay"]
problem     = ["hospital-3", "hospital-15", "hospital-36", "hospital-60"]
judges      = ["moment"]
subjects    = ["institution", "practitioner"]
certainty   = "definite"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）42 计费日期与住院时间不符"]
needs       = ["record.fee_line.charged_at", "record.encounter.started_at"]
exclusions  = [
    "take-home drugs within {late_days:day} after discharge",
    "late posting: no more than {late_lines:line} of the stay within {late_days:day} after discharge",
    "examinations and laboratory charged on report: within {report_days:day} after discharge, pathology, cultures and genes within {pathology_days:day}",
    "examinations and laboratory tests within {workup_days:day} before admission",
    "anything within {eve_days:day} before admission: treated first, admitted after midnight",
    "an emergency that became a stay: anything within {workup_days:day} before admission",
    "three lines or more and more than half of the bill dated outside the stay: the bill was posted late or the stay's days were keyed wrong, cannot judge",
    "several units posted within {late_days:day} after discharge: they may stand for days of the stay, cannot judge",
    "the day of the charge is unknown: cannot judge",
]
exclusions_zh = [
    "出院后 {late_days} 天以内的出院带药",
    "补记账：出院后 {late_days} 天以内，且该次住院不超过 {late_lines} 条",
    "检查、检验按报告日计费：出院后 {report_days} 天以内，病理、培养、基因检测 {pathology_days} 天以内",
    "入院前 {workup_days} 天以内的检查、检验",
    "入院前 {eve_days} 天以内的全部费用：先抢救、手术，零点后补办入院",
    "急诊转住院：入院前 {workup_days} 天以内的全部费用",
    "三条以上且半数以上明细计费日期在住院之外：整单补记账或住院日期录错，无法判定",
    "出院后 {late_days} 天以内一次补记多个数量：可能为住院期间各日，无法判定",
    "计费日期未知：无法判定",
]
limits      = "Hospitals post a forgotten line the morning after; one such line a stay is let pass, several are a day charged that was not spent there. Work-up before an agreed admission may be settled with the stay in most areas; where it may not, the days allowed before admission (now {workup_days:day}) are to be set to 0. Only suspected: a charge within {workup_days:day} before admission (an observation ward may have been merged into the stay), an examination within {agreed_days:day} before it, and what all bears one day between discharge and settlement (entered in one go)."
limits_zh   = "医院常在出院次日补记漏记项目，每次住院一条予以放过，多条则为对未住院日期计费。多数地区允许预约入院前的检查并入住院结算；不允许的地区应将入院前允许天数（现为 {workup_days} 天）调为 0。下列情形仅列可疑：入院前 {workup_days} 天以内的费用（留观可能并入住院结算）、入院前 {agreed_days} 天以内的检查检验，以及出院后至结算前集中在同一天补记的费用。"
version     = "4"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on}, {days_off} days {side} a stay of {started_on} to {ended_on}; {lines_outside} lines of the stay lie outside it"
sentence_zh = "住院 {started_on} 至 {ended_on}，“{item_name}”计费日期 {occurred_on}，在{side_zh} {days_off} 天，涉及 {amount} 元（该次住院共 {lines_outside} 条）"

[params.grace_days]
value   = 0
unit    = "days"
meaning = "days outside the stay that are let pass on either side"

[params.late_days]
value   = 1
unit    = "days"
meaning = "days after discharge on which a forgotten line may be posted"

[params.late_lines]
value   = 1
unit    = "lines"
meaning = "lines of one stay that may be posted late"

[params.workup_days]
value   = 3
unit    = "days"
meaning = "days before admission whose examinations are settled with the stay"

[params.agreed_days]
value   = 14
unit    = "days"
meaning = "days before an agreed admission or day surgery in which its work-up may be done"

[params.report_days]
value   = 3
unit    = "days"
meaning = "days after discharge by which a report is there and charged"

[params.slow_names]
value   = "病理|活检|免疫组|组织化学|细胞学|标本|培养|基因|原位杂交|测序"
meaning = "names of what is reported after a week"

[params.pathology_days]
value   = 14
unit    = "days"
meaning = "days after discharge by which pathology, immunohistochemistry, a culture or a genetic test is reported and charged"

[params.eve_days]
value   = 1
unit    = "days"
meaning = "days before admission whose treatment belongs to the stay: registered after midnight"
*/
with stay_line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, l.fee_category, l.is_take_home, e.started_on, e.ended_on,
        e.medical_category, coalesce(l.quantity, 1) as quantity,
        coalesce(l.fee_category in ('03', '04', '1408', '1409', '1410'), false)
            or coalesce(regexp_matches(l.item_name, $slow_names), false) as is_report,
        coalesce(regexp_matches(l.item_name, $slow_names), false) as is_slow_report,
        coalesce(e.is_emergency_start, false) or coalesce(e.medical_category in ('24', '210104'), false)
            as is_emergency_start,
        coalesce(l.charged_on <= s.settled_on, false) as is_before_settling,
        date_diff('day', l.charged_on, e.started_on) as days_before,
        date_diff('day', e.ended_on, l.charged_on) as days_after
    from feature.fee_line as l
    join feature.encounter as e on e.encounter_id = l.encounter_id
    left join feature.settlement as s on s.settlement_id = l.settlement_id
    where e.is_inpatient and l.eligible_amount > 0
),

sorted as (
    select *,
        coalesce(days_before > greatest($grace_days, $eve_days), false)
            and not (days_before <= $workup_days and (is_report or is_emergency_start)) as is_early,
        coalesce(days_after > $grace_days, false) and not (is_take_home and days_after <= $late_days)
            and not (is_report and days_after <= $report_days)
            and not (is_slow_report and days_after <= $pathology_days) as is_late
    from stay_line
),

counted as (
    select *,
        sum(case when is_early or is_late then 1 else 0 end) over (partition by encounter_id) as lines_outside,
        count(*) over (partition by encounter_id) as lines,
        sum(case when is_late and days_after <= $late_days and quantity <= 1 then 1 else 0 end)
            over (partition by encounter_id)
            as lines_late,
        -- What bears one day, and that no later than the settlement's, was entered in one go; care goes on day by day.
        min(case when is_late then charged_on end) over (partition by encounter_id)
            = max(case when is_late then charged_on end) over (partition by encounter_id) as is_one_day_late
    from sorted
)

select
    case
        when charged_on is null or started_on is null then 'cannot_judge'
        when not is_early and not is_late then 'clear'
        when lines_outside > 2 and lines_outside * 2 > lines then 'cannot_judge'
        when fee_category is null and (days_before <= $workup_days and is_early or days_after <= $report_days and is_late)
            then 'cannot_judge'
        when is_early then 'hit'
        when days_after <= $late_days and quantity > 1 then 'cannot_judge'
        when not (days_after <= $late_days and lines_late <= $late_lines) then 'hit'
        else 'clear'
    end as outcome,
    case
        when charged_on is null then 'the day of the charge is unknown'
        when started_on is null then 'the day of admission is unknown'
        when lines_outside > 2 and lines_outside * 2 > lines then 'most of the bill is dated outside the stay'
        when fee_category is null then 'whether the charge outside the stay is an examination is unknown'
        else 'the units may stand for days of the stay'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    case
        when is_early and (days_before <= $workup_days or (is_report and days_before <= $agreed_days)) then 'suspected'
        when is_late and is_before_settling and is_one_day_late then 'suspected'
        else 'definite'
    end as certainty,
    case
        when is_early and is_report and days_before <= $agreed_days
            then 'work-up for an agreed admission or day surgery, which many areas settle with the stay'
        when is_late and is_before_settling and is_one_day_late then 'a charge of the stay entered before it was settled'
    end as innocent,
    case
        when is_early and is_report and days_before <= $agreed_days then '预约住院或日间手术的院前检查，多地规定并入住院结算'
        when is_late and is_before_settling and is_one_day_late then '结算前补记的住院费用'
    end as innocent_zh,
    item_name,
    case when is_early then days_before else days_after end as days_off,
    case when is_early then 'before' else 'after' end as side,
    case when is_early then '入院前' else '出院后' end as side_zh,
    started_on,
    ended_on,
    lines_outside
from counted
