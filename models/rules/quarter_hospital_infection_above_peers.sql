/*
title       = "Infections acquired in hospital above the peers in a quarter"
title_zh    = "季度院内感染发生率高于同类机构"
official    = [62]
violation   = "hospital_infection_rate"
family      = "pattern"
fetch       = ["figures"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter of discharge"
law         = ["regulation-25"]
basis       = ["智能监管规则库（2025年版）62 院内感染发生率统计"]
needs       = ["record.diagnosis.present_on_admission"]
exclusions  = [
    "the quarter has fewer than {least_stays} discharges with the mark of admission: cannot judge",
    "fewer than {least_peers:institution} of the peer group have 20 such stays in the quarter: cannot judge",
    "above the peers by less than {margin:pp} percentage points: however close together they lie",
]
exclusions_zh = [
    "该季度带入院病情标记的出院不足 {least_stays} 次：无法判定",
    "同类机构中该季度住院达 20 次的不足 {least_peers} 家：无法判定",
    "高于同类不足 {margin:pp} 个百分点：不论同类之间如何接近",
]
limits      = "An infection is a diagnosis of the knowledge base's group of infections that the settlement list says was not there on admission; one that was there, or of which nobody knew, does not count. An indicator of where to look, without money at issue. Infections are told by the diagnosis and the mark that it was not there on admission; places that never fill the mark show none. Not adjusted for case mix: intensive care and oncology acquire more."
limits_zh   = "院内感染指知识库感染诊断组内、医保结算清单标记为入院时没有的诊断；入院时已有或情况不明的不计。仅提示关注方向，不涉及金额。感染按诊断及入院时没有的标记识别，从不填写标记的机构不会显示。未按病种结构调整：重症监护和肿瘤科感染较多。"
status      = "trial"
version     = "2"
sentence    = "In the quarter from {occurred_on} {infected} of {stays} stays acquired an infection ({rate_percent}%); the median of the peers is {peer_percent}% ({peers} institutions of {peer_group})"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次住院中 {infected} 次发生院内感染（{rate_percent}%），同类机构中位数 {peer_percent}%（{peer_group}，{peers} 家）"

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
value   = 0.02
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
    cases as infected,
    cast(100 * share as decimal(16, 1)) as rate_percent,
    cast(100 * median_share as decimal(16, 1)) as peer_percent,
    peers,
    peer_group
from feature.institution_quarter_share
where kind = 'hospital_infection'
