/*
title       = "An operation is coded but was not charged"
title_zh    = "有手术操作编码无对应收费"
official    = [38]
violation   = "operation_coded_not_charged"
family      = "coding"
fetch       = ["operation_record", "overcharge"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "stay"
law         = [
    "regulation-16",
    "regulation-38-1-7",
    "regulation-39-1-3",
    "regulation-39-1-4",
    "rules-9",
    "rules-23",
    "rules-35",
]
basis       = ["智能监管规则库（2025年版）38 手术操作编码异常；筛查模型 E05"]
needs       = ["record.procedure", "record.fee_line.fee_category"]
exclusions  = [
    "the principal procedure alone is looked at",
    "diagnostic and other non-operative procedures (from chapter {chapter_from} on)",
    "diagnostic procedures inside the operative chapters: endoscopy, biopsy, puncture, which are charged as examinations",
    "an endoscopy, puncture or catheter of {min_price} yuan or more charged as an examination",
    "any charge for an operation, or a single treatment of {min_price} yuan or more",
    "fee for service and bed-day payment: the code brings nothing",
    "the institution never charges operations by their fee category, or has no fee lines: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "仅看主要手术操作",
    "诊断性及其他非手术操作（ICD-9-CM-3 第 {chapter_from} 章起）",
    "手术各章内的诊断性操作（内镜检查、活检、穿刺），按检查费收取",
    "不低于 {min_price} 元的内镜、穿刺、造影按检查费收取",
    "有任何手术收费，或单项治疗不低于 {min_price} 元",
    "按项目付费、按床日付费：编码不带来额外支付",
    "机构从不以费用类别收取手术费，或无费用明细：无法判定",
    "机构未知：无法判定",
]
limits      = "A small bedside operation may be charged under treatment at less than {min_price} yuan. At issue is what the code adds to the case payment: the difference of two standards where groups are delivered and the institution's other stays of the diagnosis without an operation were all paid alike, else not known, with the stay's whole amount as its upper bound. Operation record and consent tell."
limits_zh   = "床旁小手术可能以低于 {min_price} 元的治疗项目收费。涉及的是编码使病例支付增加的部分：有分组结果且本机构同诊断未手术住院支付标准唯一的，为两个支付标准之差；否则无从核算，以整次住院费用为其上限。以手术记录和知情同意书为准。"
version     = "4"
sentence    = "{procedure_code} {procedure_name} was coded for the stay of {occurred_on} ({diagnosis_code} {diagnosis_name}), yet no operation was charged; the stay cost {amount} yuan"
sentence_zh = "{occurred_on} 入院（{diagnosis_code} {diagnosis_name}）编有手术操作 {procedure_code} {procedure_name}，但无任何手术收费，该次住院涉及 {amount} 元"

[params.min_price]
value   = 50
unit    = "yuan"
meaning = "unit price of a treatment that may stand for the operation"

[params.chapter_from]
value   = "87"
meaning = "first chapter of the procedure classification that is not operative"

[params.diagnostic_pattern]
value   = "^(01[.]1|03[.]3|04[.]1|05[.]1|06[.]1|07[.]1|08[.]1|09[.]1|10[.]2|11[.]2|12[.]2|14[.]1|15[.]0|16[.]2|18[.]1|20[.]3|21[.]2|22[.]1|24[.]1|25[.]0|26[.]1|27[.]2|28[.]1|29[.]1|31[.]4|33[.]2|34[.]2|37[.]2|38[.]2|40[.]1|41[.]3|42[.]2|44[.]1|45[.]1|45[.]2|48[.]2|49[.]2|50[.]1|51[.]1|52[.]1|54[.]2|55[.]2|56[.]3|57[.]3|58[.]2|59[.]2|60[.]1|61[.]1|62[.]1|63[.]0|64[.]1|65[.]1|66[.]1|67[.]1|68[.]1|70[.]2|71[.]1|75[.]1|75[.]3|76[.]1|78[.]8|80[.]2|80[.]3|81[.]98|83[.]2|85[.]1|86[.]1)"
meaning = "what ICD-9-CM-3 heads as diagnostic procedures inside its operative chapters"

[params.examined_name]
value   = "镜|穿刺|造影|介入|置管|活检"
meaning = "names of examinations that may stand for the coded procedure"
*/
with coded as (
    select coalesce(p.encounter_id, s.encounter_id) as encounter_id, p.procedure_code, p.procedure_name,
        row_number() over (
            partition by coalesce(p.encounter_id, s.encounter_id)
            order by case when p.is_principal then 0 else 1 end, p.procedure_code
        ) as place
    from record.procedure as p
    left join feature.settlement as s on s.settlement_id = p.settlement_id
    where coalesce(p.is_principal, true)
),

charged as (
    select encounter_id, max(institution_id) as institution_id,
        max(case when fee_category = '06' then 1 else 0 end) as has_operation,
        max(case when fee_category = '06' or (
            unit_price >= $min_price
            and (fee_category = '05' or (fee_category = '03' and regexp_matches(item_name, $examined_name)))
        ) then 1 else 0 end) as is_charged
    from feature.fee_line
    where care_setting = 'inpatient'
    group by encounter_id
),

place as (
    select institution_id, max(has_operation) as charges_operations
    from charged
    group by institution_id
)

select
    case
        when substr(c.procedure_code, 1, 2) >= $chapter_from then 'clear'
        when regexp_matches(c.procedure_code, $diagnostic_pattern) then 'clear'
        when x.payment_way in ('item', 'bed_day') then 'clear'
        when f.encounter_id is null or coalesce(p.charges_operations, 0) = 0 then 'cannot_judge'
        when f.is_charged = 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when f.encounter_id is null then 'the stay has no fee lines'
        when e.institution_id is null then 'the institution is unknown'
        else 'the institution charges no operations under their fee category'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    e.encounter_id,
    e.person_id,
    e.institution_id,
    cast(null as varchar) as practitioner_id,
    e.started_on as occurred_on,
    -- In case payment the loss is the difference of two standards, where both are known (实施细则 35).
    case when g.unoperated_loss < s.eligible_amount then g.unoperated_loss else s.eligible_amount end as amount,
    g.unoperated_loss as loss,
    c.procedure_code,
    coalesce(c.procedure_name, '') as procedure_name,
    coalesce(e.principal_diagnosis_code, '') as diagnosis_code,
    coalesce(e.principal_diagnosis_name, '') as diagnosis_name
from coded as c
join feature.encounter as e on e.encounter_id = c.encounter_id and e.is_inpatient
join feature.encounter_excuse as x on x.encounter_id = e.encounter_id
join feature.settlement as s on s.encounter_id = e.encounter_id
left join charged as f on f.encounter_id = e.encounter_id
left join place as p on p.institution_id = e.institution_id
left join feature.case_payment as g on g.settlement_id = s.settlement_id
where c.place = 1
