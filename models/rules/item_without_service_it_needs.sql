/*
title       = "Drug or consumable charged without the service it is used with"
title_zh    = "药品、医用耗材与医疗服务项目不符"
official    = [64, 84]
violation   = "service_missing"
family      = "overcharge"
problem     = [
    "hospital-13", "hospital-20", "hospital-32", "hospital-41", "hospital-60", "hospital-154",
    "hospital-167",
]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-4", "rules-11"]
basis       = ["智能监管规则库（2025年版）64 药品与医疗服务项目不符、84 医用耗材与医疗服务项目不符"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the service was charged at another visit to the institution, at most {days_apart:day} away",
    "the service (or the consumable that a service is done with) was charged but not paid by the funds",
    "bought at a drugstore, or taken home from a stay",
    "the institution is unknown: cannot judge",
    "the person is unknown: cannot judge",
    "a line of the visit has no code, or one of a price list that the knowledge does not know: cannot judge",
]
exclusions_zh = [
    "该服务项目在同一机构另一次就诊收取，相隔不超过 {days_apart} 天",
    "该服务项目（或该服务所用耗材）已收取但基金未支付",
    "药店购买，或出院带药",
    "机构未知：无法判定",
    "参保人未知：无法判定",
    "本次就诊有明细无编码，或为知识表未收录的新价格项目编码：无法判定",
]
limits      = "A service charged at another hospital, under a local code or inside a package price is not seen; so is a service given and forgotten on the bill. A consumable inside the price of its service is not seen either. The requirements are a start, of few drugs, consumables and services."
limits_zh   = "在其他医院、以本地编码或打包价收取的服务无法看到；服务已提供但漏记账的也会呈现相同情形。耗材已含在项目价格内的也看不到。要求清单为起步内容，只涉及少数药品、耗材和服务。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan), but no service or consumable it is used with, such as {service}"
sentence_zh = "{occurred_on} 收取“{item_name}”{amount} 元，未见与其配合使用的项目（如“{service}”）"

[params.days_apart]
value   = 3
unit    = "days"
meaning = "a service at another visit to the institution counts up to this many days away"
*/
with requirement as (
    select 64 as official, requirement_id, item_prefix, name_word, service_prefix, service_word, valid_from, valid_to
    from knowledge.drug_requires_service
    union all
    select 84, requirement_id, item_prefix, name_word, service_prefix, service_word, valid_from, valid_to
    from knowledge.consumable_requires_service
),

item as (
    select item_code, coalesce(item_name, '') as item_name,
        min(coalesce(catalogue_type, '201')) like '2%' as is_service
    from feature.fee_line
    where item_code is not null
    group by item_code, coalesce(item_name, '')
),

needing as (
    select i.item_code, i.item_name, r.official, r.requirement_id,
        min(r.service_word) as service_word, min(r.service_prefix) as service_prefix, r.valid_from, r.valid_to
    from item as i
    join requirement as r
        on i.item_code like coalesce(r.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(r.name_word, '') || '%'
    where coalesce(r.service_prefix, r.service_word) is not null
    group by i.item_code, i.item_name, r.official, r.requirement_id, r.valid_from, r.valid_to
),

-- A consumable's own name often contains the word of its service, so only services serve, and consumables where
-- the requirement asks for one by its code (C).
serving as (
    select distinct i.item_code, i.item_name, r.official, r.requirement_id
    from item as i
    join requirement as r
        on i.item_code like coalesce(r.service_prefix, '') || '%'
        and i.item_name like '%' || coalesce(r.service_word, '') || '%'
    where (i.is_service or r.service_prefix like 'C%') and coalesce(r.service_prefix, r.service_word) is not null
),

example as (
    select official, requirement_id, min(item_name) as item_name from serving group by official, requirement_id
),

concerned as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, n.official, n.requirement_id,
        coalesce(n.service_word, x.item_name, n.service_prefix) as service,
        l.is_pharmacy is null as is_place_unknown
    from feature.fee_line as l
    join needing as n on n.item_code = l.item_code and n.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(n.valid_from, l.charged_on) and l.charged_on <= coalesce(n.valid_to, l.charged_on)
    left join example as x on x.official = n.official and x.requirement_id = n.requirement_id
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
        and not coalesce(l.is_take_home, false)
),

served as (
    select distinct l.encounter_id, l.person_id, l.institution_id, l.charged_on, s.official, s.requirement_id
    from feature.fee_line as l
    join serving as s on s.item_code = l.item_code and s.item_name = coalesce(l.item_name, '')
    where l.person_id in (select person_id from concerned) or l.encounter_id in (select encounter_id from concerned)
),

met as (
    select c.settlement_id, c.line_id, c.official, c.requirement_id, 1 as is_there
    from concerned as c
    join served as s
        on s.encounter_id = c.encounter_id and s.official = c.official and s.requirement_id = c.requirement_id
    union
    select c.settlement_id, c.line_id, c.official, c.requirement_id,
        case when s.institution_id = c.institution_id then 1 else 0 end
    from concerned as c
    join served as s
        on s.person_id = c.person_id and coalesce(s.institution_id = c.institution_id, true)
        and s.official = c.official and s.requirement_id = c.requirement_id
    where abs(date_diff('day', s.charged_on, c.charged_on)) <= $days_apart
),

seen as (
    select settlement_id, line_id, official, requirement_id, max(is_there) as is_there
    from met
    group by settlement_id, line_id, official, requirement_id
),

-- What is missing may stand under no code or under one of a price list that the knowledge does not know.
uncoded as (
    select distinct encounter_id from feature.fee_line where item_code is null and encounter_id is not null
    union
    select encounter_id from feature.encounter_code where unknown_lines > 0
),

chosen as (
    select c.*, coalesce(m.is_there, 0) = 1 as is_met, m.line_id is not null as is_met_somewhere,
        c.encounter_id is null or u.encounter_id is not null as is_blind,
        row_number() over (
            partition by c.settlement_id, c.line_id
            order by case when m.line_id is null then 0 when m.is_there = 0 then 1 else 2 end, c.official,
                c.requirement_id
        ) as place
    from concerned as c
    left join seen as m
        on m.settlement_id = c.settlement_id and m.line_id = c.line_id and m.official = c.official
        and m.requirement_id = c.requirement_id
    left join uncoded as u on u.encounter_id = c.encounter_id
),

untold as (
    select 64 as official, 'drug_requires_service' as named, count(*) as points from knowledge.drug_requires_service
    union all
    select 84, 'consumable_requires_service', count(*) from knowledge.consumable_requires_service
)

select
    case
        when is_met then 'clear'
        when is_blind or person_id is null or is_met_somewhere or is_place_unknown then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when is_blind then 'the encounter or the code of one of its items is unknown'
        when person_id is null then 'the person is unknown'
        when is_met_somewhere then 'the institution is unknown'
        when is_place_unknown then 'the institution is unknown, and with it whether it is a drugstore'
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
    service,
    requirement_id,
    official
from chosen
where place = 1
union all
select 'cannot_judge', 'knowledge.' || named || ' is empty: a city table', null, null, null, null, null, null, null,
    null, null, null, null, official
from untold
where points = 0
