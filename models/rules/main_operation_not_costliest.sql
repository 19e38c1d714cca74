/*
title       = "Main operation of the stay is not its costliest"
title_zh    = "主要手术操作并非费用最高的手术操作"
official    = [38]
violation   = "procedure_miscoded"
family      = "coding"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["inpatient"]
window      = "settlement"
law         = ["regulation-16", "regulation-38-1-7", "regulation-39-1-3", "regulation-39-1-4", "rules-9", "rules-23"]
basis       = [
    "《医疗保障基金结算清单填写规范》：主要手术及操作的选择",
    "智能监管规则库（2025年版）38 手术操作编码异常",
]
needs       = ["record.procedure.procedure_code"]
exclusions  = [
    "a settlement with one operation only",
    "the costliest costs less than {margin:%} more than the main one",
    "no fee of the main operation is known: cannot judge",
    "no operation, or more than one, is marked as the main one: cannot judge",
]
exclusions_zh = [
    "仅一项手术的结算",
    "费用最高者高出主要手术不足 {margin:%}",
    "主要手术无已知费用：无法判定",
    "未标记主要手术或标记多个：无法判定",
]
limits      = "The main operation is the one that treats the principal diagnosis; mostly, not always, it is the costliest. Only the fees of operations are compared, not those of implants and anaesthesia. Which fee belongs to which operation is the line's own procedure code, else starter knowledge of items and procedures."
limits_zh   = "主要手术为治疗主诊断的手术，多数但并非总是费用最高。仅比较手术费，不含植入物和麻醉。费用归属哪项手术，以明细的手术操作编码为准，否则依据初始知识表中的项目与手术对应关系。"
status      = "trial"
version     = "1"
sentence    = "{main_name} is coded as the main operation ({main_amount} yuan), but {other_name} cost more ({other_amount} yuan)"
sentence_zh = "主要手术编码为“{main_name}”（{main_amount} 元），但“{other_name}”费用更高（{other_amount} 元）"

[params.margin]
value   = 0.2
unit    = "share"
meaning = "how much dearer the other operation must be"
*/
with several as (
    select settlement_id
    from record.procedure
    group by settlement_id
    having count(distinct procedure_code) > 1
),

operation as (
    select l.settlement_id, l.encounter_id, l.line_id, l.item_code, coalesce(l.item_name, '') as item_name, l.amount
    from feature.fee_line as l
    where l.settlement_id in (select settlement_id from several) and l.fee_category in ('05', '06')
),

known as (
    select distinct c.procedure_code, i.item_code, i.item_name
    from (
        select distinct procedure_code
        from record.procedure
        where settlement_id in (select settlement_id from several)
    ) as c
    join knowledge.procedure_item as k
        on substr(c.procedure_code, 1, length(k.procedure_prefix)) = k.procedure_prefix
    join (select distinct item_code, item_name from operation) as i
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
),

stated as (
    select o.settlement_id, r.procedure_code, o.amount
    from operation as o
    join record.fee_line as r on r.encounter_id = o.encounter_id and r.line_id = o.line_id
    where r.procedure_code is not null
    union all
    select o.settlement_id, k.procedure_code, o.amount
    from operation as o
    join known as k on k.item_code = o.item_code and k.item_name = o.item_name
    join record.procedure as p on p.settlement_id = o.settlement_id and p.procedure_code = k.procedure_code
    join record.fee_line as r on r.encounter_id = o.encounter_id and r.line_id = o.line_id
    where r.procedure_code is null
),

charged as (
    select settlement_id, procedure_code, sum(amount) as amount from stated group by settlement_id, procedure_code
),

coded as (
    select p.settlement_id, p.procedure_code, max(p.procedure_name) as procedure_name,
        max(case when p.is_principal then 1 else 0 end) as is_main, max(c.amount) as amount
    from record.procedure as p
    left join charged as c on c.settlement_id = p.settlement_id and c.procedure_code = p.procedure_code
    group by p.settlement_id, p.procedure_code
),

ranked as (
    select *,
        row_number() over (
            partition by settlement_id order by coalesce(amount, 0) desc, is_main desc, procedure_code
        ) as place
    from coded
),

compared as (
    select settlement_id, count(*) as operations, sum(is_main) as mains,
        max(case when is_main = 1 then procedure_name end) as main_name,
        max(case when is_main = 1 then amount end) as main_amount,
        max(case when place = 1 then procedure_name end) as other_name,
        max(case when place = 1 then amount end) as other_amount
    from ranked
    group by settlement_id
),

told as (
    select *,
        case
            when operations = 1 then null
            when mains <> 1 then 'not exactly one operation is marked as the main one'
            when main_amount is null then 'no fee of the main operation is known'
        end as reason
    from compared
)

select
    case
        when t.reason is not null then 'cannot_judge'
        when t.operations > 1 and cast(t.other_amount as double) > cast(t.main_amount as double) * (1 + $margin)
            then 'hit'
        else 'clear'
    end as outcome,
    t.reason,
    t.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.settled_on as occurred_on,
    cast(0 as decimal(16, 2)) as amount,
    coalesce(t.main_name, '') as main_name,
    t.main_amount,
    coalesce(t.other_name, '') as other_name,
    t.other_amount
from told as t
join feature.settlement as s on s.settlement_id = t.settlement_id
where s.care_setting = 'inpatient'
