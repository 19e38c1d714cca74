/*
title       = "Unplanned readmissions within a month above the peers in a quarter"
title_zh    = "季度非计划再入院率高于同类机构"
official    = [63]
violation   = "readmission_rate"
family      = "pattern"
fetch       = ["figures", "stay"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter of discharge"
law         = ["regulation-25"]
basis       = ["智能监管规则库（2025年版）63 非计划再入院率统计"]
needs       = ["record.encounter.principal_diagnosis_code"]
exclusions  = [
    "the quarter has fewer than {least_stays} discharges: cannot judge",
    "fewer than {least_peers:institution} of the peer group have 20 such stays in the quarter: cannot judge",
    "above the peers by less than {margin:pp} percentage points: however close together they lie",
]
exclusions_zh = [
    "该季度出院不足 {least_stays} 次：无法判定",
    "同类机构中该季度住院达 20 次的不足 {least_peers} 家：无法判定",
    "高于同类不足 {margin:pp} 个百分点：不论同类之间如何接近",
]
limits      = "Not counted: readmissions for diseases treated in courses or for another disease, day care, stays that only went on after a settlement; discharged to another institution or dead; discharges less than 31 days before the record ends. An indicator of where to look, without money at issue. The settlement list's own mark of a planned readmission is not exported: the same disease within the days at the same institution stands for unplanned. Not adjusted for case mix."
limits_zh   = "不计：分疗程治疗的疾病或其他疾病的再入院、日间治疗、结算后续住；转往他院或死亡；数据截止前不足 31 天的出院。仅提示关注方向，不涉及金额。结算清单的计划再入院标记不在导出数据中，以期限内同病在同一机构再入院代替非计划再入院。未按病种结构调整。"
status      = "trial"
version     = "2"
sentence    = "In the quarter from {occurred_on} {readmitted} of {stays} discharges came back within 31 days for the same disease ({rate_percent}%); the median of the peers is {peer_percent}% ({peers} institutions of {peer_group})"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次出院中 {readmitted} 次在 31 天内以同一疾病再入院（{rate_percent}%），同类机构中位数 {peer_percent}%（{peer_group}，{peers} 家）"

[params.least_stays]
value   = 20
unit    = "stays"
meaning = "discharges of a quarter that carry a rate"

[params.least_peers]
value   = 5
unit    = "institutions"
meaning = "members of the peer group with 20 such stays in the quarter"

[params.spreads]
value   = 3
unit    = "robust standard deviations"
meaning = "distance from the peers' median (1.4826 x median absolute deviation)"

[params.margin]
value   = 0.05
unit    = "share"
meaning = "least distance from the peers' median"
*/
select
    case
        when stays < $least_stays or peers < $least_peers then 'cannot_judge'
        when share > median_share + greatest($margin, $spreads * deviation) then 'hit'
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
    cases as readmitted,
    cast(100 * share as decimal(16, 1)) as rate_percent,
    cast(100 * median_share as decimal(16, 1)) as peer_percent,
    peers,
    peer_group
from feature.institution_quarter_share
where kind = 'readmission'
