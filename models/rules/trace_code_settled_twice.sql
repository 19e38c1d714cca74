/*
title       = "A pack settled that was settled before"
title_zh    = "药品追溯码重复结算"
violation   = "trace_code_repeated"
family      = "traceability"
problem     = ["hospital-4", "pharmacy-1", "pharmacy-5"]
subjects    = ["institution", "pharmacy"]
certainty   = "definite"
stage       = "supervision"
window      = "all settlements delivered"
law         = ["regulation-15-1", "regulation-20", "regulation-38-1-4", "regulation-40-1-3", "rules-9"]
basis       = ["国家医保局：药品追溯码只应有一次被扫码销售的记录；追溯码规则 TR1、筛查模型 T01"]
needs       = ["record.trace_code.trace_code"]
exclusions  = [
    "the same person at the same institution on the same day: scanned or sent twice",
    "the sale, or the pack of it, was taken back and the pack sold again",
    "sold in parts, and all parts together no more than the pack holds",
    "both sales at one institution, each less than a whole pack: a pack opened and sold in parts",
    "both sales at one institution during stays: doses from one pack",
    "no flag for packs sold in parts: cannot judge at one institution, nor elsewhere unless each unit has a code of its own; then only suspected",
    "sold in parts and what the pack holds is unknown: cannot judge",
    "part of the line was taken back, of which pack is unknown: cannot judge",
    "the scan names no encounter and several bills have a line of that number: cannot judge",
    "a code too short to be one: cannot judge",
    "the institution or the person is unknown: cannot judge",
]
exclusions_zh = [
    "同一参保人同日在同一机构：重复扫描或上传",
    "该笔或该盒已退回，后再次销售",
    "拆零销售（拆零标志），且各次合计未超过最小包装数量",
    "两次均在同一机构且各不足一盒：拆零销售",
    "两次均在同一机构住院期间：同一盒分剂量使用",
    "未上传拆零标志：同一机构内无法判定；不同机构之间，仅当逐盒对应追溯码时列为可疑",
    "拆零销售而最小包装数量未知：无法判定",
    "该明细部分退货，退回哪一盒未知：无法判定",
    "追溯码未关联就诊ID，且多张账单有相同流水号：无法判定",
    "编码过短，不构成追溯码：无法判定",
    "机构或参保人未知：无法判定",
]
limits      = "Implicates who sold the pack again; that the first sale was sound is not known either, so look at both purchase invoices. A code of the carton scanned instead of the pack's repeats too, then many times within days at one place. Self-paid sales are not delivered. The amount is that of the repeated packs, at the line's price a unit."
limits_zh   = "指向再次销售该盒药的机构；首次销售是否正常同样未知，应核对双方购进票据。扫描箱码代替盒码也会重复，此时同一机构数日内多次出现。自费销售未提供。金额为重复盒数按明细单价计算。"
version     = "2"
sentence    = "{item_name}: {repeated_packs} pack(s) of this sale had been settled before, code {trace_code} on {first_on} at {first_institution_id}, {gap_days} days earlier ({amount} yuan)"
sentence_zh = "“{item_name}”本次结算的 {repeated_packs} 盒药品追溯码此前已结算，如 {trace_code} 于 {first_on} 在{first_institution_id}结算（相隔 {gap_days} 天），涉及 {amount} 元"

[params.code_length]
value   = 20
unit    = "digits"
meaning = "a trace code has at least so many"
*/
with sold as (
    select *, row_number() over (partition by trace_code order by charged_at, settlement_id, line_id) as place,
        max(case when is_split then 1 else 0 end) over (
            partition by trace_code order by charged_at, settlement_id, line_id
            rows between unbounded preceding and current row
        ) = 1 as is_in_parts,
        sum(quantity) over (
            partition by trace_code order by charged_at, settlement_id, line_id
            rows between unbounded preceding and current row
        ) as sold_units,
        sum(case when quantity is null or pack_content is null then 1 else 0 end) over (
            partition by trace_code order by charged_at, settlement_id, line_id
            rows between unbounded preceding and current row
        ) = 0 as is_counted
    from feature.pack_scan
    where is_placed and length(trace_code) >= $code_length
),

