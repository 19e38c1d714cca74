/*
title       = "More days of supply on one prescription than may be prescribed"
title_zh    = "药品限最大开药天数、开药量"
official    = [9]
violation   = "over_supply"
family      = "medication"
judges      = ["quantity"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
scope       = ["outpatient", "emergency", "chronic"]
window      = "fill"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = [
    "《处方管理办法》第十九条：处方一般不得超过7日用量，急诊处方一般不得超过3日用量",
    "《长期处方管理规范（试行）》：一般在4周内，病情稳定可至12周",
    "智能监管规则库（2025年版）9 药品限最大开药天数/开药量",
]
needs       = ["record.fee_line.supply_days"]
exclusions  = [
    "stays in hospital and take-home drugs",
    "drugstores: they fill what was prescribed elsewhere",
    "a person registered for a chronic disease: the limit of long-term prescriptions holds",
    "a chronic disease coded in the visit, and the category for high blood pressure and diabetes (9901): the same",
    "a drug the person takes in {chronic_months:month} of the record: the same",
    "a person from {old_years:year} on, and pregnancy care: the same",
    "up to {grace_days:day} beyond the limit: packs cannot be broken",
    "the days of supply are unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "no coded diagnosis of the visit is known, and with it whether the disease is a chronic one: cannot judge",
]
exclusions_zh = [
    "住院及出院带药",
    "药店：按他处开具的处方调配",
    "登记慢性病的参保人：适用长期处方限量",
    "本次就诊有慢性病诊断，或医疗类别为两病门诊用药（9901）：同样适用",
    "数据中有 {chronic_months} 个月使用该药：同样适用",
    "年满 {old_years} 岁及孕产保健：同样适用",
    "不超过限量 {grace_days} 天：包装不拆零",
    "供药天数未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "本次就诊无编码诊断，无从知道是否慢性病：无法判定",
]
limits      = "On trial, for what excuses a longer prescription is written on it and not delivered, and the days of supply are typed by the place. The seven days may be extended for who lives far away, with the reason on the prescription. Who is chronically ill is told by registration and use. The days are the hospital's own word. Areas set wider limits for stable chronic disease: the tables of a city overrule."
limits_zh   = "试运行原因：延长用量的理由写在处方上而未上传，供药天数由机构填报。住处较远者可在处方注明理由后适当延长七天限量。是否慢性病按登记和用药判断。天数以医院填报为准。各地对稳定期慢性病可放宽，以当地表为准。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was prescribed for {supply_days} days on {occurred_on}, {max_days} days are allowed; {amount} yuan are over"
sentence_zh = "{occurred_on} 一次开具“{item_name}” {supply_days} 天用量，超过 {max_days} 天，超出部分 {amount} 元"

[params.grace_days]
value   = 7
unit    = "days"
meaning = "days beyond the limit that are let pass"

[params.chronic_months]
value   = 3
unit    = "months"
meaning = "months with the drug that make it a long-term one"

[params.old_years]
value   = 60
unit    = "years"
meaning = "age from which a prescription may be extended"
*/
with registered as (
    select person_id, min(coalesce(valid_from, date '1900-01-01')) as valid_from
    from record.chronic_registration
    where coalesce(is_valid, true)
    group by person_id
),

long_term as (
    select person_id, substr(item_code, 1, 10) as generic
    from feature.fee_line
    where catalogue_type = '101' and person_id is not null
    group by person_id, substr(item_code, 1, 10)
    having count(distinct date_trunc('month', charged_on)) >= $chronic_months
),

-- A chronic disease coded in the visit, registered or not; and visits of which no coded diagnosis is known.
ill as (
    select distinct d.encounter_id
    from feature.visit_diagnosis as d
    join knowledge.diagnosis_group as k
        on k.group_id = 'chronic_disease' and d.diagnosis_code like k.diagnosis_prefix || '%'
),

diagnosed as (
    select distinct encounter_id from feature.visit_diagnosis
),

