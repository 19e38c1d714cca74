/*
title       = "Fee lines uploaded days after the service"
title_zh    = "就诊数据非实时上传"
official    = [41]
violation   = "late_upload"
family      = "data_quality"
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "audit"
window      = "encounter"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）41 就诊数据非实时上传监管"]
needs       = ["record.fee_line.created_at", "record.fee_line.charged_at"]
exclusions  = [
    "uploaded within {max_days:day}",
    "void lines and lines of refunds",
    "care outside the pooling area that is reimbursed by hand: it has no real-time upload",
    "a bill settled anew after an earlier settlement of the encounter was taken back: its lines were written again, cannot judge",
    "the time of upload is unknown: cannot judge",
]
exclusions_zh = [
    "在 {max_days} 天以内上传",
    "作废明细及退费明细",
    "统筹地区外手工报销的就医：无实时上传",
    "退费后重新结算的单据：明细为重新写入，无法判定",
    "上传时间未知：无法判定",
]
limits      = "Days are compared, not hours. A line entered anew after a correction carries the later time; a whole hospital late on one day is an interface that stood still."
limits_zh   = "按天比较，不按小时。更正后重新录入的明细载更晚的时间；整个医院同一天集中滞后，为接口停摆。"
status      = "trial"
version     = "2"
sentence    = "{late_lines} of {lines} lines were uploaded more than {max_days} days after the service, the latest after {worst_days}"
sentence_zh = "本次就诊 {lines} 条明细中 {late_lines} 条在费用发生 {max_days} 天后才上传，最长 {worst_days} 天"

[params.max_days]
value   = 3
unit    = "days"
meaning = "from the service to the upload"
*/
with line as (
    select l.settlement_id, l.encounter_id, l.line_id, cast(l.charged_at as date) as charged_on, l.created_at,
        date_diff('day', cast(l.charged_at as date), cast(l.created_at as date)) as days_late
    from record.fee_line as l
    join record.settlement as s on s.settlement_id = l.settlement_id
    where l.amount > 0 and coalesce(l.is_valid, true) and coalesce(s.is_valid, true)
        and not coalesce(s.is_refund, false) and s.manual_reimbursement_reason is null
),

taken_back as (
    select distinct encounter_id
    from record.settlement
    where encounter_id is not null and (is_refund or not coalesce(is_valid, true))
),

gathered as (
    select settlement_id, count(*) as lines, count(days_late) as dated_lines,
        sum(case when days_late > $max_days then 1 else 0 end) as late_lines, max(days_late) as worst_days
    from line
    group by settlement_id
)

select
    case when g.late_lines > 0 and b.encounter_id is not null then 'cannot_judge'
        when g.late_lines > 0 then 'hit' when g.dated_lines = 0 then 'cannot_judge' else 'clear' end as outcome,
    case when g.late_lines > 0 then 'the bill was settled anew'
        when g.dated_lines = 0 then 'the time of upload is unknown' end as reason,
    g.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.settled_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    g.lines,
    g.late_lines,
    g.worst_days,
    $max_days as max_days
from gathered as g
join feature.settlement as s on s.settlement_id = g.settlement_id
left join taken_back as b on b.encounter_id = s.encounter_id
