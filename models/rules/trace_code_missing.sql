/*
title       = "Drugs settled without the trace codes others send"
title_zh    = "未按要求采集、上传药品追溯码"
violation   = "trace_code_missing"
family      = "data_quality"
fetch       = ["traceability"]
problem     = ["pharmacy-1", "pharmacy-2", "pharmacy-3", "pharmacy-7", "pharmacy-8", "pharmacy-18"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "supervision"
window      = "institution and month"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = [
    "国家医保局等部门关于加强药品追溯码在医疗保障和工伤保险领域采集应用的通知：2025年7月1日起依码结算",
    "定点零售药店自查自纠问题清单 18；追溯码规则 TR3、筛查模型 T02",
]
needs       = ["record.trace_code.trace_code"]
exclusions  = [
    "before the month from which codes are asked for",
    "fewer than {min_lines} drug lines in the month: cannot judge",
    "collection is not yet usual in the area that month: cannot judge",
    "drugs given during a stay, but for those taken home: dispensed in doses",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "追溯码要求起始月份之前",
    "当月药品明细不足 {min_lines} 条：无法判定",
    "该月当地采集尚未普及：无法判定",
    "住院期间使用的药品（出院带药除外）：按剂量发放",
    "机构未知：无法判定",
]
limits      = "Herbs, an institution's own preparations and drugs on the province's list without codes are not told apart beyond the catalogue type. No money is at issue. All institutions must send codes from 2026."
limits_zh   = "饮片、院内制剂及本省目录中无追溯码的药品，除目录类别外不作区分。不涉及金额。自 2026 年起所有机构均须上传追溯码。"
status      = "trial"
version     = "3"
sentence    = "{missing_lines} of {lines} drug lines in the month of {occurred_on} carry no trace code ({missing_percent} %); half of the others leave out at most {usual_percent} %"
sentence_zh = "{occurred_on} 当月 {lines} 条药品明细中 {missing_lines} 条无追溯码（{missing_percent}%），同期半数机构不超过 {usual_percent}%"

[params.from_month]
value   = "2025-07-01"
meaning = "first month for which codes are asked"

[params.min_lines]
value   = 30
unit    = "lines"
meaning = "drug lines of the institution in the month"

[params.max_missing]
value   = 0.2
unit    = "share"
meaning = "of lines without a code that is let pass"

[params.usual_missing]
value   = 0.2
unit    = "share"
meaning = "collection is usual when half of the institutions miss no more"
*/
with coded as (
    select distinct settlement_id, line_id from feature.pack_scan
),

drug as (
    select l.institution_id, cast(date_trunc('month', l.charged_on) as date) as month,
        case when c.line_id is null then 1 else 0 end as is_missing
    from feature.fee_line as l
    left join coded as c on c.settlement_id = l.settlement_id and c.line_id = l.line_id
    where l.catalogue_type = '101' and (l.care_setting <> 'inpatient' or l.is_take_home)
        and l.charged_on >= cast($from_month as date)
),

monthly as (
    select d.institution_id, d.month, coalesce(substr(max(i.area), 1, 4), '') as area, count(*) as lines,
        sum(d.is_missing) as missing_lines,
        cast(sum(d.is_missing) as double) / greatest(cast(count(*) as double), 1.0) as missing
    from drug as d
    left join feature.institution as i on i.institution_id = d.institution_id
    group by d.institution_id, d.month
),

-- Pooling areas begin to collect at different times: of several in one record each is measured by its own.
usual as (
    select area, month, quantile_cont(cast(missing as double), 0.5) as usual_missing
    from monthly
    where lines >= $min_lines and institution_id is not null
    group by area, month
)

select
    case
        when m.institution_id is null then 'cannot_judge'
        when m.lines < $min_lines or u.usual_missing is null or u.usual_missing > $usual_missing then 'cannot_judge'
        when m.missing > $max_missing then 'hit'
        else 'clear'
    end as outcome,
    case
        when m.institution_id is null then 'the institution is unknown'
        when m.lines < $min_lines then 'few drug lines'
        when u.usual_missing is null or u.usual_missing > $usual_missing then 'codes are not yet usual in the area'
    end as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    m.institution_id,
    cast(null as varchar) as practitioner_id,
    m.month as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    m.lines,
    m.missing_lines,
    cast(100 * m.missing as decimal(16, 1)) as missing_percent,
    cast(100 * u.usual_missing as decimal(16, 1)) as usual_percent
from monthly as m
left join usual as u on u.month = m.month and u.area = m.area
