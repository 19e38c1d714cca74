/*
title       = "Drug or service charged without a diagnosis for which it is paid"
title_zh    = "药品、医疗服务项目限适应症"
official    = [8, 20]
by_edition  = true
violation   = "no_indication"
family      = "indication"
problem     = ["hospital-7"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "settlement and earlier diagnoses"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）8 药品限适应症、20 医疗服务项目限适应症"]
needs       = ["record.diagnosis.diagnosis_code"]
exclusions  = [
    "any diagnosis of the settlement meets the text, principal or not",
    "the chronic disease the settlement is for meets the text",
    "a diagnosis of the person within {look_back_days:day} before meets the text",
    "drugstores: a purchase carries no diagnosis",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
    "no edition of the catalogue at hand covers the day of the charge: cannot judge",
    "the settlement carries no diagnosis: cannot judge",
    "the settlement is coded as a treatment (chemotherapy, dialysis, aftercare) that does not name the disease: cannot judge",
    "the published text names no coded disease: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "结算的任一诊断符合限定条文，不论是否主诊断",
    "结算所属的门慢特病种符合限定条文",
    "参保人此前 {look_back_days} 天内的诊断符合限定条文",
    "药店：购药不带诊断",
    "仅有中医诊断或未编码的文字诊断：无法判定",
    "收费日期不在现有目录版本有效期内：无法判定",
    "结算无诊断：无法判定",
    "结算诊断为治疗类编码（化疗、透析、术后随访）而未指明疾病：无法判定",
    "公布条文未指明可编码的疾病：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Which codes meet a text was worked out from its disease words and must be reviewed. Severity, line of treatment, gene tests and hours since onset stand in the medical record only: whoever meets the diagnosis may still fail them. A diagnosis the hospital did not code looks the same."
limits_zh   = "条文对应的编码由疾病名称推导，须经复核。严重程度、治疗线数、基因检测、发病小时数仅见于病历，诊断符合者仍可能不满足。医院未编码的诊断也会呈现相同情形。"
version     = "3"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan); none of the {diagnoses} diagnoses of the settlement is one it is paid for ({indication})"
sentence_zh = "{occurred_on} 结算“{item_name}”{amount} 元，本次 {diagnoses} 个诊断均不符合限定支付适应症（{indication}）"

[params.look_back_days]
value   = 90
unit    = "days"
meaning = "how long an earlier diagnosis of the person may meet the text"

[params.treatment_codes]
value   = "^Z(4[0-9]|5[0-4])"
meaning = "ICD-10 codes that name a treatment, not the disease treated"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where not coalesce(is_pharmacy, false) and eligible_amount > 0
),

service as (
    select distinct i.item_code, i.item_name, k.indication_id, k.valid_from, k.valid_to
    from item as i
    join knowledge.service_indication as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 20
),

asked as (
    select i.item_code, i.item_name, k.point_id as indication_id, k.indication_text as indication, k.point_id,
        k.valid_from, k.valid_to
    from item as i
    join knowledge.item_indication as k on k.item_code = i.item_code
    union all
    select item_code, item_name, indication_id, '', indication_id, valid_from, valid_to from service
),

-- A row without a part meets its indication alone; of a word with parts every part must be met.
meets as (
    select distinct point_id as indication_id, diagnosis_prefix, coalesce(part, 0) as part,
        case when part is null then '' else word_zh end as word_zh
    from knowledge.indication_diagnosis
    union
    select distinct indication_id, diagnosis_prefix, 0, '' from knowledge.service_indication where official = 20
),

asks as (
    select indication_id, word_zh, count(distinct part) as parts from meets group by indication_id, word_zh
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, a.indication_id, a.indication, a.point_id,
        l.is_pharmacy is null as is_place_unknown
    from feature.fee_line as l
    join asked as a
        on a.item_code = l.item_code and a.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(a.valid_from, l.charged_on) and l.charged_on <= coalesce(a.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
),

-- What was diagnosed when, for the persons concerned.
diagnosed as (
    select person_id, encounter_id, started_on, diagnosis_code
    from feature.visit_diagnosis
    where person_id in (select person_id from line)
        or encounter_id in (select encounter_id from line)
),

own as (
    select encounter_id, count(distinct diagnosis_code) as diagnoses,
        max(case when regexp_matches(diagnosis_code, $treatment_codes) then 1 else 0 end) as is_treatment
    from diagnosed
    group by encounter_id
),

uncoded as (
    select distinct encounter_id from feature.delivered_diagnosis where kind <> 'coded'
),

-- N18.300x001+D63.8* names both the disease and what it causes.
fitting as (
    select distinct m.indication_id, m.word_zh, m.part, c.diagnosis_code
    from (select distinct diagnosis_code from diagnosed) as c
    join meets as m
        on c.diagnosis_code like m.diagnosis_prefix || '%' or c.diagnosis_code like '%+' || m.diagnosis_prefix || '%'
    where m.indication_id in (select indication_id from line)
),

met as (
    select l.settlement_id, l.line_id, l.indication_id
    from line as l
    join diagnosed as d
        on d.encounter_id = l.encounter_id
        or (d.person_id = l.person_id and d.started_on <= l.charged_on
            and date_diff('day', d.started_on, l.charged_on) <= $look_back_days)
    join fitting as f on f.indication_id = l.indication_id and f.diagnosis_code = d.diagnosis_code
    join asks as k on k.indication_id = f.indication_id and k.word_zh = f.word_zh
    group by l.settlement_id, l.line_id, l.indication_id, f.word_zh
    having count(distinct f.part) = max(k.parts)
),

-- An item of several points is paid when one of them is met.
weighed as (
    select l.settlement_id, l.line_id, max(l.encounter_id) as encounter_id, max(l.person_id) as person_id,
        max(l.institution_id) as institution_id, max(l.practitioner_id) as practitioner_id,
        max(l.charged_on) as charged_on, max(l.item_name) as item_name, max(l.eligible_amount) as eligible_amount,
        max(l.indication) as indication, max(l.point_id) as point_id, max(o.diagnoses) as diagnoses,
        max(o.is_treatment) as is_treatment, max(case when l.is_place_unknown then 1 else 0 end) as is_place_unknown,
        max(case when m.line_id is not null then 1 else 0 end) as is_met,
        max(case when k.indication_id is null then 1 else 0 end) as is_uncoded,
        max(case when u.encounter_id is not null then 1 else 0 end) as is_otherwise_told
    from line as l
    left join own as o on o.encounter_id = l.encounter_id
    left join uncoded as u on u.encounter_id = l.encounter_id
    left join (select distinct settlement_id, line_id, indication_id from met) as m
        on m.settlement_id = l.settlement_id and m.line_id = l.line_id and m.indication_id = l.indication_id
    left join (select distinct indication_id from meets) as k on k.indication_id = l.indication_id
    group by l.settlement_id, l.line_id
),

told as (
    select *,
        case
            when is_uncoded = 1 then 'the published text names no coded disease'
            when diagnoses is null and is_otherwise_told = 1
                then 'only diagnoses of Chinese medicine or without a code are delivered'
            when diagnoses is null then 'the settlement carries no diagnosis'
            when is_treatment = 1 then 'the diagnosis names a treatment, not the disease'
            when is_place_unknown = 1 then 'the institution is unknown, and with it whether it is a drugstore'
        end as reason
    from weighed
)

select
    case when is_met = 1 then 'clear' when reason is not null then 'cannot_judge' else 'hit' end as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    diagnoses,
    indication,
    point_id
from told
union all
select 'cannot_judge', 'knowledge.service_indication has no service of rule 20: a city table', null, null, null, null,
    null, null, null, null, null, null, null, null
from (select count(*) as held from knowledge.service_indication where official = 20) as k
where held = 0
