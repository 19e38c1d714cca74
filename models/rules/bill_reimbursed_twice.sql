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
needs       = [
    "record.settlement.settlement_type", "record.settlement.started_on", "record.settlement.total_amount",
    "record.settlement.fund_amount",
]
exclusions  = [
    "the earlier settlement was refunded before",
    "interim settlements and other parts of one stay: other days or another total",
    "settlements of medical aid alone",
    "the first was paid without the funds: in cash or from the account, the bill is handed in for the first time",
    "the second is of another kind of insurance (civil servants' 320, large sums 330, enterprise 370): a top-up",
    "the second paid from funds only that paid nothing the first time (catastrophic, large sums, medical aid)",
    "its reason says that it is a top-up or makes up a difference",
    "the insurance is unknown: cannot judge",
    "totals below {min_amount} yuan that only look alike",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "前一次结算此前已退费",
    "中途结算及同一次住院的其他分段结算：日期或总额不同",
    "仅医疗救助的结算",
    "首次未使用基金（现金或个人账户）：票据系首次报销",
    "第二次属其他险种（公务员补助 320、大额补助 330、企业补充 370）：二次补助",
    "第二次仅由首次未支付的基金支付（大病、大额、医疗救助）：二次补助",
    "零星报销原因写明为二次补助或补差",
    "险种未知：无法判定",
    "总额低于 {min_amount} 元且仅为看似相同",
    "机构未知：无法判定",
]
limits      = "Only where both payments together exceed the bill is it certain that the same money went out twice; below that the second may make up the difference to a higher rate (a filing entered later): such a row is suspected, and so is one whose invoice number differs. Two bills of one day and one total are rarely two treatments; the same invoice number never is. Office clerks sometimes correct a settlement and forget the refund: the money is then still out. Whether it was the person or somebody with his papers is not known."
limits_zh   = "两次支付合计超过该费用的，才能确定重复支付；未超过的，第二次可能为补差（如补办备案后按较高比例补报），仅列为可疑；两张票据号不同的亦仅列为可疑。同一日期、同一总额的两张账单很少是两次治疗，发票号相同则必为同一费用。经办人员更正结算时可能漏做退费，此时款项仍未退回。是参保人本人还是他人持其材料报销，数据无法反映。"
version     = "3"
sentence    = "Care from {started_on} to {ended_on}, total {total_amount} yuan, was settled on {previous_settled_on} ({previous_fund} yuan of fund money) and reimbursed by hand again on {occurred_on}; {amount} yuan were paid a second time"
sentence_zh = "{started_on} 至 {ended_on} 就医（总额 {total_amount} 元）已于 {previous_settled_on} 结算（基金支付 {previous_fund} 元），{occurred_on} 又手工报销，再次支付 {amount} 元"

[params.min_amount]
value   = 100
unit    = "yuan"
meaning = "total from which equal days and totals count as the same bill; the same invoice number always does"
*/
with bill as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.ended_on, s.settled_at,
        s.settled_on, s.total_amount, s.eligible_amount, s.fund_amount, s.insurance_type, r.invoice_number,
        coalesce(r.settlement_type, '2') = '1' or coalesce(r.manual_reimbursement_reason, '') <> '' as is_manual,
        regexp_matches(coalesce(r.manual_reimbursement_reason, ''), '二次|补差|差额|补报|大病|救助|补助|补充')
            as is_said_top_up,
        r.pooled_fund_amount, coalesce(r.civil_servant_fund_amount, 0) as civil_servant_fund_amount,
        coalesce(r.supplement_fund_amount, 0) as supplement_fund_amount,
        coalesce(r.catastrophic_fund_amount, 0) as catastrophic_fund_amount,
        coalesce(r.large_sum_fund_amount, 0) as large_sum_fund_amount,
        coalesce(r.assistance_fund_amount, 0) as assistance_fund_amount,
        coalesce(r.other_fund_amount, 0) as other_fund_amount
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
    select a.*, o.insurance_type as previous_insurance_type, o.fund_amount as previous_fund,
        o.invoice_number as previous_invoice_number,
        row_number() over (
            partition by a.settlement_id
            order by case when a.is_there then 0 else 1 end, case when o.fund_amount > 0 then 0 else 1 end,
                a.previous_settled_on, a.previous_settlement_id
        ) as place,
        o.pooled_fund_amount, o.civil_servant_fund_amount, o.supplement_fund_amount, o.catastrophic_fund_amount,
        o.large_sum_fund_amount, o.assistance_fund_amount, o.other_fund_amount
    from alike as a
    join bill as o on o.settlement_id = a.previous_settlement_id
),

-- What each fund paid a second time; where the export does not part the funds, all that was paid.
paid as (
    select b.*, a.is_there, a.settlement_id is not null as is_alike, a.previous_settled_on, a.previous_settlement_id,
        a.previous_fund, a.previous_insurance_type,
        coalesce(a.previous_invoice_number <> b.invoice_number, false) as is_other_invoice,
        b.insurance_type in ('320', '330', '340', '350', '360', '370', '399')
            or a.previous_insurance_type in ('320', '330', '340', '350', '360', '370', '399') as is_top_up,
        case
            when b.pooled_fund_amount is null or a.pooled_fund_amount is null then b.fund_amount
            else least(b.fund_amount, case when a.pooled_fund_amount > 0 then b.pooled_fund_amount else 0 end
                + case when a.civil_servant_fund_amount > 0 then b.civil_servant_fund_amount else 0 end
                + case when a.supplement_fund_amount > 0 then b.supplement_fund_amount else 0 end
                + case when a.catastrophic_fund_amount > 0 then b.catastrophic_fund_amount else 0 end
                + case when a.large_sum_fund_amount > 0 then b.large_sum_fund_amount else 0 end
                + case when a.assistance_fund_amount > 0 then b.assistance_fund_amount else 0 end
                + case when a.other_fund_amount > 0 then b.other_fund_amount else 0 end)
        end as paid_again
    from bill as b
    left join first_alike as a on a.settlement_id = b.settlement_id and a.place = 1
    where b.is_manual
)

select
    case
        when is_alike and (previous_fund <= 0 or paid_again <= 0 or is_said_top_up
            or (is_top_up and coalesce(insurance_type <> previous_insurance_type, true))) then 'clear'
        when is_alike and (insurance_type is null or previous_insurance_type is null) then 'cannot_judge'
        when is_there then 'hit'
        when is_alike then 'cannot_judge'
        when total_amount is null or person_id is null or started_on is null or ended_on is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when is_alike and (insurance_type is null or previous_insurance_type is null) then 'the insurance is unknown'
        when is_alike then 'the institution is unknown'
        when total_amount is null then 'the total of the bill is unknown'
        when person_id is null and invoice_number is null then 'neither the person nor an invoice number are known'
        when person_id is null then 'the person is unknown'
        when invoice_number is null then 'neither the days of care nor an invoice number are known'
        else 'the days of care are unknown'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    settled_on as occurred_on,
    cast(paid_again as decimal(16, 2)) as amount,
    cast(paid_again as decimal(16, 2)) as fund_at_issue,
    case when previous_fund + fund_amount <= eligible_amount or insurance_type <> previous_insurance_type
        or is_other_invoice then 'suspected' end as certainty,
    case when is_other_invoice then 'two bills of one day and one total: twins under one number, a treatment given twice' end
        as innocent,
    case when is_other_invoice then '票据号不同，可能为同日同额的两次费用（双胎共用一个编号、同日两次治疗）' end as innocent_zh,
    started_on,
    ended_on,
    total_amount,
    previous_settled_on,
    previous_fund,
    previous_settlement_id
from paid
