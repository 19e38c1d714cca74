/*
title       = "Care away from home of which the two sides keep different bills"
title_zh    = "异地就医两地结算信息不一致"
violation   = "out_of_area_sides_differ"
family      = "double_settlement"
fetch       = ["filing", "hospital_confirmation"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "settlement"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["《基本医疗保险跨省异地就医直接结算经办规程》：参保地与就医地对账；筛查模型 A11 异地就医异常"]
needs       = ["record.other_side_settlement.total_amount"]
exclusions  = [
    "totals that differ by no more than {tolerance} yuan",
    "taken back or void on either side",
    "a newborn's care under another's number",
    "a total is unknown on one side: cannot judge",
    "the other side's record does not hold the settlement: cannot judge",
]
exclusions_zh = [
    "总费用相差不超过 {tolerance} 元",
    "任何一侧已退费或作废",
    "以他人号码结算的新生儿",
    "一侧总费用未知：无法判定",
    "对方数据中没有该笔结算：无法判定",
]
limits      = "A bill corrected after the exchange looks the same: reconcile the two agencies' accounts first. Which side is right no record tells."
limits_zh   = "交换之后更正的账单也会呈现相同情形，应先由两地经办机构对账。哪一侧正确，数据无从判断。"
status      = "trial"
version     = "1"
sentence    = "Settlement {settlement_id}: {own_total} yuan here, {other_total} yuan in the other side's record ({amount} yuan of the eligible amount)"
sentence_zh = "结算 {settlement_id} 本侧总费用 {own_total} 元，对方记录为 {other_total} 元，涉及符合范围金额 {amount} 元"

[params.tolerance]
value   = 1
unit    = "yuan"
meaning = "by which the totals may differ"
*/
with other as (
    select settlement_id, max(total_amount) as total_amount,
        max(case when not coalesce(is_valid, true) then 1 else 0 end) as is_void
    from record.other_side_settlement
    group by settlement_id
),

away as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, coalesce(s.settled_on, s.started_on) as on_day,
        s.eligible_amount, s.total_amount, s.refunded_amount, coalesce(s.is_newborn, false) as is_newborn,
        o.settlement_id is null as is_missing, o.total_amount as other_total, coalesce(o.is_void, 0) = 1 as is_void
    from feature.settlement as s
    left join other as o on o.settlement_id = s.settlement_id
    where o.settlement_id is not null
        or substr(s.insured_division, 1, 4) <> substr(s.institution_division, 1, 4)
)

select
    case
        when is_missing then 'cannot_judge'
        when is_newborn or is_void or coalesce(refunded_amount, 0) <> 0 then 'clear'
        when total_amount is null or other_total is null then 'cannot_judge'
        when abs(total_amount - other_total) > $tolerance then 'hit'
        else 'clear'
    end as outcome,
    case
        when is_missing then 'the other side''s record does not hold the settlement'
        else 'the total is unknown on one side'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    on_day as occurred_on,
    cast(least(eligible_amount, greatest(total_amount - other_total, 0)) as decimal(16, 2)) as amount,
    total_amount as own_total,
    other_total
from away
