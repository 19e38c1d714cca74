/*
title       = "A pack settled that was settled before"
title_zh    = "药品追溯码重复结算"
violation   = "trace_code_repeated"
family      = "traceability"
problem     = ["hospital-4", "pharmacy-1", "pharmacy-5"]
subjects    = ["institution", "pharmacy"]
certainty   = "definite"
stage       = "supervision"
window      = "all settlements delivered"
law         = ["regulation-15-1", "regulation-20", "regulation-38-1-4", "regulation-40-1-3", "rules-9"]
basis       = ["国家医保局：药品追溯码只应有一次被扫码销售的记录；追溯码规则 TR1、筛查模型 T01"]
needs       = ["record.trace_code.trace_code"]
exclusions  = [
    "the same person at the same institution on the same day: scanned or sent twice",
    "the first sale was taken back and the pack sold again",
    "both sales at one institution, each less than a whole pack: a pack opened and sold in parts",
    "both sales at one institution during stays: doses from one pack",
    "a code too short to be one: cannot judge",
    "the institution or the person is unknown: cannot judge",
]
exclusions_zh = [
    "同一参保人同日在同一机构：重复扫描或上传",
    "首次销售已退回，该盒再次销售",
    "两次均在同一机构且各不足一盒：拆零销售",
    "两次均在同一机构住院期间：同一盒分剂量使用",
    "编码过短，不构成追溯码：无法判定",
    "机构或参保人未知：无法判定",
]
limits      = "Implicates who sold the pack again; that the first sale was sound is not known either, so look at both purchase invoices. A code of the carton scanned instead of the pack's repeats too, then many times within days at one place. Self-paid sales are not delivered. The amount is that of the repeated packs, at the line's price a unit."
limits_zh   = "指向再次销售该盒药的机构；首次销售是否正常同样未知，应核对双方购进票据。扫描箱码代替盒码也会重复，此时同一机构数日内多次出现。自费销售未提供。金额为重复盒数按明细单价计算。"
version     = "1"
sentence    = "{item_name}: {repeated_packs} pack(s) of this sale had been settled before, code {trace_code} on {first_on} at {first_institution_id}, {gap_days} days earlier ({amount} yuan)"
sentence_zh = "“{item_name}”本次结算的 {repeated_packs} 盒药品追溯码此前已结算，如 {trace_code} 于 {first_on} 在{first_institution_id}结算（相隔 {gap_days} 天），涉及 {amount} 元"

[params.code_length]
value   = 20
unit    = "digits"
meaning = "a trace code has at least so many"
*/
with sold as (
    select t.trace_code, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_at,
        l.charged_on, l.item_name, l.quantity, l.eligible_amount, l.care_setting,
        count(*) over (partition by l.settlement_id, l.line_id) as codes,
        row_number() over (partition by t.trace_code order by l.charged_at, l.settlement_id, l.line_id) as place
    from record.trace_code as t
    join feature.fee_line as l on l.line_id = t.line_id
    where length(t.trace_code) >= $code_length
),

again as (
    select s.*, f.charged_on as first_on, f.institution_id as first_institution_id, f.person_id as first_person_id,
        coalesce(s.institution_id <> f.institution_id, false) or (
            not coalesce(s.person_id = f.person_id and s.charged_on = f.charged_on, true)
            and not (s.quantity < 1 and f.quantity < 1)
            and not (s.care_setting = 'inpatient' and f.care_setting = 'inpatient')
        ) as is_certain
    from sold as s
    join sold as f on f.trace_code = s.trace_code and f.place = 1
    where s.place > 1 and s.settlement_id <> f.settlement_id
        and (coalesce(s.institution_id <> f.institution_id, true) or (
            not coalesce(s.person_id = f.person_id and s.charged_on = f.charged_on, false)
            and not (s.quantity < 1 and f.quantity < 1)
            and not (s.care_setting = 'inpatient' and f.care_setting = 'inpatient')
        ))
),

repeated as (
    select settlement_id, line_id, count(*) as repeated_packs, min(trace_code) as trace_code,
        min(first_on) as first_on, min(first_institution_id) as first_institution_id
    from again
    where is_certain
    group by settlement_id, line_id
),

perhaps as (
    select distinct settlement_id, line_id from again where not coalesce(is_certain, false)
),

line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.quantity, l.eligible_amount, count(*) as codes,
        sum(case when length(t.trace_code) >= $code_length then 1 else 0 end) as sound_codes
    from record.trace_code as t
    join feature.fee_line as l on l.line_id = t.line_id
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.quantity, l.eligible_amount
)

select
    case
        when r.line_id is not null then 'hit'
        when p.line_id is not null or l.sound_codes = 0 then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when p.line_id is not null then 'the institution or the person is unknown'
        when l.sound_codes = 0 then 'not a trace code'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    cast(
        cast(l.eligible_amount as double) * least(
            1.0, cast(r.repeated_packs as double) / greatest(cast(l.quantity as double), cast(l.codes as double), 1.0)
        )
        as decimal(16, 2)
    ) as amount,
    l.item_name,
    r.repeated_packs,
    r.trace_code,
    r.first_on,
    r.first_institution_id,
    date_diff('day', r.first_on, l.charged_on) as gap_days
from line as l
left join repeated as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
left join perhaps as p on p.settlement_id = l.settlement_id and p.line_id = l.line_id
