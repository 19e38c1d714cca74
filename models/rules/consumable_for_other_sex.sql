/*
title       = "Consumable made for the other sex"
title_zh    = "医用耗材与性别不符"
official    = [87]
violation   = "sex_mismatch"
family      = "identity"
fetch       = ["consumables", "identity"]
judges      = ["sex"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-4", "rules-11"]
basis       = ["智能监管规则库（2025年版）87 医用耗材与性别不符"]
needs       = ["record.settlement.sex"]
exclusions  = [
    "a diagnosis of the person that leaves the sex open (Q56, E25, E34.5, F64)",
    "register, bills, encounters and identity numbers name more than one sex (changed, corrected, mistyped): cannot judge",
    "the mother's consumables settled for a newborn",
    "a purchase at a drugstore",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "参保人有性别不明或发育异常的诊断（Q56、E25、E34.5、F64）",
    "参保登记、结算、就诊与证件号码的性别不一致（变更、更正或录错）：无法判定",
    "母亲的耗材在新生儿名下结算",
    "药店购买",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "Silent on consumables without a known sex. Told by code or name: a name that contains the word by chance is a false finding."
limits_zh   = "未知适用性别的耗材不作判断。按编码或名称识别，名称偶然包含该词的会误判。"
status      = "trial"
version     = "3"
sentence    = "{item_name}, a consumable for {item_sex} persons, was charged for a {person_sex} person on {occurred_on} ({amount} yuan)"
sentence_zh = "{occurred_on} 为{person_sex_zh}性参保人收取{item_sex_zh}性使用的耗材“{item_name}”，涉及 {amount} 元"
*/
with meant as (
    select i.item_code, i.item_name, k.sex, k.valid_from, k.valid_to
    from (
        select distinct item_code, coalesce(item_name, '') as item_name
        from feature.fee_line
        where item_code is not null and eligible_amount > 0
    ) as i
    join knowledge.consumable_sex as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

-- A name that fits both sexes says nothing.
marked as (
    select l.settlement_id, l.line_id, min(m.sex) as item_sex
    from feature.fee_line as l
    join meant as m on m.item_code = l.item_code and m.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(m.valid_from, l.charged_on) and l.charged_on <= coalesce(m.valid_to, l.charged_on)
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
    group by l.settlement_id, l.line_id
    having count(distinct m.sex) = 1
),

restricted as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, s.sex, coalesce(s.is_sex_contradicted, false) as is_contradicted,
        l.is_pharmacy is null as is_place_unknown,
        m.item_sex, m.item_sex = '2' and coalesce(s.age_years < 1, false) as is_newborn
    from feature.fee_line as l
    join marked as m on m.settlement_id = l.settlement_id and m.line_id = l.line_id
    join feature.settlement as s on s.settlement_id = l.settlement_id
)

select
    case
        when person_id in (select person_id from feature.undetermined_sex) then 'clear'
        when sex is null or is_contradicted then 'cannot_judge'
        when sex <> item_sex and not is_newborn and is_place_unknown then 'cannot_judge'
        when sex <> item_sex and not is_newborn then 'hit'
        else 'clear'
    end as outcome,
    case
        when sex is null then 'the sex is unknown'
        when is_contradicted then 'the sexes that are known of the person differ'
        else 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    case item_sex when '1' then 'male' else 'female' end as item_sex,
    case item_sex when '1' then '男' else '女' end as item_sex_zh,
    case sex when '1' then 'male' else 'female' end as person_sex,
    case sex when '1' then '男' else '女' end as person_sex_zh
from restricted
union all
select 'cannot_judge', 'knowledge.consumable_sex is empty: a city table', null, null, null, null, null, null, null,
    null, null, null, null, null, null
from (select count(*) as points from knowledge.consumable_sex) as known
where points = 0
