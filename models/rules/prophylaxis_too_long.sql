/*
title       = "Antibiotic prophylaxis beyond its hours after an operation"
title_zh    = "围手术期抗菌药物预防性应用超时限"
official    = [44]
violation   = "long_prophylaxis"
family      = "medication"
fetch       = ["operation_record", "antibiotic"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay with an operation"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = [
    "《抗菌药物临床应用指导原则（2015年版）》：清洁手术预防用药不超过24小时，心脏手术可视情况延长至48小时",
    "智能监管规则库（2025年版）44 围手术期抗菌药物预防性应用监管",
]
needs       = ["record.procedure.procedure_on"]
exclusions  = [
    "any diagnosis of an infection, an open injury or a perforation in the stay: then it is treatment",
    "another operation of the stay without a limit in the table, or a later one: the hours run from the last",
    "take-home drugs",
    "no coded diagnosis is delivered, which might name an infection: cannot judge",
    "the day of the operation is unknown: cannot judge",
    "eye drops and other local antibiotics",
    "lines posted in bulk: their days are not the days of use, cannot judge",
]
exclusions_zh = [
    "该次住院有任一感染、开放性损伤或穿孔诊断：属治疗用药",
    "该次住院另有表中无时限的手术或更晚的手术：时限自末次手术起算",
    "出院带药",
    "未报送编码诊断，无从知道有无感染：无法判定",
    "手术日期未知：无法判定",
    "滴眼等局部用抗菌药物",
    "集中记账的明细：日期并非用药日期，无法判定",
]
limits      = "Holds for operations that the guideline of 2015 names (24 hours, of the heart 48). Only days are compared: prophylaxis of 24 hours may reach into the next day, which is let pass. An infection that was treated but not coded, and implants, look the same."
limits_zh   = "限于《抗菌药物临床应用指导原则（2015年版）》列明的手术（24 小时，心脏手术 48 小时）。仅按日期比较：24 小时预防用药可延至次日，予以放过。已治疗而未编码的感染、植入物也会呈现相同情形。"
version     = "4"
sentence    = "{item_name} was charged on {occurred_on}, {days_after} days after {procedure_name}; prophylaxis is {max_hours} hours and no infection is coded ({amount} yuan)"
sentence_zh = "“{procedure_name}”术后 {days_after} 天（{occurred_on}）仍使用“{item_name}”，预防用药时限 {max_hours} 小时且无感染诊断，涉及 {amount} 元"

[params.infection_codes]
value   = "^(A|B[0-9]|G0[0-9]|H66|I33|J0[1-6]|J1[2-8]|J2[0-2]|J85|J86|K35|K57|K61|K65|K75.0|I38|I96|K80[.]?[0134]|K81|K83.0|K55.0|K63.1|J44.[01]|J69|J96|L97|L89|E1[0-4][.]5|H44.0|M65.0|N13.6|N49|N76|R50|R57.2|R78.8|O75.[23]|T84.[567]|L0[0-8]|M00|M86|N1[0-2]|N30|N39.0|N7[0-7]|O86|R65|T79.3|T8[0-8])"
meaning = "ICD-10 codes under which antibiotics treat"
*/
with operated as (
    select s.encounter_id, p.procedure_code, max(p.procedure_name) as procedure_name,
        max(coalesce(cast(p.ended_at as date), p.procedure_on)) as procedure_on
    from record.procedure as p
    join feature.settlement as s on s.settlement_id = p.settlement_id
    where s.care_setting = 'inpatient'
    group by s.encounter_id, p.procedure_code
),

-- The nearest limit of each code: the longest prefix.
limited_code as (
    select procedure_code, max_hours
    from (
        select c.procedure_code, k.max_hours,
            row_number() over (partition by c.procedure_code order by length(k.procedure_prefix) desc, k.max_hours desc)
                as place
        from (select distinct procedure_code from operated) as c
        join knowledge.prophylaxis_limit as k
            on substr(c.procedure_code, 1, length(k.procedure_prefix)) = k.procedure_prefix
    ) as candidates
    where place = 1
),

