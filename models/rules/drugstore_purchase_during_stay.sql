/*
title       = "Drugstore purchase on the card of a person in hospital"
title_zh    = "住院期间药店购药"
violation   = "purchase_during_stay"
family      = "presence"
fetch       = ["presence", "store"]
problem     = ["pharmacy-1"]
subjects    = ["pharmacy", "person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["drugstore"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-7", "regulation-40-1-1", "regulation-17", "regulation-41-1-1"]
basis       = ["筛查模型 A03 住院期间门诊、购药"]
needs       = ["record.settlement.started_on", "record.settlement.ended_on"]
exclusions  = [
    "first and last day of the stay",
    "dispensed on a prescription moved from a hospital",
    "purchases of no more than {min_amount} yuan: relatives fetch everyday medicines",
    "stays paid by the bed-day or longer than {long_stay_days:day}: the card lives with the family",
    "paid without the funds or from a relative's account: accounts are shared within the family",
    "what the funds paid is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日",
    "凭医院流转处方调配",
    "购药金额不超过 {min_amount} 元：家属代购日常用药",
    "按床日付费或住院超过 {long_stay_days} 天：医保凭证由家属保管",
    "未使用基金或由家庭共济账户支付：个人账户可供家庭成员使用",
    "基金支付金额未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "A relative may have fetched a lasting medicine that the ward does not give. Many persons of one hospital at one drugstore mean that the hospital sends them out to buy: look at the hospital in the detail. A stay that still lasts is not looked at."
limits_zh   = "也可能是家属代取病区未提供的长期用药。同一医院多名参保人在同一药店购药，说明医院可能安排外购，应关注明细中的医院。尚未出院的住院不作判断。"
version     = "3"
sentence    = "A purchase of {amount} yuan on {occurred_on} while the person was in hospital at {hospital_id} from {started_on} to {ended_on}"
sentence_zh = "参保人 {started_on} 至 {ended_on} 在{hospital_id}住院期间，{occurred_on} 于药店购药 {amount} 元"

[params.min_amount]
value   = 50
unit    = "yuan"
meaning = "purchases up to this eligible amount are not looked at"

[params.long_stay_days]
value   = 30
unit    = "days"
meaning = "longer stays (psychiatry, nursing) are left out"
*/
with purchase as (
    select settlement_id, encounter_id, person_id, institution_id, coalesce(started_on, settled_on) as bought_on,
        eligible_amount, is_pharmacy is null as is_place_unknown, coalesce(is_family_money, false) as is_family_money,
        is_family_money is null as is_money_unknown
    from feature.settlement
    where coalesce(is_pharmacy, true)
),

stay as (
    select e.encounter_id, e.person_id, e.institution_id, e.started_on, e.ended_on
    from feature.encounter as e
    join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
    where e.is_inpatient and e.ended_on is not null and e.days <= $long_stay_days and not x.is_bed_day_paid
),

met as (
    select p.settlement_id, s.encounter_id as stay_encounter_id, s.institution_id as hospital_id, s.started_on,
        s.ended_on,
        row_number() over (partition by p.settlement_id order by s.started_on, s.encounter_id) as place
    from purchase as p
    join stay as s
        on s.person_id = p.person_id and p.bought_on > s.started_on and p.bought_on < s.ended_on
    where p.eligible_amount > $min_amount
),

moved as (
    select distinct m.settlement_id
    from met as m
    join record.fee_line as l on l.settlement_id = m.settlement_id
    where l.is_outside_prescription
)

select
    case
        when p.is_family_money then 'clear'
        when m.settlement_id is not null and v.settlement_id is null
            then case when p.is_place_unknown or p.is_money_unknown then 'cannot_judge' else 'hit' end
        when p.eligible_amount > $min_amount and (p.person_id is null or p.bought_on is null) then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when p.person_id is null or p.bought_on is null then 'the person or the day is unknown'
        when not p.is_place_unknown then 'what the funds paid is unknown'
        else 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    p.settlement_id,
    cast(null as varchar) as line_id,
    p.encounter_id,
    p.person_id,
    p.institution_id,
    cast(null as varchar) as practitioner_id,
    p.bought_on as occurred_on,
    p.eligible_amount as amount,
    m.hospital_id,
    m.stay_encounter_id,
    m.started_on,
    m.ended_on
from purchase as p
left join met as m on m.settlement_id = p.settlement_id and m.place = 1
left join moved as v on v.settlement_id = p.settlement_id
