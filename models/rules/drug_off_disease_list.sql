/*
title       = "Drug outside the list of the chronic disease it was settled under"
title_zh    = "药品超限定病种目录范围使用"
official    = [11]
violation   = "off_disease_list"
family      = "eligibility"
fetch       = ["certification", "medication"]
problem     = ["pharmacy-16"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "definite"
stage       = "audit"
scope       = ["chronic"]
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）11 药品超限定病种目录范围使用"]
needs       = ["record.settlement.disease_code"]
exclusions  = [
    "the person is registered for another disease whose list holds the drug",
    "items that are no drugs",
    "settlements that are for no listed disease",
    "the list of the disease is not known: cannot judge",
    "another list holds the drug and no registrations were delivered: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "参保人另登记有其他病种，其目录包含该药",
    "非药品项目",
    "非目录病种的结算",
    "该病种目录未知：无法判定",
    "其他病种目录含该药品，而未提供门慢特登记：无法判定",
    "参保人未知：无法判定",
]
limits      = "The lists are the areas' own: the table ships empty. A list is taken as complete as soon as it has one row."
limits_zh   = "目录由各地制定，出厂时该表为空。某病种只要有一条记录，即视为目录完整。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was settled under {disease} on {occurred_on}, but is not on its list ({amount} yuan)"
sentence_zh = "{occurred_on} 以“{disease}”门诊慢特病结算的“{item_name}”不在该病种用药范围内，涉及 {amount} 元"
*/
with charged as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, coalesce(l.item_name, '') as item_name, l.eligible_amount, r.disease_code,
        coalesce(r.disease_name, r.disease_code) as disease
    from feature.fee_line as l
    join record.settlement as r on r.settlement_id = l.settlement_id
    cross join (select count(*) as held from knowledge.disease_drug_list) as k
    where k.held > 0 and r.disease_code is not null and l.catalogue_type in ('101', '102', '103', '104')
        and l.eligible_amount > 0
),

item as (
    select distinct item_code, item_name from charged
),

listed as (
    select distinct k.disease_code, i.item_code, i.item_name, k.valid_from, k.valid_to
    from item as i
    join knowledge.disease_drug_list as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

holds as (
    select person_id, disease_code, valid_from, valid_to
    from record.chronic_registration
    where coalesce(is_valid, true)
),

allowed as (
    select distinct c.settlement_id, c.line_id
    from charged as c
    join listed as k
        on k.item_code = c.item_code and k.item_name = c.item_name
        and c.charged_on >= coalesce(k.valid_from, c.charged_on) and c.charged_on <= coalesce(k.valid_to, c.charged_on)
    left join holds as h
        on h.person_id = c.person_id and h.disease_code = k.disease_code
        and c.charged_on >= coalesce(h.valid_from, c.charged_on) and c.charged_on <= coalesce(h.valid_to, c.charged_on)
    where k.disease_code = c.disease_code or h.disease_code is not null
),

told as (
    select c.*, a.line_id is not null as is_allowed, k.disease_code is null as is_unknown,
        o.item_code is not null as is_on_another_list, n.registrations
    from charged as c
    cross join (select count(*) as registrations from record.chronic_registration) as n
    left join allowed as a on a.settlement_id = c.settlement_id and a.line_id = c.line_id
    left join (select distinct disease_code from knowledge.disease_drug_list) as k on k.disease_code = c.disease_code
    left join (select distinct item_code, item_name from listed) as o
        on o.item_code = c.item_code and o.item_name = c.item_name
)

select
    case
        when is_allowed then 'clear'
        when is_unknown or (is_on_another_list and (person_id is null or registrations = 0)) then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when is_unknown then 'the list of the disease is not known'
        when person_id is null then 'the person is unknown'
        when registrations = 0 then 'no registration for chronic diseases was delivered'
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
    disease
from told
union all
select 'cannot_judge', 'knowledge.disease_drug_list is empty: a city table', null, null, null, null, null, null, null,
    null, null, null
from (select count(*) as held from knowledge.disease_drug_list) as k
where held = 0
