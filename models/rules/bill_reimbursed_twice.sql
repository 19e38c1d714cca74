/*
title       = "Reimbursed by hand after it was settled already"
title_zh    = "已联网结算又手工报销（重复报销）"
violation   = "bill_reimbursed_twice"
family      = "eligibility"
fetch       = ["manual_claim"]
subjects    = ["person"]
certainty   = "definite"
stage       = "audit"
window      = "two settlements"
law         = ["regulation-17", "regulation-41-1-2", "rules-29"]
basis       = ["筛查模型 A06 重复报销"]
needs       = ["record.settlement.settlement_type", "record.settlement.started_on", "record.settlement.total_amount"]
exclusions  = [
    "the earlier settlement was refunded before",
    "interim settlements and other parts of one stay: other days or another total",
    "settlements of medical aid alone",
    "totals below {min_amount} yuan that only look alike",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "前一次结算此前已退费",
    "中途结算及同一次住院的其他分段结算：日期或总额不同",
    "仅医疗救助的结算",
    "总额低于 {min_amount} 元且仅为看似相同",
    "机构未知：无法判定",
]
limits      = "Two bills of one day and one total are rarely two treatments; the same invoice number never is. Office clerks sometimes correct a settlement and forget the refund: the money is then still out. Whether it was the person or somebody with his papers is not known."
limits_zh   = "同一日期、同一总额的两张账单很少是两次治疗，发票号相同则必为同一费用。经办人员更正结算时可能漏做退费，此时款项仍未退回。是参保人本人还是他人持其材料报销，数据无法反映。"
version     = "1"
sentence    = "Care from {started_on} to {ended_on}, total {total_amount} yuan, was settled on {previous_settled_on} and reimbursed by hand again on {occurred_on}; {amount} yuan were counted twice"
sentence_zh = "{started_on} 至 {ended_on} 就医（总额 {total_amount} 元）已于 {previous_settled_on} 结算，{occurred_on} 又以手工报销结算，重复涉及 {amount} 元"

[params.min_amount]
value   = 100
unit    = "yuan"
meaning = "total from which equal days and totals count as the same bill; the same invoice number always does"
*/
with bill as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.ended_on, s.settled_at,
        s.settled_on, s.total_amount, s.eligible_amount, r.invoice_number,
        coalesce(r.settlement_type, '2') = '1' or coalesce(r.manual_reimbursement_reason, '') <> '' as is_manual
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
),

alike as (
    select m.settlement_id, o.settlement_id as previous_settlement_id, o.settled_on as previous_settled_on,
        coalesce(o.institution_id = m.institution_id, false) as is_there
    from bill as m
    join bill as o
        on o.person_id = m.person_id and o.started_on = m.started_on and o.ended_on = m.ended_on
        and o.total_amount = m.total_amount and coalesce(o.institution_id = m.institution_id, true)
    where m.is_manual and o.settlement_id <> m.settlement_id and m.total_amount >= $min_amount
        and (o.settled_at < m.settled_at or (o.settled_at = m.settled_at and o.settlement_id < m.settlement_id))
    union
    select m.settlement_id, o.settlement_id as previous_settlement_id, o.settled_on as previous_settled_on,
        coalesce(o.institution_id = m.institution_id, false) as is_there
    from bill as m
    join bill as o
        on o.invoice_number = m.invoice_number and coalesce(o.institution_id = m.institution_id, true)
    where m.is_manual and o.settlement_id <> m.settlement_id and o.total_amount = m.total_amount
        and (o.settled_at < m.settled_at or (o.settled_at = m.settled_at and o.settlement_id < m.settlement_id))
),

first_alike as (
    select *, row_number() over (
        partition by settlement_id
        order by case when is_there then 0 else 1 end, previous_settled_on, previous_settlement_id
    ) as place
    from alike
)

select
    case
        when a.is_there then 'hit'
        when a.settlement_id is not null then 'cannot_judge'
        when b.total_amount is null or b.person_id is null or b.started_on is null or b.ended_on is null
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when a.settlement_id is not null then 'the institution is unknown'
        when b.total_amount is null then 'the total of the bill is unknown'
        when b.person_id is null and b.invoice_number is null
            then 'neither the person nor an invoice number are known'
        when b.person_id is null then 'the person is unknown'
        when b.invoice_number is null then 'neither the days of care nor an invoice number are known'
        else 'the days of care are unknown'
    end as reason,
    b.settlement_id,
    cast(null as varchar) as line_id,
    b.encounter_id,
    b.person_id,
    b.institution_id,
    cast(null as varchar) as practitioner_id,
    b.settled_on as occurred_on,
    b.eligible_amount as amount,
    b.started_on,
    b.ended_on,
    b.total_amount,
    a.previous_settled_on,
    a.previous_settlement_id
from bill as b
left join first_alike as a on a.settlement_id = b.settlement_id and a.place = 1
where b.is_manual
