/*
title       = "Service charged by a department it does not belong to"
title_zh    = "医疗服务项目限科室使用"
official    = [21]
violation   = "department_restriction"
family      = "overcharge"
fetch       = ["licence", "overcharge"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-15-2", "regulation-38-1-3", "regulation-38-1-6", "rules-11"]
basis       = ["智能监管规则库（2025年版）21 医疗服务项目限科室使用"]
needs       = ["record.fee_line.ordering_department_code"]
exclusions  = [
    "the ordering department's name contains an allowed word, any of several suffices",
    "performed by a department whose name contains an allowed word",
    "general practice and departments without a specialty of their own",
    "the department is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "开单科室名称含任一允许词",
    "执行科室名称含任一允许词",
    "全科及无自身专科的科室",
    "科室未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Rests on starter knowledge. Names of departments are the hospitals' own, from the line or from what the hospital calls the code elsewhere; an order for another department's service is let pass where the performing department is known to be a right one."
limits_zh   = "依据初始知识表。科室名称为医院自定，取自明细或该编码在医院其他处的称谓；为其他科室项目开单、且执行科室已知属正确科室的，予以放过。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was ordered by {department} on {occurred_on}, a department it does not belong to ({amount} yuan)"
sentence_zh = "{occurred_on} “{item_name}”由“{department}”开具，与限定科室不符，涉及 {amount} 元"

[params.general_word]
value   = "全科"
meaning = "part of the name of departments that may order everything"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name from feature.fee_line
),

listed as (
    select i.item_code, i.item_name, k.department_word, k.point_id, k.valid_from, k.valid_to
    from item as i
    join knowledge.item_department as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 21
),

-- A department goes by many names: those of department_alias count as its own.
worded as (
    select item_code, item_name, department_word, point_id, valid_from, valid_to from listed
    union
    select i.item_code, i.item_name, a.alias, i.point_id, i.valid_from, i.valid_to
    from listed as i
    join knowledge.department_alias as a on a.department_word = i.department_word
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, k.department_word, k.point_id
    from feature.fee_line as l
    join worded as k
        on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

ordered as (
    select r.settlement_id, r.line_id, coalesce(r.ordering_department_name, o.department_name) as department,
        coalesce(r.performing_department_name, p.department_name) as performer,
        r.performing_department_name is null and r.institution_id is null and r.performing_department_code is not null as is_performer_unknown
    from record.fee_line as r
    left join feature.department as o
        on o.institution_id = r.institution_id and o.department_code = r.ordering_department_code
    left join feature.department as p
        on p.institution_id = r.institution_id and p.department_code = r.performing_department_code
    where r.settlement_id in (select settlement_id from line)
),

weighed as (
    select l.settlement_id, l.line_id, max(l.encounter_id) as encounter_id, max(l.person_id) as person_id,
        max(l.institution_id) as institution_id, max(l.practitioner_id) as practitioner_id,
        max(l.charged_on) as charged_on, max(l.item_name) as item_name, max(l.eligible_amount) as eligible_amount,
        max(r.department) as department, max(l.point_id) as point_id,
        max(case when r.is_performer_unknown then 1 else 0 end) as is_performer_unknown,
        max(case
            when r.department like '%' || l.department_word || '%' or r.department like '%' || $general_word || '%'
                or r.performer like '%' || l.department_word || '%' then 1 else 0
        end) as is_allowed
    from line as l
    left join ordered as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
    group by l.settlement_id, l.line_id
)

select
    case
        when department is null then 'cannot_judge'
        when is_allowed = 1 then 'clear'
        when is_performer_unknown = 1 then 'cannot_judge'
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
    coalesce(department, '') as department,
    point_id
from weighed
union all
select 'cannot_judge', 'knowledge.item_department has no service', null, null, null, null, null, null, null, null, null,
    null, null
from (select count(*) as held from knowledge.item_department where official = 21) as k
where held = 0
