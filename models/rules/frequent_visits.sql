/*
title       = "Out-patient visits on more days of a month than care needs"
title_zh    = "频繁门诊"
official    = [50]
violation   = "frequent_visits"
family      = "frequency"
subjects    = ["person"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["outpatient", "emergency"]
window      = "person and calendar month, across institutions"
basis       = [
    "《医疗保障基金使用监督管理条例》第四十一条：将医疗保障凭证交由他人冒名使用、重复享受待遇",
    "智能监管规则库（2025年版）50 频繁门诊；筛查模型 C01",
]
needs       = ["record.settlement.settled_at"]
exclusions  = [
    "several settlements on one day count as one visit",
    "courses of treatment: days with neither a drug nor an examination (rehabilitation, acupuncture, dressings)",
    "visits paid without the funds or from a relative's account are not counted",
    "dialysis, tumour and other registered chronic care (setting chronic), and courses told by diagnosis or item",
    "pregnancy check-ups (setting maternity)",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "同日多笔结算计为一次就诊",
    "分疗程治疗：当日既无药品也无检查（康复、针灸、换药）",
    "未使用基金或由家庭共济账户支付的就诊不计",
    "透析、肿瘤及其他登记的门慢特就医，以及按诊断或收费项目识别的疗程",
    "产前检查（生育就医）",
    "机构未知：无法判定",
]
limits      = "Infusions given daily with the drug charged each day, and a new disease under work-up, look alike. Who sat in the surgery is not known; the person stands for the card."
limits_zh   = "每日输液且药品逐日计费、新发疾病的检查阶段也会呈现相同情形。实际就诊者无法确定，此处以参保人代指其医保凭证。"
version     = "2"
sentence    = "{visit_days} visit days at {institutions} institutions in the month of {occurred_on}; this settlement {amount} yuan"
sentence_zh = "{occurred_on} 所在月门诊 {visit_days} 天、{institutions} 家机构，本次 {amount} 元"

[params.max_days]
value   = 15
unit    = "days"
meaning = "visit days in a month that are let pass"

[params.max_institutions]
value   = 5
unit    = "institutions"
meaning = "fewer institutions visited in a month are let pass"
*/
with drug_or_examination as (
    select distinct settlement_id
    from feature.fee_line
    where care_setting in ('outpatient', 'emergency')
        and (catalogue_type <> '201' or fee_category in ('03', '04'))
),

visit as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.month, s.eligible_amount,
        s.fund_amount, s.is_pharmacy is null and s.institution_id is null as is_place_unknown,
        case when d.settlement_id is null or coalesce(e.is_in_course, false) then 0 else 1 end as is_counted
    from feature.settlement as s
    left join drug_or_examination as d on d.settlement_id = s.settlement_id
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    where s.care_setting in ('outpatient', 'emergency') and not coalesce(s.is_family_money, false)
),

monthly as (
    select person_id, month, count(distinct case when not is_place_unknown then settled_on end) as visit_days,
        count(distinct institution_id) as institutions,
        sum(case when is_place_unknown then 0 else fund_amount end) as fund_amount,
        count(distinct settled_on) as most_days, sum(fund_amount) as most_fund_amount,
        count(distinct institution_id) + sum(case when institution_id is null then 1 else 0 end) as most_institutions
    from visit
    where is_counted = 1
    group by person_id, month
)

select
    case
        when v.person_id is null then 'cannot_judge'
        when v.is_counted = 1 and not v.is_place_unknown and m.fund_amount > 0
            and (m.visit_days > $max_days or m.institutions >= $max_institutions) then 'hit'
        when v.is_counted = 1 and m.most_fund_amount > 0
            and (m.most_days > $max_days or m.most_institutions >= $max_institutions) then 'cannot_judge'
        else 'clear'
    end as outcome,
    case when v.person_id is null then 'the person is unknown' else 'the institution is unknown' end as reason,
    v.settlement_id,
    cast(null as varchar) as line_id,
    v.encounter_id,
    v.person_id,
    v.institution_id,
    cast(null as varchar) as practitioner_id,
    v.settled_on as occurred_on,
    v.eligible_amount as amount,
    m.visit_days,
    m.institutions
from visit as v
left join monthly as m on m.person_id = v.person_id and m.month = v.month
