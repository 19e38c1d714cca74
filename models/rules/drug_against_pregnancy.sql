/*
title       = "Drug that a pregnant or nursing woman must not have"
title_zh    = "妊娠期及哺乳期用药安全"
official    = [73]
violation   = "pregnancy_contraindication"
family      = "medication"
judges      = ["sex"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "pregnancy, or lactation_days after delivery"
basis       = [
    "《医疗机构处方审核规范》：用药适宜性审核、用药禁忌",
    "智能监管规则库（2025年版）73 妊娠期及哺乳期用药安全",
]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the visit in which the pregnancy ends: delivery, miscarriage, abortion, ectopic pregnancy",
    "a pregnancy that ended between the antenatal visit and the drug",
    "an antenatal visit more than {pregnancy_days:day} before",
    "bought at a drugstore",
    "forbidden in lactation only, and the woman is pregnant; or the other way round",
    "the person is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
]
exclusions_zh = [
    "终止妊娠的当次就诊：分娩、流产、引产、异位妊娠",
    "产检之后、用药之前妊娠已终止",
    "产检早于用药 {pregnancy_days} 天以上",
    "药店购买",
    "仅哺乳期禁用而参保人处于妊娠期，或反之",
    "参保人未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
]
limits      = "A question of safety: no money is put at issue. A pregnancy nobody coded is not seen; whether a woman nurses is not known, the time after a delivery stands for it. Most women who take such drugs are not pregnant: only women with a coded pregnancy or delivery are judged."
limits_zh   = "属用药安全问题，不涉及金额。未编码的妊娠无法发现；是否哺乳未知，以分娩后的时间代替。使用此类药品的女性多数并未妊娠，仅判断有妊娠或分娩编码者。"
status      = "trial"
version     = "2"
sentence    = "{item_name}, not to be used in {state}, was charged on {occurred_on}; {state} is coded on {coded_on}"
sentence_zh = "{occurred_on} 使用“{item_name}”（{state_zh}禁用：{reason_zh}），{state_zh}诊断见 {coded_on}"

[params.pregnancy_days]
value   = 60
unit    = "days"
meaning = "a coded pregnancy is taken to last this long when no later visit says otherwise"

[params.lactation_days]
value   = 180
unit    = "days"
meaning = "a woman is taken to nurse this long after a delivery"
*/
with forbidden as (
    select i.item_code, i.item_name, coalesce(k.in_pregnancy, false) as in_pregnancy,
        coalesce(k.in_lactation, false) as in_lactation, k.reason_zh, k.valid_from, k.valid_to
    from (
        select distinct item_code, coalesce(item_name, '') as item_name
        from feature.fee_line
        where item_code is not null and eligible_amount > 0
    ) as i
    join knowledge.drug_contraindication as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 73
),

-- ICD-10: O10-O48, O98, O99, Z33-Z36 say pregnant; O00-O08 and Z37, O60-O84 say that it ended; O80-O84, O85-O92,
-- Z37, Z39 say delivered.
coded as (
    select encounter_id, person_id, started_on, coalesce(ended_on, started_on) as ended_on,
        max(case
            when substr(diagnosis_code, 1, 3) between 'O10' and 'O48'
                or substr(diagnosis_code, 1, 3) in ('O98', 'O99', 'Z33', 'Z34', 'Z35', 'Z36') then 1 else 0
        end) as is_pregnant,
        max(case
            when substr(diagnosis_code, 1, 3) between 'O00' and 'O08'
                or substr(diagnosis_code, 1, 3) between 'O60' and 'O92'
                or substr(diagnosis_code, 1, 3) in ('Z37', 'Z39') then 1 else 0
        end) as is_ended,
        max(case
            when substr(diagnosis_code, 1, 3) between 'O80' and 'O92' or substr(diagnosis_code, 1, 3) in ('Z37', 'Z39')
                then 1 else 0
        end) as is_delivered
    from feature.visit_diagnosis
    where substr(diagnosis_code, 1, 1) = 'O' or substr(diagnosis_code, 1, 2) = 'Z3'
    group by encounter_id, person_id, started_on, ended_on
),

woman as (
    select person_id from coded group by person_id having max(is_pregnant) = 1 or max(is_delivered) = 1
),

-- Only persons with a coded pregnancy or delivery are judged.
concerned as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, f.in_pregnancy, f.in_lactation, f.reason_zh,
        l.is_pharmacy is null as is_place_unknown
    from feature.fee_line as l
    join forbidden as f on f.item_code = l.item_code and f.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(f.valid_from, l.charged_on) and l.charged_on <= coalesce(f.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
        and (l.person_id in (select person_id from woman) or l.person_id is null)
),

dated as (
    select c.settlement_id, c.line_id, c.reason_zh,
        max(case when d.is_pregnant = 1 then d.started_on end) as pregnant_on,
        max(case when d.is_ended = 1 then d.started_on end) as ended_on,
        max(case when d.is_delivered = 1 then d.ended_on end) as delivered_on,
        max(case when d.is_ended = 1 and d.encounter_id = c.encounter_id then 1 else 0 end) as is_end_itself
    from concerned as c
    join coded as d on d.person_id = c.person_id and d.started_on <= c.charged_on
    group by c.settlement_id, c.line_id, c.reason_zh
),

told as (
    select c.*, t.pregnant_on, t.delivered_on,
        c.in_pregnancy and t.is_end_itself = 0 and t.pregnant_on > coalesce(t.ended_on, date '1900-01-01')
            and date_diff('day', t.pregnant_on, c.charged_on) <= $pregnancy_days as is_pregnant,
        c.in_lactation and t.is_end_itself = 0 and t.delivered_on > coalesce(t.pregnant_on, date '1900-01-01')
            and date_diff('day', t.delivered_on, c.charged_on) between 0 and $lactation_days as is_nursing
    from concerned as c
    left join dated as t
        on t.settlement_id = c.settlement_id and t.line_id = c.line_id and t.reason_zh = c.reason_zh
),

chosen as (
    select *, row_number() over (
            partition by settlement_id, line_id
            order by case when is_pregnant then 0 when is_nursing then 1 else 2 end, reason_zh
        ) as place
    from told
)

select
    case
        when person_id is null then 'cannot_judge'
        when coalesce(is_pregnant, false) or coalesce(is_nursing, false)
            then case when is_place_unknown then 'cannot_judge' else 'hit' end
        else 'clear'
    end as outcome,
    case when person_id is null then 'the person is unknown'
        else 'the institution is unknown, and with it whether it is a drugstore' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    case when is_pregnant then 'pregnancy' else 'lactation' end as state,
    case when is_pregnant then '妊娠期' else '哺乳期' end as state_zh,
    case when is_pregnant then pregnant_on else delivered_on end as coded_on,
    reason_zh
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.drug_contraindication is empty for rule 73: a city table', null, null, null, null,
    null, null, null, null, null, null, null, null, null
from (select count(*) as points from knowledge.drug_contraindication where official = 73) as known
where points = 0
