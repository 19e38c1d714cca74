/*
title       = "Antibiotic ordered by a practitioner whose title does not allow its class"
title_zh    = "抗菌药物分级使用管理：医师职称与级别不符"
official    = [45]
violation   = "antibiotic_right"
family      = "medication"
fetch       = ["antibiotic"]
subjects    = ["practitioner", "institution"]
certainty   = "suspected"
stage       = "audit"
window      = "line"
basis       = [
    "《抗菌药物临床应用管理办法》第二十四条、第二十七条、第二十八条",
    "智能监管规则库（2025年版）45 抗菌药物分级使用管理",
]
needs       = ["record.practitioner.title"]
exclusions  = [
    "unrestricted antibiotics: every physician may order them",
    "emergencies: one day's use by a lower title is allowed",
    "the practitioner or the title is unknown: cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
    "drops, creams and inhaled antibiotics",
]
exclusions_zh = [
    "非限制使用级抗菌药物：各级医师均可开具",
    "急诊情形：允许越级使用一天",
    "医师或职称未知：无法判定",
    "机构未知，无从知道是否为药店：无法判定",
    "滴眼、外用、雾化吸入的抗菌药物",
]
limits      = "Rests on starter knowledge of the classes; the province's own list counts. The right is granted by the institution after training and may be narrower or wider than the title; the consultation that special use asks for is not exported. Titles are today's."
limits_zh   = "依据初始知识表中的分级，以本省分级管理目录为准。处方权由机构经培训考核后授予，可能宽于或窄于职称对应的权限；特殊使用级所需的会诊记录不在导出数据中。职称为当前职称。"
status      = "trial"
version     = "3"
sentence    = "{item_name}, an antibiotic of {class} use, was ordered on {occurred_on} by a practitioner with the title {title} ({amount} yuan)"
sentence_zh = "{occurred_on} {class_zh}抗菌药物“{item_name}”由职称为“{title}”的医师开具，涉及 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where catalogue_type = '101' and not coalesce(is_pharmacy, false)
),

drug as (
    select i.item_code, i.item_name, max(case k.class when 'special' then 3 when 'restricted' then 2 else 1 end) as rank
    from item as i
    join knowledge.antibiotic as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    group by i.item_code, i.item_name
),

-- National codes 231 to 235 from chief physician down, or the title in words; another title is not a low one.
titled as (
    select practitioner_id, max(title) as title,
        max(case
            when title in ('231', '232') or title like '%主任%' then 3
            when title = '233' or title like '%主治%' then 2
            when title in ('234', '235') or regexp_matches(title, '住院|医师|医士|助理') then 1
        end) as rank
    from record.practitioner
    group by practitioner_id
)

select
    case
        when l.care_setting = 'emergency' or d.rank = 1 then 'clear'
        when t.rank is null then 'cannot_judge'
        when t.rank < d.rank and l.is_pharmacy is null then 'cannot_judge'
        when t.rank < d.rank then 'hit'
        else 'clear'
    end as outcome,
    case
        when l.practitioner_id is null then 'the practitioner is unknown'
        when t.rank is null then 'the title of the practitioner is unknown'
        else 'the institution is unknown, and with it whether it is a drugstore'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    l.item_name,
    coalesce(t.title, '') as title,
    case d.rank when 3 then 'special' when 2 then 'restricted' else 'unrestricted' end as class,
    case d.rank when 3 then '特殊使用级' when 2 then '限制使用级' else '非限制使用级' end as class_zh
from feature.fee_line as l
join drug as d on d.item_code = l.item_code and d.item_name = coalesce(l.item_name, '')
left join titled as t on t.practitioner_id = l.practitioner_id
where l.eligible_amount > 0 and not coalesce(l.is_pharmacy, false) and not coalesce(l.is_local, false)
union all
select 'cannot_judge', 'knowledge.antibiotic is empty', null, null, null, null, null, null, null, null, null, null, null,
    null
from (select count(*) as held from knowledge.antibiotic) as k
where held = 0
