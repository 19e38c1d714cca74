/*
title       = "Negotiated drug paid through hospital and drugstore for the same days"
title_zh    = "双通道药品院内、药店重复结算"
violation   = "negotiated_drug_twice"
family      = "double_settlement"
fetch       = ["electronic_prescription", "store"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
window      = "person, drug and day"
law         = ["regulation-17", "regulation-41-1-2"]
basis       = ["国家医保谈判药品“双通道”管理：同一用药在医院、药店两个渠道之一结算"]
needs       = ["record.fee_line.is_negotiated_drug"]
exclusions  = [
    "both together last no longer than {most_days:day}: the hospital was short of it",
    "first and last day of the stay: taken on the ward, then collected to go home",
    "the funds paid in one of the two only, or a relative's account",
    "taken back by a refund",
    "whether it is a negotiated drug is unknown: cannot judge",
    "the days of supply of what was collected on a visit are unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "两处合计用量不超过 {most_days} 天：院内缺药分次取药",
    "住院首日和末日：病区用药后取药带回",
    "仅一处由基金支付，或由家庭共济账户支付",
    "已退费冲回",
    "是否谈判药品未知：无法判定",
    "门诊取药的供药天数未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Infusions bought at the drugstore and given on the ward are booked by some hospitals at the drug's price and not as a mere procedure: compare the ward's medication record. Only the same registered code counts as the same drug."
limits_zh   = "药店购得、病区输注的药品，个别医院仍按药品价格记账，应核对病区用药记录。仅同一目录编码视为同一药品。"
status      = "trial"
version     = "1"
sentence    = "{item_name} was paid at drugstore {institution_id} on {occurred_on} ({amount} yuan) and at hospital {hospital_id} {when_there}"
sentence_zh = "{occurred_on} “{item_name}”在药店{institution_id}结算 {amount} 元，{when_there_zh}又在{hospital_id}结算"

[params.most_days]
value   = 31
unit    = "days"
meaning = "supply of both together that one course explains"
*/
with line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.is_pharmacy, l.charged_on,
        l.item_code, coalesce(l.item_name, l.item_code) as item_name, l.supply_days, l.eligible_amount,
        l.care_setting, r.is_negotiated_drug
    from feature.fee_line as l
    join record.fee_line as r on r.encounter_id = l.encounter_id and r.line_id = l.line_id
    where l.catalogue_type = '101' and l.eligible_amount > 0 and l.fund_amount > 0 and l.item_code is not null
        and not coalesce(l.is_family_money, false) and coalesce(r.is_negotiated_drug, true)
),

sold as (
    select * from line where is_pharmacy or (is_pharmacy is null and care_setting = 'drugstore')
),

-- What a hospital charged of the same drug: on the day of a visit, or anywhere in a stay around the day.
pair as (
    select s.settlement_id, s.line_id, h.institution_id as hospital_id, h.encounter_id as hospital_encounter_id,
        h.charged_on as hospital_on, e.started_on as stay_from, e.ended_on as stay_to,
        e.is_inpatient and s.charged_on > e.started_on and s.charged_on < e.ended_on as is_in_stay,
        s.supply_days + h.supply_days as both_days, s.supply_days is null or h.supply_days is null as is_days_unknown,
        coalesce(s.is_negotiated_drug, h.is_negotiated_drug) is null as is_flag_unknown,
        row_number() over (
            partition by s.settlement_id, s.line_id
            order by
                case when e.is_inpatient then 0 else 1 end,
                case when s.supply_days + h.supply_days > $most_days then 0 else 1 end, h.charged_on, h.line_id
        ) as place
    from sold as s
    join line as h on h.person_id = s.person_id and h.item_code = s.item_code
    join feature.encounter as e on e.encounter_id = h.encounter_id
    where not coalesce(h.is_pharmacy, true)
        and (
            (e.is_inpatient and s.charged_on > e.started_on and s.charged_on < e.ended_on)
            or (not e.is_inpatient and h.charged_on = s.charged_on)
        )
)

select
    case
        when p.line_id is null then 'clear'
        when s.is_pharmacy is null or p.is_flag_unknown then 'cannot_judge'
        when p.is_in_stay then 'hit'
        when p.is_days_unknown then 'cannot_judge'
        when p.both_days > $most_days then 'hit'
        else 'clear'
    end as outcome,
    case
        when s.is_pharmacy is null then 'the institution is unknown, and with it whether it is a drugstore'
        when p.is_flag_unknown then 'whether it is a negotiated drug is unknown'
        else 'the days of supply are unknown'
    end as reason,
    s.settlement_id,
    s.line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.charged_on as occurred_on,
    s.eligible_amount as amount,
    s.item_name,
    p.hospital_id,
    case
        when p.is_in_stay then 'in the stay from ' || cast(p.stay_from as varchar) || ' to ' || cast(p.stay_to as varchar)
        else 'on the same day'
    end as when_there,
    case
        when p.is_in_stay then cast(p.stay_from as varchar) || ' 至 ' || cast(p.stay_to as varchar) || ' 住院期间'
        else '同日'
    end as when_there_zh
from sold as s
left join pair as p on p.settlement_id = s.settlement_id and p.line_id = s.line_id and p.place = 1
