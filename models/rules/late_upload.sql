/*
title       = "Charges settled long after they arose"
title_zh    = "门诊费用非实时上传"
official    = [41]
violation   = "late_upload"
family      = "data_quality"
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "reminder"
window      = "institution and month"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）41 就诊数据非实时上传监管；筛查模型 D12 数据质量与造假痕迹"]
needs       = ["record.fee_line.charged_at", "record.settlement.settled_at"]
exclusions  = [
    "stays, and visits of several days (observation wards, courses settled by the month): charged over weeks, settled at the end",
    "repaid to the person at the counter: settled late by nature",
    "fewer than {min_lines:line} in the month: cannot judge",
    "up to {max_late:%} of the lines",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "住院及持续数日的就诊（留观、按月结算的疗程）：陆续计费，结束时结算",
    "向参保人零星报销：结算本就滞后",
    "当月明细不足 {min_lines} 条：无法判定",
    "滞后明细占比不超过 {max_late:%}",
    "机构未知：无法判定",
]
limits      = "Lines outages and backlogs give the same picture. No money is at issue; late data make day and clock rules about the institution weaker."
limits_zh   = "线路中断和积压也会呈现相同情形。不涉及金额；滞后数据会削弱对该机构按日期、时刻判断的规则。"
status      = "trial"
version     = "2"
sentence    = "{late_lines} of {lines} out-patient lines settled in the month of {occurred_on} had been charged more than {param_max_days} days before ({late_percent} %)"
sentence_zh = "{occurred_on} 当月结算的 {lines} 条门诊明细中 {late_lines} 条距费用发生已超过 {param_max_days} 天（{late_percent}%）"

[params.max_days]
value   = 30
unit    = "days"
meaning = "from charge to settlement"

[params.max_late]
value   = 0.05
unit    = "share"
meaning = "of late lines that is let pass"

[params.min_lines]
value   = 30
unit    = "lines"
meaning = "of the institution in the month"
*/
with monthly as (
    select s.institution_id, s.month, count(*) as lines,
        sum(case
            when date_diff('day', greatest(l.charged_on, coalesce(e.ended_on, l.charged_on)), s.settled_on) > $max_days then 1
            else 0
        end) as late_lines
    from feature.fee_line as l
    join feature.settlement as s on s.settlement_id = l.settlement_id
    join record.settlement as r on r.settlement_id = l.settlement_id
    left join feature.encounter as e on e.encounter_id = l.encounter_id and e.calendar_days > 1
    where s.care_setting <> 'inpatient' and coalesce(r.settlement_type, '2') <> '1'
    group by s.institution_id, s.month
)

select
    case
        when institution_id is null or lines < $min_lines then 'cannot_judge'
        when cast(late_lines as double) > $max_late * cast(lines as double) then 'hit'
        else 'clear'
    end as outcome,
    case when institution_id is null then 'the institution is unknown' when lines < $min_lines then 'few lines' end
        as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    month as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    lines,
    late_lines,
    cast(100.0 * cast(late_lines as double) / greatest(cast(lines as double), 1.0) as decimal(16, 1)) as late_percent
from monthly
