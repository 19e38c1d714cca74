/*
title       = "Newborns' item charged for an older person"
title_zh    = "限新生儿项目用于非新生儿"
official    = [6, 18, 32]
violation   = "age_mismatch"
family      = "identity"
fetch       = ["overcharge", "identity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）6 药品限新生儿使用、18 医疗服务项目限新生儿使用、32 耗材限新生儿使用"]
needs       = ["record.settlement.birth_on", "record.fee_line.charged_at"]
exclusions  = [
    "care of the newborn settled with the mother's maternity stay",
    "a living donor's care on the bill of who gets the organ or the marrow",
    "care begun within the newborn's days: a stay, and the stays that followed it without a day between",
    "a child born too soon (P07): up to 16 weeks of the age are not counted",
    "register, bills, encounters and identity numbers name more than one date of birth: cannot judge",
    "the date of birth is unknown or impossible: cannot judge",
]
exclusions_zh = [
    "新生儿费用并入母亲生育住院结算",
    "活体器官、造血干细胞供者的费用并入受者结算",
    "新生儿期内已开始的住院，以及其后无间隔的连续住院",
    "早产儿（P07）：年龄最多可少计 16 周",
    "参保登记、结算、就诊与证件号码的出生日期不一致：无法判定",
    "出生日期未知或不合理：无法判定",
]
limits      = "On trial, for the catalogue publishes no list of what is paid for newborns only: the items are starter knowledge, told by code or name, and go live with an area's own list. A premature child may be nursed as a newborn beyond the days; a stay that began in time is let pass to its end."
limits_zh   = "试运行原因：国家未公布限新生儿项目清单，按编码或名称识别的项目为初始知识，换用当地清单后方可正式启用。早产儿可在超过天数后仍按新生儿护理；及时开始的住院，至出院均予放过。"
status      = "trial"
version     = "4"
sentence    = "{item_name}, for newborns up to {age_limit} days, was charged on {occurred_on} for a person of {age_days} days ({amount} yuan)"
sentence_zh = "{occurred_on} 为出生 {age_days} 天的参保人结算限 {age_limit} 天以内新生儿使用的“{item_name}”，涉及 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name from feature.fee_line
),

listed as (
    select i.item_code, i.item_name, k.age_to_days, k.point_id, k.valid_from, k.valid_to
    from item as i
    join knowledge.newborn_item as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

charged as (
    select l.settlement_id, l.line_id, max(k.age_to_days) as age_to_days, max(k.point_id) as point_id
    from feature.fee_line as l
    join listed as k
        on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
    group by l.settlement_id, l.line_id
),

aged as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, s.birth_on, s.is_birth_contradicted, c.age_to_days, c.point_id,
        date_diff('day', s.birth_on, l.charged_on) as age_days,
        coalesce(
            date_diff('day', s.birth_on, least(l.charged_on, coalesce(g.care_began_on, l.charged_on)))
            - coalesce(g.preterm_days, 0) <= c.age_to_days, false
        ) as is_begun,
        b.encounter_id is not null as is_maternity,
        o.encounter_id is not null as has_donor
    from charged as c
    join feature.fee_line as l on l.settlement_id = c.settlement_id and l.line_id = c.line_id
    join feature.settlement as s on s.settlement_id = l.settlement_id
    left join feature.encounter_age as g on g.encounter_id = l.encounter_id
    left join feature.birth as b on b.encounter_id = l.encounter_id
    left join feature.donor_on_bill as o on o.encounter_id = l.encounter_id
),

told as (
    select *,
        case
            when birth_on is null then 'the date of birth is unknown'
            when is_birth_contradicted then 'the dates of birth that are known of the person differ'
            when age_days < 0 or age_days > 45000 then 'the date of birth is impossible'
        end as reason
    from aged
)

select
    case
        when is_maternity or has_donor then 'clear'
        when reason is not null then 'cannot_judge'
        when age_days > age_to_days and not is_begun then 'hit'
        else 'clear'
    end as outcome,
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
    age_days,
    age_to_days as age_limit,
    point_id
from told
union all
select 'cannot_judge', 'knowledge.newborn_item is empty', null, null, null, null, null, null, null, null, null, null,
    null, null
from (select count(*) as held from knowledge.newborn_item) as k
where held = 0
