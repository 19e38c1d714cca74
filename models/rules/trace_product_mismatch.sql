/*
title       = "The pack scanned is not the drug settled"
title_zh    = "追溯码与结算药品不符"
violation   = "trace_product_mismatch"
family      = "traceability"
problem     = ["pharmacy-7", "pharmacy-8"]
subjects    = ["institution", "pharmacy"]
certainty   = "suspected"
stage       = "supervision"
window      = "all settlements delivered"
law         = ["regulation-15-1", "regulation-38-1-4", "rules-9"]
basis       = ["追溯码规则 TR4 码药不符、筛查模型 T03"]
needs       = ["record.trace_code.trace_code", "record.fee_line.catalogue_code"]
exclusions  = [
    "the product number has no settled meaning: fewer than {min_lines:line} or {min_institutions:place}, or less than {min_share:%} of one drug: cannot judge",
    "another catalogue code of the same registered name: renewed codes and other packings",
]
exclusions_zh = [
    "药品标识无稳定对应：不足 {min_lines} 条、不足 {min_institutions} 家或同一药品占比低于 {min_share:%}：无法判定",
    "同一注册名称的其他目录编码：编码更新及其他包装",
]
limits      = "Which drug a product number stands for is learnt from what nearly everybody bills with it; where a whole area swaps, it stays hidden. The same name of another maker is let pass, though a dear maker billed for a cheap one is a swap too."
limits_zh   = "药品标识对应何种药品，从绝大多数机构的结算中学得；整个地区均串换时无法发现。同名不同厂家予以放过，但以高价厂家代替低价厂家结算同样属串换。"
version     = "1"
sentence    = "Settled as {item_name}, but product number {product_number} of the scanned code belongs to {usual_name} in {share_percent} % of all lines ({amount} yuan)"
sentence_zh = "按“{item_name}”结算，所扫追溯码的药品标识 {product_number} 在 {share_percent}% 的记录中对应“{usual_name}”，涉及 {amount} 元"

[params.min_lines]
value   = 20
unit    = "lines"
meaning = "with the product number, before it is taken to have a meaning"

[params.min_institutions]
value   = 3
unit    = "institutions"
meaning = "that billed it"

[params.min_share]
value   = 0.95
unit    = "share"
meaning = "of the lines that bill the usual drug"

[params.code_length]
value   = 20
unit    = "digits"
meaning = "a trace code has at least so many; its first seven number the product"
*/
with scanned as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.catalogue_code, l.eligible_amount, substr(t.trace_code, 1, 7) as product_number
    from record.trace_code as t
    join feature.fee_line as l on l.line_id = t.line_id
    where length(t.trace_code) >= $code_length and l.catalogue_code is not null
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_name,
        l.catalogue_code, l.eligible_amount, substr(t.trace_code, 1, 7)
),

billed as (
    select product_number, item_name, count(*) as lines
    from scanned
    group by product_number, item_name
),

spread as (
    select product_number, count(distinct institution_id) as institutions
    from scanned
    group by product_number
),

usual as (
    select b.product_number, b.item_name as usual_name, b.lines,
        sum(b.lines) over (partition by b.product_number) as all_lines,
        row_number() over (partition by b.product_number order by b.lines desc, b.item_name) as place
    from billed as b
),

known as (
    select u.product_number, u.usual_name,
        cast(u.lines as double) / greatest(cast(u.all_lines as double), 1.0) as share,
        u.all_lines >= $min_lines and s.institutions >= $min_institutions
        and cast(u.lines as double) >= $min_share * cast(u.all_lines as double) as is_settled
    from usual as u
    join spread as s on s.product_number = u.product_number
    where u.place = 1
)

select
    case
        when not k.is_settled then 'cannot_judge'
        when s.item_name <> k.usual_name then 'hit'
        else 'clear'
    end as outcome,
    case when not k.is_settled then 'too little is known of the product number' end as reason,
    s.settlement_id,
    s.line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.charged_on as occurred_on,
    s.eligible_amount as amount,
    s.item_name,
    s.product_number,
    k.usual_name,
    cast(100 * k.share as decimal(16, 1)) as share_percent
from scanned as s
join known as k on k.product_number = s.product_number
