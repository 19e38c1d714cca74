/*
title       = "Infections acquired in hospital above the peers in a quarter"
title_zh    = "季度院内感染发生率高于同类机构"
official    = [62]
violation   = "hospital_infection_rate"
family      = "pattern"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter of discharge"
basis       = [
    "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
    "智能监管规则库（2025年版）62 院内感染发生率统计",
]
needs       = ["record.diagnosis.present_on_admission"]
exclusions  = [
    "the infection was present on admission, or nobody knew",
    "the quarter has fewer than least_stays discharges with that mark: cannot judge",
    "fewer than least_peers institutions of the peer group have enough discharges: cannot judge",
]
limits      = "An indicator of where to look, without money at issue. Infections are told by the diagnosis (infection_codes) and the mark that it was not there on admission; places that never fill the mark show none. Not adjusted for case mix: intensive care and oncology acquire more."
status      = "trial"
version     = "1"
sentence    = "In the quarter from {occurred_on} {infected} of {stays} stays acquired an infection ({rate_percent}%); the median of the peers is {peer_percent}% ({peers} institutions of {peer_group})"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次住院中 {infected} 次发生院内感染（{rate_percent}%），同类机构中位数 {peer_percent}%（{peer_group}，{peers} 家）"

[params.infection_codes]
value   = "^(A0[0-9]|A1[5-9]|A3[0-9]|A4[0-9]|B3[5-9]|B4|B9[5-6]|J1[2-8]|J20|J22|J69|J85|J86|N30|N39.0|K65|L0[0-3]|T80.2|T81.4|T82.[67]|T83.[56]|T84.[567]|T85.7|Y95)"
meaning = "ICD-10 codes of infections a stay may bring"

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
value   = 0.02
unit    = "share"
meaning = "least distance from the peers' median"
*/
with marked as (
    select s.encounter_id,
        max(
            case when d.present_on_admission = '4' and regexp_matches(d.diagnosis_code, $infection_codes) then 1 else 0 end
        ) as is_infected
    from record.diagnosis as d
    join feature.settlement as s on s.settlement_id = d.settlement_id
    where d.present_on_admission is not null and s.care_setting = 'inpatient'
    group by s.encounter_id
),

rated as (
    select e.institution_id, cast(date_trunc('quarter', e.ended_on) as date) as quarter_on, count(*) as stays,
        sum(m.is_infected) as infected, cast(sum(m.is_infected) as double) / nullif(count(*), 0) as rate
    from feature.encounter as e
    join marked as m on m.encounter_id = e.encounter_id
    where e.is_inpatient and e.ended_on is not null
    group by e.institution_id, cast(date_trunc('quarter', e.ended_on) as date)
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
    select r.institution_id, r.quarter_on, r.stays, r.infected, r.rate, g.peer_group, m.median_rate,
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
    infected,
    round(100 * rate, 1) as rate_percent,
    round(100 * median_rate, 1) as peer_percent,
    peers,
    peer_group
from compared
