/*
title       = "In-patients sent to buy at a drugstore on moved prescriptions"
title_zh    = "住院期间凭流转处方到药店购药（转嫁费用）"
violation   = "cost_moved_out_of_stay"
family      = "stay"
fetch       = ["shifted_cost", "electronic_prescription"]
problem     = ["hospital-35"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient", "drugstore"]
window      = "stay, hospital's persons"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["筛查模型 E03 转嫁费用"]
needs       = ["record.fee_line.is_outside_prescription", "record.settlement.started_on"]
exclusions  = [
    "first and last day of the stay",
    "negotiated drugs by the second channel: approved to be bought outside",
    "chronic, two-disease and special-drug refills: prescribed before the stay, fetched by relatives",
    "bed-day payment and stays longer than {long_stay_days:day}",
    "hospitals with fewer than {min_persons} such persons",
    "purchases without fund money: the person's or the family's account",
    "purchases without a moved prescription: another rule",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日",
    "双通道谈判药品：允许外购",
    "门慢特、两病、特药续方：住院前开具，由家属代取",
    "按床日付费及超过 {long_stay_days} 天的住院",
    "此类参保人不足 {min_persons} 人的医院",
    "无基金支付的购药：个人账户或家庭共济",
    "无流转处方的购药：由其他规则判断",
    "机构未知：无法判定",
]
limits      = "The export does not say who wrote the prescription; it is ascribed to the hospital in whose bed the person lay. Most of its persons at one drugstore speak for an arrangement. Whether the hospital lacked the drug is to be asked. The finding names the stay and its settlement; the purchases are the drugstore's and are listed with it: their documents are to be fetched there."
limits_zh   = "导出数据不含处方开具者，归于参保人所住医院。该院多数参保人集中在一家药店提示双方可能有约定。医院是否缺药需核实。本条列出住院及其结算；购药为药店结算，随之列示，应到药店调取单据。"
version     = "3"
sentence    = "In hospital from {started_on} to {ended_on}, the person bought {purchases} times on moved prescriptions ({amount} yuan), first on {occurred_on} at {pharmacy_id} (settlement {purchase_settlement_id}); {persons} persons of this hospital did, most at {top_pharmacy}"
sentence_zh = "{started_on} 至 {ended_on} 住院期间凭流转处方到药店购药 {purchases} 次共 {amount} 元，首次 {occurred_on} 在药店{pharmacy_id}（结算 {purchase_settlement_id}）；该院同类 {persons} 人，主要在{top_pharmacy}"

[params.min_persons]
value   = 3
unit    = "persons"
meaning = "of one hospital from which it is a practice"

[params.long_stay_days]
value   = 30
unit    = "days"
meaning = "longer stays are left out"
*/
with moved as (
    select l.settlement_id,
        max(case when coalesce(l.is_negotiated_drug, false) then 0 else 1 end) as has_plain_drug
    from record.fee_line as l
    where l.is_outside_prescription
    group by l.settlement_id
),

purchase as (
    select s.settlement_id, s.person_id, s.institution_id as pharmacy_id, s.eligible_amount, m.has_plain_drug,
        coalesce(s.started_on, s.settled_on) as bought_on,
        s.medical_category in ('14', '140104', '140201', '15', '9901', '9904', '9929') as is_refill,
        s.is_pharmacy is null as is_place_unknown
    from feature.settlement as s
    join moved as m on m.settlement_id = s.settlement_id
    where coalesce(s.is_pharmacy, true) and not coalesce(s.is_family_money, false)
),

met as (
    select p.*, e.encounter_id, e.institution_id, e.started_on, e.ended_on,
        row_number() over (partition by p.settlement_id order by e.started_on, e.encounter_id) as place
    from purchase as p
    join feature.encounter as e
        on e.person_id = p.person_id and p.bought_on > e.started_on and p.bought_on < e.ended_on
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient and e.days <= $long_stay_days and not x.is_bed_day_paid
        and p.has_plain_drug = 1 and not coalesce(p.is_refill, false)
),

single as (
    select *
    from met
    where place = 1
),

hospital as (
    select institution_id, count(distinct person_id) as persons
    from single
    where not is_place_unknown
    group by institution_id
),

favourite as (
    select institution_id, pharmacy_id,
        row_number() over (partition by institution_id order by count(*) desc, pharmacy_id) as place
    from single
    group by institution_id, pharmacy_id
),

ordered as (
    select *,
        row_number() over (partition by encounter_id, is_place_unknown order by bought_on, settlement_id) as turn,
        count(*) over (partition by encounter_id, is_place_unknown) as purchases,
        sum(eligible_amount) over (partition by encounter_id, is_place_unknown) as bought_amount
    from single
),

-- The stay's own settlement, the last of several.
stay_bill as (
    select encounter_id, settlement_id,
        row_number() over (partition by encounter_id order by settled_at desc, settlement_id desc) as place
    from feature.settlement
    where encounter_id in (select encounter_id from single)
)

select
    case
        when o.encounter_id is not null and (o.institution_id is null or p.is_place_unknown) then 'cannot_judge'
        when h.persons >= $min_persons then 'hit'
        when p.has_plain_drug = 1 and not coalesce(p.is_refill, false) and (p.person_id is null or p.bought_on is null)
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when p.person_id is null or p.bought_on is null then 'the person or the day is unknown'
        else 'the institution is unknown' end as reason,
    b.settlement_id,
    cast(null as varchar) as line_id,
    o.encounter_id,
    p.person_id,
    o.institution_id,
    cast(null as varchar) as practitioner_id,
    o.bought_on as occurred_on,
    cast(o.bought_amount as decimal(16, 2)) as amount,
    o.started_on,
    o.ended_on,
    o.purchases,
    o.pharmacy_id,
    o.settlement_id as purchase_settlement_id,
    h.persons,
    f.pharmacy_id as top_pharmacy
from purchase as p
left join ordered as o on o.settlement_id = p.settlement_id
left join stay_bill as b on b.encounter_id = o.encounter_id and b.place = 1
left join hospital as h on h.institution_id = o.institution_id
left join favourite as f on f.institution_id = o.institution_id and f.place = 1
where coalesce(o.turn, 1) = 1
