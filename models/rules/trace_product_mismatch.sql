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
    "another catalogue code of the same drug, by the generic part of the code or by the name: renewed codes, other makers and packings",
    "the same code under another name: the catalogue renamed the drug and a shop still sends the old name",
    "the scan names no encounter and several bills have a line of that number: cannot judge",
]
exclusions_zh = [
    "药品标识无稳定对应：不足 {min_lines} 条、不足 {min_institutions} 家或同一药品占比低于 {min_share:%}：无法判定",
    "同一药品的其他目录编码（按编码通用名段或名称）：编码更新、其他厂家及包装",
    "编码相同而名称不同：目录更名后机构仍上传旧名",
    "追溯码未关联就诊ID，且多张账单有相同流水号：无法判定",
]
limits      = "Which drug a product number stands for is learnt from what nearly everybody bills with it; where a whole area swaps, it stays hidden. The same name of another maker is let pass, though a dear maker billed for a cheap one is a swap too."
limits_zh   = "药品标识对应何种药品，从绝大多数机构的结算中学得；整个地区均串换时无法发现。同名不同厂家予以放过，但以高价厂家代替低价厂家结算同样属串换。"
version     = "2"
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
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, coalesce(item_name, '') as item_name,
        eligible_amount, substr(trace_code, 1, 7) as product_number, is_placed,
        -- Renewed codes, other makers and packs, and a name that the catalogue changed are one drug: the generic part of
        -- the national code says so.
        case
            when regexp_matches(catalogue_code, '^X[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{3}') then substr(catalogue_code, 1, 10)
            when regexp_matches(catalogue_code, '^Z[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{4}') then substr(catalogue_code, 1, 11)
            else catalogue_code
        end as drug_key
    from feature.pack_scan
    where length(trace_code) >= $code_length and catalogue_code is not null
    group by settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, coalesce(item_name, ''),
        catalogue_code, eligible_amount, substr(trace_code, 1, 7), is_placed
),

billed as (
    select product_number, drug_key, item_name, count(*) as lines
    from scanned
    where is_placed
    group by product_number, drug_key, item_name
),

spread as (
    select product_number, count(distinct institution_id) as institutions
    from scanned
    where is_placed
    group by product_number
),

keyed as (
    select product_number, drug_key, item_name, lines,
        sum(lines) over (partition by product_number, drug_key) as key_lines,
        sum(lines) over (partition by product_number) as all_lines
    from billed
),

usual as (
    select product_number, drug_key as usual_key, item_name as usual_name, all_lines,
        row_number() over (
            partition by product_number order by key_lines desc, drug_key, lines desc, item_name
        ) as place
    from keyed
),

meant as (
    select u.product_number, u.usual_key, u.usual_name, max(u.all_lines) as all_lines,
        sum(case when b.drug_key = u.usual_key or b.item_name = u.usual_name then b.lines else 0 end) as lines
    from usual as u
    join billed as b on b.product_number = u.product_number
    where u.place = 1
    group by u.product_number, u.usual_key, u.usual_name
),

settled as (
    select m.product_number, m.usual_key, m.usual_name,
        cast(m.lines as double) / greatest(cast(m.all_lines as double), 1.0) as share,
        m.all_lines >= $min_lines and s.institutions >= $min_institutions
        and cast(m.lines as double) >= $min_share * cast(m.all_lines as double) as is_settled
    from meant as m
    join spread as s on s.product_number = m.product_number
)

select
    case
        when not s.is_placed or k.product_number is null or not k.is_settled then 'cannot_judge'
        when s.drug_key = k.usual_key or s.item_name like k.usual_name || '%'
            or (s.item_name <> '' and k.usual_name like s.item_name || '%') then 'clear'
        when s.item_name = '' then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when not s.is_placed then 'several bills have a line of the number that the trace code names'
        when not k.is_settled then 'too little is known of the product number'
        else 'the name of the drug is unknown'
    end as reason,
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
left join settled as k on k.product_number = s.product_number
