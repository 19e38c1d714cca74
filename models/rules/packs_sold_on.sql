/*
title       = "Packs handed to a person turn up in other persons' settlements"
title_zh    = "参保人所购药品回流再次结算"
violation   = "drug_resale"
family      = "traceability"
problem     = ["pharmacy-4", "pharmacy-5"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "all settlements delivered"
law         = ["regulation-19-1", "regulation-41-1-3", "rules-31-1-3"]
basis       = ["追溯码规则 TR12 团伙回溯；国家医保局医保药品倒卖模型"]
needs       = ["record.trace_code.trace_code"]
exclusions  = [
    "the pack comes back at the place that sold it: its own till, not the buyer, is the question",
    "sold again to the same person",
    "fewer than {min_packs:pack}: a wrong scan or a box given to a neighbour",
    "sold again within {min_gap_days:day}: two tills scanned one carton",
    "packs that were sold in parts, or of which it is unknown and a line has more units than codes: cannot judge",
    "the scan names no encounter and several bills have a line of that number: cannot judge",
    "the institution or the person is unknown: cannot judge",
]
exclusions_zh = [
    "药品回到原销售机构：应看该机构收银台，而非购药人",
    "再次售予同一参保人",
    "不足 {min_packs} 盒：误扫或转赠邻里一盒",
    "{min_gap_days} 天以内再次结算：两个收银台扫描同一箱",
    "拆零销售，或拆零标志未上传且数量多于追溯码：无法判定",
    "追溯码未关联就诊ID，且多张账单有相同流水号：无法判定",
    "机构或参保人未知：无法判定",
]
limits      = "Shows that the pack, or a copy of its code, was sold again, not who carried it. A drugstore that copies codes from a hospital's waste makes innocent buyers appear here: many buyers with one pack each speak for that, one buyer with many packs for resale."
limits_zh   = "说明该盒药或其追溯码的副本被再次销售，不说明由谁转出。药店从医院废弃包装抄录追溯码，会使无关购药人出现在此：多人各一盒提示此情形，一人多盒提示转卖。"
version     = "2"
sentence    = "{packs} packs settled for this person were later settled for others elsewhere; here {item_name} on {occurred_on}, again {gap_days} days later at {again_institution_id}"
sentence_zh = "该参保人所购 {packs} 盒药品其后在他处为他人再次结算；本条“{item_name}”（{occurred_on}），{gap_days} 天后于{again_institution_id}再次结算"

[params.min_packs]
value   = 3
unit    = "packs"
meaning = "packs of one person that turn up again"

[params.min_gap_days]
value   = 1
unit    = "days"
meaning = "shorter gaps are scanning errors"
*/
with sold as (
    select trace_code, settlement_id, line_id, encounter_id, person_id, institution_id, charged_at, charged_on,
        item_name, line_quantity as quantity, eligible_amount, codes,
        coalesce(is_whole, false) and not is_line_reduced as is_whole,
        row_number() over (partition by trace_code order by charged_at, settlement_id, line_id) as place
    from feature.pack_scan
    where is_placed
),

returned as (
    select f.settlement_id, f.line_id, f.person_id,
        count(distinct case when s.institution_id <> f.institution_id and s.person_id <> f.person_id
            and f.is_whole and s.is_whole then f.trace_code end) as packs_again,
        count(distinct f.trace_code) as most_again,
        min(case when s.institution_id <> f.institution_id and s.person_id <> f.person_id and f.is_whole and s.is_whole
            then date_diff('day', f.charged_on, s.charged_on) end) as gap_days,
        min(case when s.institution_id <> f.institution_id and s.person_id <> f.person_id and f.is_whole and s.is_whole
            then s.institution_id end) as again_institution_id,
        max(case when f.is_whole and s.is_whole then 0 else 1 end) as is_in_parts
    from sold as f
    join sold as s on s.trace_code = f.trace_code and s.place > 1
    where f.place = 1 and coalesce(s.institution_id <> f.institution_id, true)
        and coalesce(s.person_id <> f.person_id, true) and s.settlement_id <> f.settlement_id
        and date_diff('day', f.charged_on, s.charged_on) >= $min_gap_days
    group by f.settlement_id, f.line_id, f.person_id
),

counted as (
    select r.*, sum(r.packs_again) over (partition by r.person_id) as packs,
        sum(r.most_again) over (partition by r.person_id) as most_packs
    from returned as r
),

line as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name,
        line_quantity as quantity, eligible_amount, max(codes) as codes, max(case when is_placed then 0 else 1 end)
            as is_unplaced
    from feature.pack_scan
    group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, line_quantity,
        eligible_amount
)

select
    case
        when l.person_id is null then 'cannot_judge'
        when c.packs >= $min_packs and c.packs_again > 0 then 'hit'
        when c.most_packs >= $min_packs or l.is_unplaced = 1 then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when l.person_id is null then 'the person is unknown'
        when l.is_unplaced = 1 then 'several bills have a line of the number that the trace code names'
        when c.is_in_parts = 1 then 'whether the pack was sold in parts is unknown'
        else 'the institution or the later buyer is unknown'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(l.eligible_amount as double) * least(
            1.0, cast(c.packs_again as double) / greatest(cast(l.quantity as double), cast(l.codes as double), 1.0)
        )
        as decimal(16, 2)
    ) as amount,
    l.item_name,
    c.packs,
    c.gap_days,
    c.again_institution_id
from line as l
left join counted as c on c.settlement_id = l.settlement_id and c.line_id = l.line_id
