/*
title       = "Herb that is not paid, or not paid alone"
title_zh    = "中药饮片单复方、单方均不予支付"
official    = [3, 4]
violation   = "herb_not_paid"
family      = "medication"
fetch       = ["herbs"]
problem     = ["pharmacy-10"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
window      = "prescription"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = [
    "国家医保药品目录：不得纳入基金支付范围的中药饮片、单方不予支付的中药饮片",
    "智能监管规则库（2025年版）3 中药饮片单复方均不予支付、4 中药饮片单方使用不予支付",
]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "a herb that is not paid alone, in a prescription with a herb that is paid",
    "an institution whose order numbers are those of lines or of visits: the herbs of one visit and day count as one prescription",
    "a drugstore purchase paid without the funds or from a relative's account",
    "the prescription number of a herb not paid alone is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "单方不予支付的饮片，与可支付饮片同方",
    "机构的处方/医嘱号为逐条编号或整次就诊共用：同一就诊同日的饮片视为一方",
    "未使用基金或由家庭共济账户支付的药店购药",
    "单方不予支付饮片的处方号未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "A prescription split over two numbers leaves listed herbs alone (then only suspected, as where paid herbs for the person were posted here within a week); one number for several prescriptions hides them. Herbs the person paid in full are not in the fee lines' eligible amount and count as missing from the prescription only when they were not posted at all."
limits_zh   = "一张处方拆为两个处方号，会使目录内饮片成为单方（此时仅列可疑；同一机构前后一周内为该参保人另有可支付饮片的，同样仅列可疑）；多张处方共用一个处方号则会掩盖。全自费的饮片不计入明细的符合政策范围金额，仅在完全未记账时视为处方中没有。"
version     = "3"
sentence    = "{item_name} is not paid {kind}; {amount} yuan were charged to the insurance on {occurred_on}"
sentence_zh = "{occurred_on} “{item_name}”属{kind_zh}的中药饮片，仍纳入结算 {amount} 元"
*/
with herb as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.order_number, l.item_name, l.eligible_amount, k.kind, k.point_id, s.is_family_purchase,
        coalesce(u.is_by_line, true) or coalesce(u.is_by_visit, false) as is_number_no_prescription,
        coalesce(l.encounter_id, l.settlement_id) as visit_id
    from feature.fee_line as l
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.order_number_use as u
        on u.institution_id = l.institution_id and u.is_herb
        and u.is_inpatient = coalesce(l.care_setting = 'inpatient', false)
    left join knowledge.herb_unpaid as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.catalogue_type = '102' or l.fee_category = '10'
),

placed as (
    select *,
        sum(case when kind is null then 1 else 0 end) over (partition by settlement_id, order_number) as paid_on_number,
        sum(case when kind is null then 1 else 0 end) over (partition by visit_id, charged_on) as paid_on_day,
        sum(case when kind is null then 1 else 0 end) over (partition by visit_id) as paid_in_visit
    from herb
),

-- A herb that was out of stock is posted when it has come, a decoction is completed or cut down to one herb on the next
-- visit: with paid herbs posted here for the person within a week, the number alone does not say what was one prescription.
completed as (
    select distinct a.settlement_id, a.line_id
    from herb as a
    join herb as b on b.person_id = a.person_id and b.institution_id = a.institution_id
    where a.kind = 'alone' and b.kind is null and b.visit_id <> a.visit_id
        and abs(date_diff('day', a.charged_on, b.charged_on)) <= 7
),

-- Alone means: no herb that is paid under the number, nor, where the number is a line's or the visit's, on the day.
weighed as (
    select p.*,
        case when p.is_number_no_prescription then p.paid_on_day else least(p.paid_on_number, p.paid_on_day) end = 0
            as is_alone,
        p.kind <> 'always' and c.line_id is not null as is_completed
    from placed as p
    left join completed as c on c.settlement_id = p.settlement_id and c.line_id = p.line_id
    where p.kind is not null and p.eligible_amount > 0
)

select
    case
        when is_family_purchase then 'clear'
        when kind = 'always' and is_family_purchase is null then 'cannot_judge'
        when kind = 'always' then 'hit'
        when order_number is null then 'cannot_judge'
        when is_alone and is_family_purchase is null then 'cannot_judge'
        when is_alone then 'hit'
        else 'clear'
    end as outcome,
    case
        when kind <> 'always' and order_number is null then 'the prescription number is unknown'
        when is_family_purchase is null then 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    -- With a paid herb anywhere in the visit the prescription may be one that was posted apart.
    case when kind <> 'always' and paid_in_visit > 0 or is_completed then 'suspected' end as certainty,
    case when is_completed
        then 'a herb that was out of stock, posted later than the prescription it belongs to'
        end as innocent,
    case when is_completed then '处方中缺药的饮片，到货后补记' end as innocent_zh,
    item_name,
    case kind when 'always' then 'in any prescription' else 'alone or among others of the kind' end as kind,
    case kind when 'always' then '单复方均不予支付' else '单方及全部由此类饮片组成的处方不予支付' end as kind_zh,
    point_id
from weighed
