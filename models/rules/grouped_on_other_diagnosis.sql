/*
title       = "Grouped for payment on another principal diagnosis than the list settled has"
title_zh    = "分组主诊断与结算清单不一致"
violation   = "grouped_on_other_diagnosis"
family      = "coding"
problem     = ["hospital2026-12"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
scope       = ["inpatient"]
window      = "stay"
law         = ["regulation-15-1", "regulation-38-1-7", "rules-23", "rules-35"]
basis       = ["DRG/DIP 按病组付费：以医疗保障基金结算清单主要诊断入组；筛查模型 E01"]
needs       = ["record.payment_group.principal_diagnosis_code"]
exclusions  = [
    "both codes are of one category (the first three characters): a finer code",
    "a course of treatment on one side and its tumour on the other: both ways of coding are in use",
    "newborns, who are grouped by age and weight",
    "the group's diagnosis is unknown: cannot judge",
    "the settled principal diagnosis is unknown: cannot judge",
    "the settlement of the group is not in the delivery: cannot judge",
]
exclusions_zh = [
    "两个编码属同一类目（前三位相同）：仅细分不同",
    "一侧为疗程性治疗、另一侧为其肿瘤：两种编码方式均在使用",
    "新生儿：按日龄和体重入组",
    "分组主诊断未知：无法判定",
    "结算清单主要诊断未知：无法判定",
    "分组对应的结算不在本次数据中：无法判定",
]
limits      = "A list corrected after grouping looks the same: ask for the version that was grouped. What is lost is the difference of two payment standards: computed where the institution's other stays of the settled diagnosis in that year were all paid as one group at one standard, else not. No yuan of items are put at issue."
limits_zh   = "分组后更正清单也会呈现相同情形，应调取入组所用版本。损失为两个病组支付标准之差：本机构当年同一清单主诊断的其他住院均入同一病组、同一支付标准的予以核算，否则不核算；不列项目金额。"
status      = "trial"
version     = "2"
sentence    = "Paid as {group_code} {group_name} on diagnosis {grouped_code}; the list settled has {settled_code} as principal diagnosis{beside}{payment}"
sentence_zh = "按 {group_code} {group_name} 付费，分组主诊断 {grouped_code}，结算清单主要诊断为 {settled_code}{beside_zh}{payment_zh}"

[params.course_pattern]
value   = "^Z51|^Z08|^Z09"
meaning = "codes of courses of treatment"

[params.tumour_pattern]
value   = "^C|^D[0-4]"
meaning = "codes of tumours"
*/
with grouped as (
    select g.*, s.settlement_id is null as is_unsettled, coalesce(s.is_newborn, false) as is_newborn
    from feature.case_payment as g
    left join feature.settlement as s on s.settlement_id = g.settlement_id
),

beside as (
    select distinct g.settlement_id
    from grouped as g
    join record.diagnosis as d
        on d.settlement_id = g.settlement_id and substr(d.diagnosis_code, 1, 3) = substr(g.grouped_code, 1, 3)
        and not coalesce(d.is_principal, false)
),

judged as (
    select g.*, b.settlement_id is not null as is_beside,
        substr(g.grouped_code, 1, 3) = substr(g.settled_code, 1, 3)
        or (regexp_matches(g.grouped_code, $course_pattern) and regexp_matches(g.settled_code, $tumour_pattern))
        or (regexp_matches(g.settled_code, $course_pattern) and regexp_matches(g.grouped_code, $tumour_pattern))
            as is_same
    from grouped as g
    left join beside as b on b.settlement_id = g.settlement_id
)

select
    case
        when is_unsettled then 'cannot_judge'
        when is_newborn then 'clear'
        when grouped_code is null or settled_code is null then 'cannot_judge'
        when is_same then 'clear'
        else 'hit'
    end as outcome,
    case
        when is_unsettled then 'its settlement is not in the delivery'
        when grouped_code is null then 'the principal diagnosis of the group is unknown'
        else 'the settled principal diagnosis is unknown'
    end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    ended_on as occurred_on,
    cast(null as decimal(16, 2)) as amount,
    group_code,
    group_name,
    grouped_code,
    settled_code,
    case when is_beside then ' and that one beside it' else '' end as beside,
    case when is_beside then '，该诊断列为其他诊断' else '' end as beside_zh,
    due_loss as loss,
    case when paid_standard is null then '' else '; paid at ' || cast(paid_standard as varchar) || ' yuan' end
        || case
            when due_loss is null then '; the loss is not computed'
            else ', ' || settled_code || ' is paid here as ' || due_group_code || ' at '
                || cast(due_standard as varchar) || ' yuan: a loss of '
                || cast(due_loss as varchar) || ' yuan'
        end as payment,
    case when paid_standard is null then '' else '，支付标准 ' || cast(paid_standard as varchar) || ' 元' end
        || case
            when due_loss is null then '，基金损失未核算'
            else '；本机构 ' || settled_code || ' 入 ' || due_group_code || ' 组，支付标准 '
                || cast(due_standard as varchar) || ' 元，差额 '
                || cast(due_loss as varchar) || ' 元'
        end as payment_zh
from judged
