/*
title       = "Share of drugs, tests, consumables, treatment, CT or MRI above the peers in a quarter"
title_zh    = "季度药品、检验检查、耗材、治疗、CT、核磁费用占比高于同类机构"
official    = [56, 57, 58, 59, 60, 61]
violation   = "one_sided_fees"
family      = "pattern"
fetch       = ["figures"]
problem     = ["hospital-80"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "institution and quarter"
law         = ["regulation-25"]
basis       = ["智能监管规则库（2025年版）56 药费占比、57 检验检查占比、58 耗材占比、59 治疗占比、60 CT检查占比、61 核磁检查占比"]
needs       = ["record.fee_line.fee_category"]
exclusions  = [
    "the quarter has fewer than {least_stays:stay}: cannot judge",
    "fewer than {least_peers:institution} of the peer group have 20 such stays in the quarter: cannot judge",
    "above the peers by less than {margin:pp} percentage points: however close together they lie",
]
exclusions_zh = [
    "该季度住院不足 {least_stays} 次：无法判定",
    "同类机构中该季度住院达 20 次的不足 {least_peers} 家：无法判定",
    "高于同类不足 {margin:pp} 个百分点：不论同类之间如何接近",
]
limits      = "An indicator of where to look, without money at issue. Not adjusted for case mix: a specialist ward or an expensive treatment the peers lack explains much. Shares are of the eligible fees of stays; CT and MRI are the items grouped under them in the knowledge tables; consumables and drugs used for them count on their own."
limits_zh   = "仅提示关注方向，不涉及金额。未按病种结构调整：专科病区或同类没有的高费用治疗可解释大部分差异。占比以住院符合政策范围费用计；CT、核磁为知识库项目分组所列项目，其所用耗材、药品分别计入。"
status      = "trial"
version     = "2"
sentence    = "In the quarter from {occurred_on} the fees of {stays} stays lie above the peers ({peers} institutions of {peer_group}): {shares}"
sentence_zh = "自 {occurred_on} 起的季度，{stays} 次住院费用占比高于同类机构（{peer_group}，{peers} 家）：{shares_zh}"

[params.least_stays]
value   = 20
unit    = "stays"
meaning = "stays with fee lines in the quarter that carry a share"

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
with compared as (
    select institution_id, quarter_on, kind, stays, share, median_share, peer_group, peers,
        share > median_share + greatest($margin, $spreads * deviation) as is_above,
        case kind when 'ct' then 'CT' when 'mri' then 'MRI' else kind end as word,
        case kind
            when 'drugs' then '药品' when 'tests' then '检验检查' when 'consumables' then '耗材'
            when 'treatment' then '治疗' when 'ct' then 'CT' else '核磁'
        end as word_zh
    from feature.institution_quarter_share
    where kind in ('drugs', 'tests', 'consumables', 'treatment', 'ct', 'mri')
),

worded as (
    select *,
        case when is_above
            then word || ' ' || cast(cast(round(100 * share, 0) as integer) as varchar) || '% (peers '
                || cast(cast(round(100 * median_share, 0) as integer) as varchar) || '%) '
            else '' end as said,
        case when is_above
            then word_zh || ' ' || cast(cast(round(100 * share, 0) as integer) as varchar) || '%（同类 '
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
        || max(case when kind = 'ct' then said else '' end)
        || max(case when kind = 'mri' then said else '' end) as shares,
        max(case when kind = 'drugs' then said_zh else '' end)
        || max(case when kind = 'tests' then said_zh else '' end)
        || max(case when kind = 'consumables' then said_zh else '' end)
        || max(case when kind = 'treatment' then said_zh else '' end)
        || max(case when kind = 'ct' then said_zh else '' end)
        || max(case when kind = 'mri' then said_zh else '' end) as shares_zh
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
