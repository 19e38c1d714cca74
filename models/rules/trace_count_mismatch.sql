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
    "the quantity counts tablets or parts of a pack, by the flag for packs sold in parts or by the size: cannot judge",
    "no such flag, and the price is not that of a whole pack there: cannot judge",
    "the scan names no encounter and several bills have a line of that number: cannot judge",
    "drugs given during a stay: dispensed in doses",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "机构通常不逐盒上传追溯码：无法判定",
    "无任何追溯码的明细：由“未按要求采集、上传药品追溯码”规则判断",
    "数量按片或不足一盒计（依拆零标志或数量判断）：无法判定",
    "未上传拆零标志，且单价不是该机构整盒价格：无法判定",
    "追溯码未关联就诊ID，且多张账单有相同流水号：无法判定",
    "住院期间使用的药品：按剂量发放",
    "机构未知：无法判定",
]
limits      = "Whether the quantity counts packs is seen only from the other lines of the institution. The amount is that of the packs without a code."
limits_zh   = "数量是否按盒计，仅能从该机构其他明细推断。金额为无追溯码盒数对应部分。"
status      = "trial"
version     = "2"
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

[params.min_price]
value   = 0.5
unit    = "share"
meaning = "of what a whole pack costs there; a cheaper unit is a part of the pack"
*/
with scanned as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, item_code, unit_price,
        line_quantity as quantity, eligible_amount, max(codes) as codes,
        max(case when is_split then 1 else 0 end) as is_split, count(is_split) as flags,
        max(case when is_placed then 0 else 1 end) as is_unplaced
    from feature.pack_scan
    where line_quantity > 1 and care_setting <> 'inpatient'
    group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, item_code, unit_price,
        line_quantity, eligible_amount
),

habit as (
    select institution_id, count(*) as lines,
        cast(sum(case when codes >= quantity then 1 else 0 end) as double) / greatest(cast(count(*) as double), 1.0)
            as full_share
    from scanned
    where quantity <= $max_quantity and quantity > 2 and is_split = 0 and is_unplaced = 0
    group by institution_id
),

-- What a whole pack costs there: without a flag the price tells packs from tablets.
pack_price as (
    select institution_id, item_code, min(unit_price) as pack_price
    from scanned
    where codes >= quantity and is_split = 0 and is_unplaced = 0
    group by institution_id, item_code
),

told as (
    select s.*, h.full_share,
        case
            when s.is_unplaced = 1 then 'several bills have a line of the number that the trace code names'
            when s.is_split = 1 or s.quantity > $max_quantity or s.quantity <> round(s.quantity, 0)
                then 'the quantity does not count packs'
            when s.institution_id is null then 'the institution is unknown'
            when h.lines is null or h.lines < $min_lines or h.full_share < $min_full
                then 'the institution does not scan every pack'
            when s.codes < s.quantity and s.flags < s.codes
                and not coalesce(cast(s.unit_price as double) >= $min_price * cast(p.pack_price as double), false)
                then 'whether the quantity counts packs is unknown'
        end as reason
    from scanned as s
    left join habit as h on h.institution_id = s.institution_id
    left join pack_price as p on p.institution_id = s.institution_id and p.item_code = s.item_code
)

select
    case when reason is not null then 'cannot_judge' when codes < quantity then 'hit' else 'clear' end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    charged_on as occurred_on,
    cast(
        cast(eligible_amount as double) * (1.0 - cast(codes as double) / greatest(cast(quantity as double), 1.0))
        as decimal(16, 2)
    ) as amount,
    item_name,
    cast(quantity as double) as quantity,
    codes,
    cast(100 * full_share as decimal(16, 1)) as full_percent
from told
