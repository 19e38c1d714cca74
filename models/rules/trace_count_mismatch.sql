/*
title       = "Fewer packs scanned than settled"
title_zh    = "追溯码数量少于结算数量"
violation   = "trace_count_mismatch"
family      = "traceability"
problem     = [
    "hospital-4", "pharmacy-1", "pharmacy-2", "pharmacy-3", "pharmacy-7", "pharmacy-8", "pharmacy-18",
]
judges      = ["quantity"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "supervision"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-3", "regulation-38-1-4", "rules-9"]
basis       = ["追溯码规则 TR5 数量不符"]
needs       = ["record.trace_code.trace_code", "record.fee_line.quantity"]
exclusions  = [
    "the institution does not usually send a code for every pack: cannot judge",
    "a line without any code: another rule asks for missing codes",
    "the quantity counts tablets or parts of a pack: cannot judge",
    "drugs given during a stay: dispensed in doses",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "机构通常不逐盒上传追溯码：无法判定",
    "无任何追溯码的明细：由“未按要求采集、上传药品追溯码”规则判断",
    "数量按片或不足一盒计：无法判定",
    "住院期间使用的药品：按剂量发放",
    "机构未知：无法判定",
]
limits      = "Whether the quantity counts packs is seen only from the other lines of the institution. The amount is that of the packs without a code."
limits_zh   = "数量是否按盒计，仅能从该机构其他明细推断。金额为无追溯码盒数对应部分。"
status      = "trial"
version     = "1"
sentence    = "{quantity} packs of {item_name} settled, {codes} scanned; the institution scans every pack in {full_percent} % of such lines ({amount} yuan)"
sentence_zh = "“{item_name}”结算 {quantity} 盒，仅扫码 {codes} 盒；该机构同类明细 {full_percent}% 为逐盒扫码，涉及 {amount} 元"

[params.min_lines]
value   = 30
unit    = "lines"
meaning = "of several packs, to know the institution's habit"

[params.min_full]
value   = 0.9
unit    = "share"
meaning = "of the institution's lines of several packs that carry a code for each"

[params.max_quantity]
value   = 20
unit    = "packs"
meaning = "larger quantities count tablets"
*/
with scanned as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.quantity, l.eligible_amount, count(*) as codes
    from record.trace_code as t
    join feature.fee_line as l on l.line_id = t.line_id
    where l.quantity > 1 and l.care_setting <> 'inpatient'
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.quantity, l.eligible_amount
),

habit as (
    select institution_id, count(*) as lines,
        cast(sum(case when codes >= quantity then 1 else 0 end) as double) / greatest(cast(count(*) as double), 1.0)
            as full_share
    from scanned
    where quantity <= $max_quantity and quantity > 2
    group by institution_id
)

select
    case
        when s.quantity > $max_quantity or s.quantity <> round(s.quantity, 0) then 'cannot_judge'
        when h.lines is null or h.lines < $min_lines or h.full_share < $min_full then 'cannot_judge'
        when s.codes < s.quantity then 'hit'
        else 'clear'
    end as outcome,
    case
        when s.quantity > $max_quantity or s.quantity <> round(s.quantity, 0) then 'the quantity does not count packs'
        when s.institution_id is null then 'the institution is unknown'
        when h.lines is null or h.lines < $min_lines or h.full_share < $min_full
            then 'the institution does not scan every pack'
    end as reason,
    s.settlement_id,
    s.line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.charged_on as occurred_on,
    cast(
        cast(s.eligible_amount as double) * (1.0 - cast(s.codes as double) / greatest(cast(s.quantity as double), 1.0))
        as decimal(16, 2)
    ) as amount,
    s.item_name,
    cast(s.quantity as double) as quantity,
    s.codes,
    cast(100 * h.full_share as decimal(16, 1)) as full_percent
from scanned as s
left join habit as h on h.institution_id = s.institution_id
