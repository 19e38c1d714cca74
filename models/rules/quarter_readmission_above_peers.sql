/*
title       = "Unplanned readmissions within a month above the peers in a quarter"
title_zh    = "季度非计划再入院率高于同类机构"
official    = [63]
violation   = "readmission_rate"
family      = "pattern"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter of discharge"
basis       = [
    "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
    "智能监管规则库（2025年版）63 非计划再入院率统计",
]
needs       = ["record.encounter.principal_diagnosis_code"]
exclusions  = [
    "readmissions for diseases treated in courses (knowledge.admission_exception)",
    "readmissions for another disease",
    "discharged to another institution or dead: no discharge that could come back",
    "discharges whose month is not over where the record ends",
    "the quarter has fewer than least_stays discharges: cannot judge",
    "fewer than least_peers institutions of the peer group have enough discharges: cannot judge",
]
limits      = "An indicator of where to look, without money at issue. The settlement list's own mark of a planned readmission is not exported: the same disease within the days at the same institution stands for unplanned. Not adjusted for case mix."
status      = "trial"
version     = "1"
sentence    = "In the quarter from {occurred_on} {readmitted} of {stays} discharges came back within {days} days for the same disease ({rate_percent}%); the median of the peers is {peer_percent}% ({peers} institutions of {peer_group})"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次出院中 {readmitted} 次在 {days} 天内以同一疾病再入院（{rate_percent}%），同类机构中位数 {peer_percent}%（{peer_group}，{peers} 家）"

[params.days]
value   = 31
unit    = "days"
meaning = "from discharge to the next admission"

[params.least_stays]
value   = 20
unit    = "stays"
meaning = "discharges of a quarter that carry a rate"

[params.least_peers]
value   = 5
unit    = "institutions"
meaning = "members of the peer group with enough discharges in the quarter"

[params.spreads]
value   = 3
unit    = "robust standard deviations"
meaning = "distance from the peers' median (1.4826 x median absolute deviation)"

[params.margin]
value   = 0.05
unit    = "share"
meaning = "least distance from the peers' median"
*/
with record_end as (
    select max(started_on) as last_on from feature.encounter where is_inpatient
),

excepted as (
    select distinct c.diagnosis_code
    from (select distinct principal_diagnosis_code as diagnosis_code from feature.encounter where is_inpatient) as c
    join knowledge.admission_exception as x
        on substr(c.diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
),

stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on, e.discharge_way,
        substr(e.principal_diagnosis_code, 1, 3) as disease, x.diagnosis_code is not null as is_expected,
        lead(e.started_on) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as next_on,
        lead(substr(e.principal_diagnosis_code, 1, 3)) over (
            partition by e.person_id, e.institution_id order by e.started_on, e.encounter_id
        ) as next_disease
    from feature.encounter as e
    left join excepted as x on x.diagnosis_code = e.principal_diagnosis_code
    where e.is_inpatient and e.person_id is not null
),

discharge as (
    select s.institution_id, cast(date_trunc('quarter', s.ended_on) as date) as quarter_on,
        case
            when not s.is_expected and s.next_disease = s.disease and s.next_on >= s.ended_on
                and date_diff('day', s.ended_on, s.next_on) <= $days then 1
            else 0
        end as is_readmitted
    from stay as s
    cross join record_end as r
    where s.ended_on is not null and coalesce(s.discharge_way, '9') not in ('2', '3', '5')
        and date_diff('day', s.ended_on, r.last_on) >= $days
),

rated as (
    select institution_id, quarter_on, count(*) as stays, sum(is_readmitted) as readmitted,
        cast(sum(is_readmitted) as double) / nullif(count(*), 0) as rate
    from discharge
    group by institution_id, quarter_on
),

peer_group as (
    select distinct peer_group from feature.institution_peer_group
),

-- Every member of a group counts for it, also where its own comparison is finer.
member as (
    select g.peer_group, m.institution_id
    from peer_group as g
    join feature.institution_peer_group as m
        on m.key_1 = g.peer_group or m.key_2 = g.peer_group or m.key_3 = g.peer_group or m.key_4 = g.peer_group
),

peer as (
    select m.peer_group, r.quarter_on, r.rate
    from rated as r
    join member as m on m.institution_id = r.institution_id
    where r.stays >= $least_stays
),

middle as (
    select peer_group, quarter_on, count(*) as peers, quantile_cont(cast(rate as double), 0.5) as median_rate
    from peer
    group by peer_group, quarter_on
),

spread as (
    select p.peer_group, p.quarter_on,
        quantile_cont(cast(abs(p.rate - m.median_rate) as double), 0.5) * 1.4826 as deviation
    from peer as p
    join middle as m on m.peer_group = p.peer_group and m.quarter_on = p.quarter_on
    group by p.peer_group, p.quarter_on
),

compared as (
    select r.institution_id, r.quarter_on, r.stays, r.readmitted, r.rate, g.peer_group, m.median_rate,
        coalesce(m.peers, 0) as peers, d.deviation
    from rated as r
    left join feature.institution_peer_group as g on g.institution_id = r.institution_id
    left join middle as m on m.peer_group = g.peer_group and m.quarter_on = r.quarter_on
    left join spread as d on d.peer_group = g.peer_group and d.quarter_on = r.quarter_on
)

select
    case
        when stays < $least_stays or peers < $least_peers then 'cannot_judge'
        when rate > median_rate + greatest($margin, $spreads * deviation) then 'hit'
        else 'clear'
    end as outcome,
    case
        when stays < $least_stays then 'too few discharges in the quarter'
        when peers < $least_peers then 'too few peers in the quarter'
    end as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    quarter_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    stays,
    readmitted,
    $days as days,
    round(100 * rate, 1) as rate_percent,
    round(100 * median_rate, 1) as peer_percent,
    peers,
    peer_group
from compared
