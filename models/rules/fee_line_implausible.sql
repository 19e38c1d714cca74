/*
title       = "Fee line or its sum does not add up"
title_zh    = "结算明细信息异常"
official    = [36]
violation   = "implausible_detail"
family      = "data_quality"
judges      = ["numbers"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "audit"
window      = "line and settlement"
law         = ["regulation-16", "regulation-39-1-3", "regulation-39-1-4", "rules-9"]
basis       = ["智能监管规则库（2025年版）36 结算明细信息异常"]
needs       = ["record.fee_line.amount"]
exclusions  = [
    "a difference within {tolerance_yuan} yuan or {tolerance_share:%}: rounding of the unit price",
    "void lines and lines without a settlement",
    "the settlement has no fee lines at all: cannot judge the sum",
]
exclusions_zh = [
    "差额在 {tolerance_yuan} 元或 {tolerance_share:%} 以内：单价舍入",
    "作废明细及无对应结算的明细",
    "该次结算无任何费用明细：合计无法判定",
]
limits      = "On trial, for rows lost, joined or rounded on the way out of a system look the same: the data clerk's checks come first; where the platform itself is read it may go live. Says that the record contradicts itself, not who gained: exports that lost rows and discounts posted as an amount look the same. Two faults of one line are named together."
limits_zh   = "试运行原因：导出过程丢行、合并、舍入也会呈现相同情形，应先由数据人员核对；直接读取平台数据的可正式启用。仅说明数据自相矛盾，不说明何方获益；导出数据缺行、折扣以金额记入也会呈现相同情形。同一明细有两处异常的，一并列出。"
status      = "trial"
version     = "2"
sentence    = "{place} of {occurred_on} does not add up: {fault} (stated {stated} yuan, computed {computed} yuan)"
sentence_zh = "{occurred_on} {place_zh}信息异常：{fault_zh}（申报 {stated} 元，计算 {computed} 元）"

[params.tolerance_yuan]
value   = 0.05
unit    = "yuan"
meaning = "difference of a line that is let pass"

[params.tolerance_share]
value   = 0.01
unit    = "share"
meaning = "difference of a line that is let pass, of its amount"

[params.tolerance_sum]
value   = 0.5
unit    = "yuan"
meaning = "difference between a settlement and the sum of its lines that is let pass"
*/
with standing as (
    select settlement_id, encounter_id, person_id, institution_id, cast(settled_at as date) as settled_on,
        total_amount
    from record.settlement
    where coalesce(is_valid, true) and not coalesce(is_refund, false) and coalesce(settlement_type, '2') <> '3'
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, coalesce(l.person_id, s.person_id) as person_id,
        coalesce(l.institution_id, s.institution_id) as institution_id,
        coalesce(cast(l.charged_at as date), s.settled_on) as charged_on,
        cast(l.amount as double) as amount, cast(l.quantity as double) * cast(l.unit_price as double) as product,
        cast(coalesce(l.self_paid_amount, 0) + coalesce(l.over_limit_amount, 0) + coalesce(l.first_paid_amount, 0)
            + l.eligible_amount as double) as parts,
        l.charged_at, l.item_code, l.quantity, l.unit_price, l.eligible_amount
    from record.fee_line as l
    join standing as s on s.settlement_id = l.settlement_id
    where coalesce(l.is_valid, true)
),

line_fault as (
    select *,
        amount is null or quantity is null or unit_price is null or item_code is null or charged_at is null
            as is_lacking,
        coalesce(abs(amount - product) > greatest($tolerance_yuan, $tolerance_share * abs(amount)), false)
            as is_off_product,
        coalesce(abs(amount - parts) > greatest($tolerance_yuan, $tolerance_share * abs(amount)), false)
            as is_off_parts
    from line
),

summed as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on,
        cast(s.total_amount as double) as total_amount, count(l.line_id) as lines, sum(l.amount) as line_amount
    from standing as s
    left join line as l on l.settlement_id = s.settlement_id
    group by s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.total_amount
),

judged as (
    select
        case when is_lacking or is_off_product or is_off_parts then 'hit' else 'clear' end as outcome,
        cast(null as varchar) as reason, settlement_id, line_id, encounter_id, person_id, institution_id, charged_on,
        'the line' as place, '费用明细' as place_zh,
        case when is_lacking then 'a required field is empty' when is_off_product then 'amount is not quantity x price'
            else 'amount is not the sum of its parts' end as fault,
        case when is_lacking then '必填项缺失' when is_off_product then '金额与数量乘单价不符'
            else '金额与各分项之和不符' end as fault_zh,
        amount as stated, case when is_off_product or is_lacking then product else parts end as computed
    from line_fault
    union all
    select
        case when lines = 0 or total_amount is null then 'cannot_judge'
            when abs(total_amount - line_amount) > $tolerance_sum then 'hit' else 'clear' end as outcome,
        case when lines = 0 then 'the settlement has no fee lines'
            when total_amount is null then 'the total of the settlement is unknown' end as reason,
        settlement_id, cast(null as varchar) as line_id, encounter_id, person_id, institution_id, settled_on,
        'the settlement' as place, '结算' as place_zh,
        'the total is not the sum of its lines' as fault, '医疗费总额与明细合计不符' as fault_zh,
        total_amount as stated, line_amount as computed
    from summed
)

select outcome, reason, settlement_id, line_id, encounter_id, person_id, institution_id,
    cast(null as varchar) as practitioner_id, charged_on as occurred_on, cast(0 as decimal(16, 2)) as amount,
    place, place_zh, fault, fault_zh, cast(stated as decimal(28, 2)) as stated,
    cast(computed as decimal(28, 2)) as computed
from judged
