/*
title       = "Drug that the old should rather not have"
title_zh    = "老年人用药安全"
official    = [72]
violation   = "elder_caution"
family      = "medication"
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "reminder"
window      = "line"
basis       = [
    "《中国老年人潜在不适当用药判断标准（2017年版）》",
    "智能监管规则库（2025年版）72 老年人用药安全",
]
needs       = ["record.settlement.birth_on", "record.fee_line.charged_at"]
exclusions  = [
    "bought at a drugstore",
    "register, bills, encounters and identity numbers name more than one date of birth: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "put on skin, eye, ear or nose, inhaled, or given by rectum or vagina: not the drug in the body",
]
exclusions_zh = [
    "药店购买",
    "参保登记、结算、就诊与证件号码的出生日期不一致：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "外用、滴眼、滴鼻、吸入、直肠或阴道给药：非全身用药",
]
limits      = "A reminder: no money is put at issue. The drugs are to be avoided or watched, not forbidden; dose, course and what was tried before are in the record. Frequent among the old: look at rates of a practitioner, not at single lines."
limits_zh   = "仅作提醒，不涉及金额。此类药品宜避免或需监测，并非禁用；剂量、疗程及既往用药见病历。老年人中较常见，应看医师的使用率，不看单条明细。"
status      = "trial"
version     = "3"
sentence    = "{item_name}, to be avoided from {age_from_years} years on, was charged on {occurred_on} for a person aged {age_years}"
sentence_zh = "{occurred_on} 为 {age_years} 岁参保人使用“{item_name}”（{age_from_years} 岁及以上慎用：{reason_zh}）"
*/
with cautious as (
    select i.item_code, i.item_name, k.age_from_years, k.reason_zh, k.valid_from, k.valid_to
    from (
        select distinct item_code, coalesce(item_name, '') as item_name
        from feature.fee_line
        where item_code is not null and eligible_amount > 0
    ) as i
    join knowledge.elder_caution as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

aged as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, s.birth_on, s.is_birth_contradicted, k.age_from_years, k.reason_zh,
        l.is_pharmacy is null as is_place_unknown,
        year(l.charged_on) - year(s.birth_on) - case
            when substr(cast(l.charged_on as varchar), 6, 5) < substr(cast(s.birth_on as varchar), 6, 5) then 1 else 0
        end as age_years
    from feature.fee_line as l
    join cautious as k on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    join feature.settlement as s on s.settlement_id = l.settlement_id
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
),

chosen as (
    select *,
        case
            when birth_on is null then 'the date of birth is unknown'
            when is_birth_contradicted then 'the dates of birth that are known of the person differ'
            when age_years < 0 or age_years > 120 then 'the date of birth is impossible'
            when is_place_unknown and age_years >= age_from_years
                then 'the institution is unknown, and with it whether it is a drugstore'
        end as reason,
        row_number() over (partition by settlement_id, line_id order by age_from_years, reason_zh) as place
    from aged
)

select
    case when reason is not null then 'cannot_judge' when age_years >= age_from_years then 'hit' else 'clear' end
        as outcome,
    reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    item_name,
    age_years,
    age_from_years,
    reason_zh
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.elder_caution is empty: a city table', null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as points from knowledge.elder_caution) as known
where points = 0
