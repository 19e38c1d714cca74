/*
title       = "Share of drugs, tests, consumables, treatment, CT or MRI above the peers in a quarter"
title_zh    = "季度药品、检验检查、耗材、治疗、CT、核磁费用占比高于同类机构"
official    = [56, 57, 58, 59, 60, 61]
violation   = "one_sided_fees"
family      = "pattern"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter"
basis       = [
    "《医疗保障基金使用监督管理条例》第二十五条：依数据监控确定检查重点",
    "智能监管规则库（2025年版）56 药费占比、57 检验检查占比、58 耗材占比、59 治疗占比、60 CT检查占比、61 核磁检查占比",
]
needs       = ["record.fee_line.fee_category"]
exclusions  = [
    "the quarter has fewer than least_stays stays: cannot judge",
    "fewer than least_peers institutions of the peer group have enough stays in the quarter: cannot judge",
    "above the peers by less than margin: however close together they lie",
]
limits      = "An indicator of where to look, without money at issue. Not adjusted for case mix: a specialist ward or an expensive treatment the peers lack explains much. Shares are of the eligible fees of stays; CT and MRI are the items of knowledge.item_group; consumables and drugs used for them count on their own."
status      = "trial"
version     = "1"
sentence    = "In the quarter from {occurred_on} the fees of {stays} stays lie above the peers ({peers} institutions of {peer_group}): {shares}"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次住院费用占比高于同类机构（{peer_group}，{peers} 家）：{shares_zh}"

[params.least_stays]
value   = 20
unit    = "stays"
meaning = "stays with fee lines in the quarter that carry a share"

[params.least_peers]
value   = 5
unit    = "institutions"
meaning = "members of the peer group with enough stays in the quarter"

[params.spreads]
value   = 3
unit    = "robust standard deviations"
meaning = "distance from the peers' median (1.4826 x median absolute deviation)"

[params.margin]
value   = 0.05
unit    = "share"
meaning = "least distance from the peers' median"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where care_setting = 'inpatient'
),

scanned as (
    select i.item_code, i.item_name, max(k.group_id) as group_id
    from item as i
    join knowledge.item_group as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.group_id in ('ct', 'mri')
    group by i.item_code, i.item_name
),

line as (
    select l.institution_id, cast(date_trunc('quarter', l.charged_on) as date) as quarter_on, l.encounter_id,
        l.fee_category, cast(l.eligible_amount as double) as yuan, coalesce(g.group_id, '') as group_id
    from feature.fee_line as l
    left join scanned as g on g.item_code = l.item_code and g.item_name = coalesce(l.item_name, '')
    where l.care_setting = 'inpatient' and l.eligible_amount > 0
),

summed as (
    select institution_id, quarter_on, count(distinct encounter_id) as stays, sum(yuan) as yuan,
        sum(case when fee_category in ('09', '10', '11') then yuan else 0 end) as drugs,
        sum(case when fee_category in ('03', '04', '1408', '1409', '1410') then yuan else 0 end) as tests,
        sum(case when fee_category = '08' then yuan else 0 end) as consumables,
        sum(case when fee_category = '05' then yuan else 0 end) as treatment,
        sum(case when group_id = 'ct' then yuan else 0 end) as ct,
        sum(case when group_id = 'mri' then yuan else 0 end) as mri
    from line
    group by institution_id, quarter_on
),

shared as (
    select institution_id, quarter_on, stays, 'drugs' as kind, '药品' as kind_zh, drugs / nullif(yuan, 0) as share
    from summed
    union all
    select institution_id, quarter_on, stays, 'tests', '检验检查', tests / nullif(yuan, 0) from summed
    union all
    select institution_id, quarter_on, stays, 'consumables', '耗材', consumables / nullif(yuan, 0) from summed
    union all
    select institution_id, quarter_on, stays, 'treatment', '治疗', treatment / nullif(yuan, 0) from summed
    union all
    select institution_id, quarter_on, stays, 'CT', 'CT', ct / nullif(yuan, 0) from summed
    union all
    select institution_id, quarter_on, stays, 'MRI', '核磁', mri / nullif(yuan, 0) from summed
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
    select m.peer_group, s.quarter_on, s.kind, s.share
    from shared as s
    join member as m on m.institution_id = s.institution_id
    where s.stays >= $least_stays
),

middle as (
    select peer_group, quarter_on, kind, count(*) as peers, quantile_cont(cast(share as double), 0.5) as median_share
    from peer
    group by peer_group, quarter_on, kind
),

spread as (
    select p.peer_group, p.quarter_on, p.kind,
        quantile_cont(cast(abs(p.share - m.median_share) as double), 0.5) * 1.4826 as deviation
    from peer as p
    join middle as m on m.peer_group = p.peer_group and m.quarter_on = p.quarter_on and m.kind = p.kind
    group by p.peer_group, p.quarter_on, p.kind
),

compared as (
    select s.institution_id, s.quarter_on, s.stays, s.kind, s.kind_zh, s.share, g.peer_group,
        coalesce(m.peers, 0) as peers, m.median_share,
        s.share > m.median_share + greatest($margin, $spreads * d.deviation) as is_above
    from shared as s
    left join feature.institution_peer_group as g on g.institution_id = s.institution_id
    left join middle as m on m.peer_group = g.peer_group and m.quarter_on = s.quarter_on and m.kind = s.kind
    left join spread as d on d.peer_group = g.peer_group and d.quarter_on = s.quarter_on and d.kind = s.kind
),

worded as (
    select *,
        case when is_above
            then kind || ' ' || cast(cast(round(100 * share, 0) as integer) as varchar) || '% (peers '
                || cast(cast(round(100 * median_share, 0) as integer) as varchar) || '%) '
            else '' end as said,
        case when is_above
            then kind_zh || ' ' || cast(cast(round(100 * share, 0) as integer) as varchar) || '%（同类 '
                || cast(cast(round(100 * median_share, 0) as integer) as varchar) || '%）'
            else '' end as said_zh
    from compared
),

gathered as (
    select institution_id, quarter_on, max(stays) as stays, max(peer_group) as peer_group, max(peers) as peers,
        max(case when is_above then 1 else 0 end) as is_above,
        max(case when kind = 'drugs' then said else '' end)
        || max(case when kind = 'tests' then said else '' end)
        || max(case when kind = 'consumables' then said else '' end)
        || max(case when kind = 'treatment' then said else '' end)
        || max(case when kind = 'CT' then said else '' end)
        || max(case when kind = 'MRI' then said else '' end) as shares,
        max(case when kind = 'drugs' then said_zh else '' end)
        || max(case when kind = 'tests' then said_zh else '' end)
        || max(case when kind = 'consumables' then said_zh else '' end)
        || max(case when kind = 'treatment' then said_zh else '' end)
        || max(case when kind = 'CT' then said_zh else '' end)
        || max(case when kind = 'MRI' then said_zh else '' end) as shares_zh
    from worded
    group by institution_id, quarter_on
)

select
    case
        when stays < $least_stays or peers < $least_peers then 'cannot_judge'
        when is_above = 1 then 'hit'
        else 'clear'
    end as outcome,
    case
        when stays < $least_stays then 'too few stays in the quarter'
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
    peer_group,
    peers,
    trim(shares) as shares,
    shares_zh
from gathered