-- One row: a pack of a sale that had been settled before, beside its first sale.
again as (
    select s.settlement_id, s.line_id, s.trace_code, s.quantity, s.codes, s.line_quantity, s.pack_content,
        s.sold_units, s.is_in_parts, s.is_counted, f.charged_on as first_on, f.institution_id as first_institution_id,
        s.institution_id = f.institution_id as is_same_place,
        s.person_id = f.person_id and s.charged_on = f.charged_on as is_same_sale,
        s.care_setting = 'inpatient' and f.care_setting = 'inpatient' as is_ward,
        s.line_quantity < 1 and f.line_quantity < 1 as is_fraction,
        s.is_line_reduced or f.is_line_reduced as is_reduced,
        coalesce(not s.is_split and not f.is_split, false) as is_flagged_whole,
        coalesce(s.is_whole and f.is_whole, false) as is_whole
    from sold as s
    join sold as f on f.trace_code = s.trace_code and f.place = 1
    where s.place > 1 and s.settlement_id <> f.settlement_id
        and not coalesce(
            s.institution_id = f.institution_id and (
                (s.person_id = f.person_id and s.charged_on = f.charged_on)
                or (s.care_setting = 'inpatient' and f.care_setting = 'inpatient')
            ), false
        )
),

told as (
    select *,
        case
            when is_in_parts and is_counted and sold_units <= pack_content then 'clear'
            when is_same_place and is_fraction and not is_in_parts then 'clear'
            when is_same_place is null or (is_same_place and is_same_sale is null) then 'cannot_judge'
            when is_in_parts and is_counted then 'hit'
            when is_in_parts or is_reduced then 'cannot_judge'
            when is_flagged_whole or (not is_same_place and is_whole) then 'hit'
            else 'cannot_judge'
        end as outcome,
        case
            when is_same_place is null or (is_same_place and is_same_sale is null)
                then 'the institution or the person is unknown'
            when is_in_parts then 'the pack was sold in parts and what it holds is unknown'
            when is_reduced then 'part of the line was taken back, of which pack is unknown'
            else 'whether the pack was sold in parts is unknown'
        end as reason,
        -- The share of the line that this pack's excess is.
        case
            when is_in_parts then cast(least(quantity, sold_units - pack_content) as double)
                / nullif(cast(quantity as double), 0) / greatest(cast(codes as double), 1.0)
            else 1.0 / greatest(cast(line_quantity as double), cast(codes as double), 1.0)
        end as share
    from again
),

repeated as (
    select settlement_id, line_id, count(*) as repeated_packs, sum(share) as share, min(trace_code) as trace_code,
        min(first_on) as first_on, min(first_institution_id) as first_institution_id,
        max(case when is_flagged_whole or is_in_parts then 1 else 0 end) as is_proved
    from told
    where outcome = 'hit'
    group by settlement_id, line_id
),

perhaps as (
    select settlement_id, line_id, min(reason) as reason
    from told
    where outcome = 'cannot_judge'
    group by settlement_id, line_id
),

line as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, eligible_amount,
        sum(case when length(trace_code) >= $code_length then 1 else 0 end) as sound_codes,
        max(case when is_placed then 0 else 1 end) as is_unplaced
    from feature.pack_scan
    group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, eligible_amount
)

select
    case
        when r.line_id is not null then 'hit'
        when p.line_id is not null or l.sound_codes = 0 or l.is_unplaced = 1 then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when p.line_id is not null then p.reason
        when l.sound_codes = 0 then 'not a trace code'
        else 'several bills have a line of the number that the trace code names'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    cast(cast(l.eligible_amount as double) * least(1.0, r.share) as decimal(16, 2)) as amount,
    -- Without the flag for packs sold in parts the record does not prove a second sale of the whole.
    case when r.is_proved = 0 then 'suspected' end as certainty,
    l.item_name,
    r.repeated_packs,
    r.trace_code,
    r.first_on,
    r.first_institution_id,
    date_diff('day', r.first_on, l.charged_on) as gap_days
from line as l
left join repeated as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
left join perhaps as p on p.settlement_id = l.settlement_id and p.line_id = l.line_id