stay as (
    select o.encounter_id, max(o.procedure_on) as procedure_on, max(k.max_hours) as max_hours,
        max(o.procedure_name) as procedure_name
    from operated as o
    left join limited_code as k on k.procedure_code = o.procedure_code
    group by o.encounter_id
    having count(*) = count(k.max_hours)
),

infected as (
    select distinct encounter_id
    from feature.visit_diagnosis
    where regexp_matches(diagnosis_code, $infection_codes) or diagnosis_name like '%开放性%'
        or diagnosis_name like '%感染%' or diagnosis_name like '%脓%' or diagnosis_name like '%穿孔%'
),

coded as (
    select encounter_id, max(case when kind = 'coded' then 1 else 0 end) as is_coded
    from feature.delivered_diagnosis
    group by encounter_id
    union
    select encounter_id, 1 from feature.visit_diagnosis
),

told as (
    select encounter_id, max(is_coded) as is_coded from coded group by encounter_id
),

item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where care_setting = 'inpatient' and catalogue_type = '101'
),

drug as (
    select distinct i.item_code, i.item_name
    from item as i
    join knowledge.antibiotic as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

-- What no guideline names for prophylaxis is given to treat, and so is what follows a culture or procalcitonin: an
-- infection after the operation that nobody coded. The chart decides, so that reading comes first.
sought as (
    select encounter_id, min(charged_on) as sought_on
    from feature.fee_line
    where care_setting = 'inpatient' and regexp_matches(item_name, '降钙素原|细菌培养|培养及鉴定|药敏')
    group by encounter_id
),

given as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, coalesce(l.is_take_home, false) as is_take_home,
        e.is_posted_in_bulk, s.procedure_on,
        coalesce(s.procedure_name, '') as procedure_name, s.max_hours, x.encounter_id is not null as is_infected, c.is_coded,
        date_diff('day', s.procedure_on, l.charged_on) as days_after,
        coalesce(w.sought_on <= l.charged_on, false)
            or regexp_matches(coalesce(l.item_name, ''), '培南|哌拉西林|头孢哌酮|利奈唑胺|替加环素|替考拉宁|多黏菌素|卡泊芬净|氟康唑')
            as is_perhaps_treatment
    from feature.fee_line as l
    join stay as s on s.encounter_id = l.encounter_id
    join drug as d on d.item_code = l.item_code and d.item_name = coalesce(l.item_name, '')
    left join infected as x on x.encounter_id = l.encounter_id
    left join told as c on c.encounter_id = l.encounter_id
    left join feature.encounter as e on e.encounter_id = l.encounter_id
    left join sought as w on w.encounter_id = l.encounter_id
    where l.eligible_amount > 0 and not coalesce(l.is_local, false)
)

select
    case
        when is_infected or is_take_home then 'clear'
        when procedure_on is null or charged_on is null then 'cannot_judge'
        when days_after <= ceil(max_hours / 24.0) then 'clear'
        when coalesce(is_coded, 0) = 0 or coalesce(is_posted_in_bulk, false) then 'cannot_judge'
        when days_after > ceil(max_hours / 24.0) then 'hit'
        else 'clear'
    end as outcome,
    case
        when procedure_on is null then 'the day of the operation is unknown'
        when charged_on is null then 'the day of the charge is unknown'
        when is_posted_in_bulk then 'the lines were posted in bulk: their days are not the days of use'
        when is_coded is null then 'no diagnosis is known'
        when is_coded = 0 then 'only diagnoses of Chinese medicine or without a code are delivered'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    case when is_perhaps_treatment then 'the treatment of an infection after the operation that was not coded' end
        as innocent,
    case when is_perhaps_treatment then '术后感染的治疗用药（未编码感染诊断）' end as innocent_zh,
    item_name,
    days_after,
    procedure_name,
    max_hours
from given
union all
select 'cannot_judge', 'knowledge.prophylaxis_limit or knowledge.antibiotic is empty', null, null, null, null, null,
    null, null, null, null, null, null, null, null, null
from (select count(*) as held from knowledge.prophylaxis_limit) as k
cross join (select count(*) as held_drugs from knowledge.antibiotic) as d
where held = 0 or held_drugs = 0
