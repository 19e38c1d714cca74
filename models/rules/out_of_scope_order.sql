/*
title       = "Orders from a department outside the practitioner's scope"
title_zh    = "超执业范围开单"
violation   = "out_of_scope_order"
family      = "internal_control"
fetch       = ["practitioner_register", "signatures"]
problem     = ["hospital-5", "hospital-71"]
subjects    = ["practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = [
    "《医师执业注册管理办法》：执业范围",
    "筛查模型 D02（超范围）",
]
needs       = ["record.practitioner.practice_scope_code", "record.fee_line.ordering_department_code"]
exclusions  = [
    "general practice and emergency medicine, by scope or by department: they serve all",
    "subspecialties of one first-level department",
    "fewer than {min_lines} such lines of the practitioner there: a consultation",
    "most of the practitioner's orders come from that department: the register is out of date, cannot judge",
    "scope or department are not national codes: cannot judge",
    "the practitioner is unknown: cannot judge",
]
exclusions_zh = [
    "全科医学、急诊医学的执业范围或科室：面向各科",
    "同一一级科目下的亚专业",
    "该医师在该科室此类明细不足 {min_lines} 条：会诊",
    "该医师多数医嘱出自该科室：登记未更新，无法判定",
    "执业范围或科室非国家编码：无法判定",
    "医师未知：无法判定",
]
limits      = "The scope is a licence, the department a place of work: physicians of one scope lawfully work in several departments, and small houses share one. A pointer to codes lent to colleagues, no more."
limits_zh   = "执业范围是许可，科室是工作地点：同一范围的医师可合法在多个科室工作，小型机构也会共用科室。仅提示编码可能借给他人使用。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was ordered on {occurred_on} from department {department_code} by a practitioner licensed for {scope_name}; {lines} such lines ({amount} yuan)"
sentence_zh = "{occurred_on} 执业范围为“{scope_name}”的医师在科室 {department_code} 开具“{item_name}”，共 {lines} 条，本条 {amount} 元"

[params.min_lines]
value   = 20
unit    = "lines"
meaning = "of the practitioner from that department"

[params.max_share]
value   = 0.5
unit    = "share"
meaning = "of the practitioner's orders; above it the register is taken to be out of date"

[params.general_pattern]
value   = "^(02|20)$"
meaning = "first-level departments that serve all"
*/
with scope as (
    select practitioner_id, max(practice_scope_code) as scope_code, max(practice_scope_name) as scope_name
    from record.practitioner
    group by practitioner_id
    having min(practice_scope_code) = max(practice_scope_code)
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_name, l.eligible_amount, l.department_code, s.scope_code, s.scope_name,
        substr(l.department_code, 2, 2) as department
    from feature.fee_line as l
    join scope as s on s.practitioner_id = l.practitioner_id
    where l.eligible_amount > 0
),

worked as (
    select practitioner_id, department, count(*) as lines
    from line
    group by practitioner_id, department
),

shared as (
    select practitioner_id, department, lines,
        cast(lines as double) / greatest(cast(sum(lines) over (partition by practitioner_id) as double), 1.0) as share
    from worked
),

compared as (
    select l.*, h.lines, h.share,
        regexp_matches(coalesce(l.department_code, ''), '^A[0-9]{2}')
        and regexp_matches(coalesce(l.scope_code, ''), '^[0-9]{2}$') as is_coded,
        l.department <> l.scope_code and not regexp_matches(l.department, $general_pattern)
        and not regexp_matches(l.scope_code, $general_pattern) as is_outside
    from line as l
    left join shared as h on h.practitioner_id = l.practitioner_id and h.department = l.department
)

select
    case
        when not is_coded or (is_outside and share > $max_share) then 'cannot_judge'
        when is_outside and lines >= $min_lines then 'hit'
        else 'clear'
    end as outcome,
    case
        when not is_coded then 'scope or department are not national codes'
        when is_outside and share > $max_share then 'the register seems out of date'
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
    department_code,
    scope_name,
    lines
from compared
union all
select 'cannot_judge', 'the practitioner is unknown', settlement_id, line_id, encounter_id, person_id, institution_id,
    practitioner_id, charged_on, eligible_amount, item_name, department_code, null, null
from feature.fee_line
where practitioner_id is null and eligible_amount > 0 and not coalesce(is_pharmacy, false)