filled as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, l.eligible_amount, l.quantity,
        nullif(l.supply_days, 0) as supply_days,
        case when l.care_setting = 'emergency' then 'emergency' else 'outpatient' end as care_setting,
        l.is_pharmacy is null and l.care_setting <> 'emergency' as is_place_unknown,
        l.care_setting <> 'emergency' and (
            l.care_setting in ('chronic', 'maternity_outpatient') or coalesce(s.medical_category = '9901', false)
            or i.encounter_id is not null or coalesce(r.valid_from <= l.charged_on, false)
            or t.person_id is not null or coalesce(s.age_years >= $old_years, false)
        ) as is_chronic,
        d.encounter_id is not null as is_diagnosed
    from feature.fee_line as l
    left join registered as r on r.person_id = l.person_id
    left join long_term as t on t.person_id = l.person_id and t.generic = substr(l.item_code, 1, 10)
    left join feature.settlement as s on s.settlement_id = l.settlement_id
    left join ill as i on i.encounter_id = l.encounter_id
    left join diagnosed as d on d.encounter_id = l.encounter_id
    where l.catalogue_type = '101' and l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
        and l.care_setting not in ('inpatient', 'drugstore') and not coalesce(l.is_take_home, false)
),

item as (
    select distinct item_code, item_name from filled
),

-- The nearest limit: a named drug before a class of drugs before every drug.
listed as (
    select i.item_code, i.item_name, k.care_setting, coalesce(k.is_chronic, false) as is_chronic, k.max_days,
        k.max_quantity, k.point_id, k.valid_from, k.valid_to,
        length(coalesce(k.item_prefix, '')) + length(coalesce(k.name_word, '')) as nearness
    from item as i
    join knowledge.drug_dose as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 9
),

limited as (
    select f.*, k.max_days, k.max_quantity, k.point_id,
        row_number() over (
            partition by f.settlement_id, f.line_id order by k.nearness desc, k.max_days desc, k.point_id
        ) as place
    from filled as f
    join listed as k
        on k.item_code = f.item_code and k.item_name = f.item_name and k.care_setting = f.care_setting
        and k.is_chronic = f.is_chronic
        and f.charged_on >= coalesce(k.valid_from, f.charged_on) and f.charged_on <= coalesce(k.valid_to, f.charged_on)
),

weighed as (
    select *,
        greatest(
            coalesce(case when supply_days > max_days + $grace_days
                then 1 - cast(max_days as double) / nullif(cast(supply_days as double), 0) end, 0),
            coalesce(case when quantity > max_quantity
                then 1 - cast(max_quantity as double) / nullif(cast(quantity as double), 0) end, 0)
        ) as share_over
    from limited
    where place = 1
)

select
    case
        when share_over > 0 and person_id is null and care_setting <> 'emergency' and not is_chronic
            then 'cannot_judge'
        when share_over > 0 and is_place_unknown then 'cannot_judge'
        when share_over > 0 and care_setting <> 'emergency' and not is_chronic and not is_diagnosed then 'cannot_judge'
        when share_over > 0 then 'hit'
        when supply_days is null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when share_over > 0 and person_id is not null and not is_place_unknown
            then 'no coded diagnosis is known, and with it whether the disease is a chronic one'
        when share_over > 0 and person_id is not null
            then 'the institution is unknown, and with it whether it is a drugstore'
        when share_over > 0 then 'the person is unknown, and with it whether the drug is a long-term one'
        else 'the days of supply are unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(cast(eligible_amount as double) * share_over as decimal(16, 2)) as amount,
    item_name,
    cast(coalesce(supply_days, 0) as bigint) as supply_days,
    max_days,
    point_id
from weighed
union all
select 'cannot_judge', 'knowledge.drug_dose has no limit for a prescription', null, null, null, null, null, null, null,
    null, null, null, null, null
from (select count(*) as held from knowledge.drug_dose where official = 9) as k
where held = 0
