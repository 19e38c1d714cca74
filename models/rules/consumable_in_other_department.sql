/*
title       = "Consumable charged by a department that has no use for it"
title_zh    = "医用耗材与科室不符"
official    = [85]
violation   = "department_mismatch"
family      = "overcharge"
fetch       = ["consumables"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-4", "rules-11"]
basis       = ["智能监管规则库（2025年版）85 医用耗材与科室不符"]
needs       = ["record.fee_line.ordering_department_code"]
exclusions  = [
    "the department that performs it is meant for it",
    "one of several departments fits",
    "the department is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "执行科室属其适用科室",
    "符合多个适用科室之一",
    "科室未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Department names are free text: a department under another name is a false finding, best answered by adding the name. A patient moved between wards is charged where the bed is."
limits_zh   = "科室名称为自由文本，名称不同的同一科室会误判，宜补充该名称。参保人转科时，费用记在床位所在科室。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} by {department} ({amount} yuan), a department it is not meant for"
sentence_zh = "{occurred_on} 科室“{department}”收取医用耗材“{item_name}”{amount} 元，与其适用科室不符"
*/
-- A department goes by many names: those of department_alias count as its own.
with word as (
    select item_prefix, name_word, department_word, official, valid_from, valid_to from knowledge.item_department
    union all
    select k.item_prefix, k.name_word, a.alias, k.official, k.valid_from, k.valid_to
    from knowledge.item_department as k
    join knowledge.department_alias as a on a.department_word = k.department_word
),

meant as (
    select i.item_code, i.item_name, '%' || k.department_word || '%' as department, k.valid_from, k.valid_to
    from (
        select distinct item_code, coalesce(item_name, '') as item_name
        from feature.fee_line
        where item_code is not null and eligible_amount > 0
    ) as i
    join word as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 85
),

concerned as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, coalesce(r.ordering_department_name, o.department_name) as department,
        coalesce(r.performing_department_name, n.department_name) as performer,
        r.performing_department_name is null and l.institution_id is null and r.performing_department_code is not null as is_performer_unknown,
        l.is_pharmacy is null as is_place_unknown,
        max(case
            when coalesce(r.ordering_department_name, o.department_name) like m.department
                or coalesce(r.performing_department_name, n.department_name) like m.department then 1 else 0
        end) as is_fit
    from feature.fee_line as l
    join meant as m on m.item_code = l.item_code and m.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(m.valid_from, l.charged_on) and l.charged_on <= coalesce(m.valid_to, l.charged_on)
    join record.fee_line as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
    left join feature.department as o
        on o.institution_id = l.institution_id and o.department_code = r.ordering_department_code
    left join feature.department as n
        on n.institution_id = l.institution_id and n.department_code = r.performing_department_code
    where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false)
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_name, l.eligible_amount, coalesce(r.ordering_department_name, o.department_name),
        r.performing_department_name, n.department_name, r.performing_department_code, l.is_pharmacy, l.care_setting
)

select
    case
        when is_fit = 1 then 'clear'
        when department is null or is_performer_unknown or is_place_unknown then 'cannot_judge'
        else 'hit'
    end as outcome,
    case when department is null then 'the department is unknown' else 'the institution is unknown' end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    department
from concerned
union all
select 'cannot_judge', 'knowledge.item_department is empty for rule 85: a city table', null, null, null, null, null,
    null, null, null, null, null
from (select count(*) as points from knowledge.item_department where official = 85) as known
where points = 0
