/*
title = "Own items billed as dearer ones"
title_zh = "多个院内项目不时按更贵的医保项目结算（疑似串换）"
violation = "substitution"
family = "substitution"
judges   = ["price"]
subjects = ["institution"]
certainty = "suspected"
window = "the whole delivered window"
law = ["regulation-15-1", "regulation-38-1-4", "rules-11"]
basis = ["筛查模型 D08 串换线索（目录对码异常、名称不符）"]
needs = ["record.fee_line.institution_item_code", "record.fee_line.unit_price"]
sentence = "What the institution keeps as {own_name} (own code {own_code}) was billed as {item_name} at {unit_price} yuan; it stands for {given_name} at {given_price} yuan: {amount} yuan above on this line, one of {lines} of {items} own items here"
sentence_zh = "院内项目“{own_name}”（院内编码{own_code}）本条按“{item_name}”单价{unit_price}元结算，该项目对应“{given_name}”{given_price}元，本条高出{amount}元（本机构共{items}个项目{lines}条）"
exclusions = [
    "one item after the other under a code: a new code of the catalogue, a new supplier",
    "an own name that is the billed item's",
    "a code for everything; institutions whose codes are groups of items: cannot judge",
    "few own items or lines: mistakes in the data table",
]
exclusions_zh = ["同一编码下前后衔接的项目：目录新编码、更换供应商", "院内名称即为所结算项目的名称", "通用编码；院内编码为项目分组的机构：无法判定", "项目或明细较少：对码差错"]
limits = "Goods of one name from several makers in stock side by side look alike: purchase papers and the report or nursing record tell what was given. What was charged under the dear item's own code and name is not seen here, so the true sum is higher."
limits_zh = "同名不同厂家商品并存也会呈现相同情形，应以购进票据、检查报告或护理记录确认实际提供的项目。直接以更贵项目的编码和名称记账的部分此处不可见，实际金额更高。"

[strength]  # half the distance to certainty for every five own items billed so
by = "items"
halving = 5

[params.min_ratio]
value = 1.2
unit = "x"
meaning = "of the billed price to that of what it stands for"

[params.min_items]
value = 5
unit = "own items"
meaning = "billed so at the institution; fewer are slips"

[params.min_lines]
value = 20
unit = "lines"
meaning = "billed so at the institution, at least"

[params.min_excess]
value = 1000
unit = "yuan"
meaning = "above, at the institution, at least"

[params.max_national]
value = 5
unit = "items"
meaning = "more under one own code: a code for everything"

[params.max_share]
value = 0.5
unit = "share"
meaning = "of an institution's own codes that stand for several items: they are no item codes"
*/
-- dearer_line: a line whose own code or own name stands for something cheaper.
create temp table dearer_line as
with line as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, practitioner_id, charged_on, item_code,
        item_name, institution_item_code as own_code, institution_item_name as own_name, quantity,
        eligible_amount, cast(unit_price as double) as unit_price,
        cast(coalesce(over_limit_amount, 0) as double) as over_limit
    from feature.fee_line
    where not is_pharmacy and institution_id is not null and institution_item_code is not null and unit_price > 0
),
billed_item as (
    select institution_id, own_code, item_code, min(item_name) as item_name, median(unit_price) as price,
        min(charged_on) as first_on, max(charged_on) as last_on
    from line
    group by institution_id, own_code, item_code
),
-- What an own code stands for is the cheapest of the few items it is billed as, while that is billed.
item_of_code as (
    select institution_id, own_code, arg_min(item_code, (price, item_code)) as item_code,
        arg_min(item_name, (price, item_code)) as item_name, min(price) as price,
        arg_min(first_on, (price, item_code)) as first_on, arg_min(last_on, (price, item_code)) as last_on
    from billed_item
    group by institution_id, own_code
    having count(*) between 2 and $max_national
),
spelling as (
    select item_name as name, upper(regexp_replace(item_name, '\s', '', 'g')) as spelt
    from line where item_name is not null group by item_name
    union
    select own_name, upper(regexp_replace(own_name, '\s', '', 'g'))
    from line where own_name is not null group by own_name
),
-- A name is an item where only one national item of the record bears it.
item_of_name as (
    select s.spelt, min(l.item_code) as item_code, min(l.item_name) as item_name, median(l.unit_price) as price
    from line as l
    join spelling as s on s.name = l.item_name
    group by s.spelt
    having count(distinct l.item_code) = 1
),
price_here as (
    select institution_id, item_code, median(unit_price) as price from line group by institution_id, item_code
),
compared as (
    select l.*, coalesce(c.item_name, n.item_name) as given_name, coalesce(c.price, h.price, n.price) as given_price
    from line as l
    left join item_of_code as c on c.institution_id = l.institution_id and c.own_code = l.own_code
        and c.item_code <> l.item_code and l.charged_on between c.first_on and c.last_on
    left join spelling as o on o.name = l.own_name
    left join spelling as b on b.name = l.item_name
    left join item_of_name as n on n.spelt = o.spelt and o.spelt <> b.spelt and n.item_code <> l.item_code
    left join price_here as h on h.institution_id = l.institution_id and h.item_code = n.item_code
    where c.item_code is not null or n.item_code is not null
)
select *, cast(round(greatest(0, least(cast(eligible_amount as double),
        (unit_price - given_price) * cast(quantity as double) - over_limit)), 2) as decimal(16, 2)) as amount
from compared
where unit_price >= $min_ratio * given_price;

-- place: an institution with its own items billed so. It has is_grouped where its codes are groups of items.
create temp table place as
with own_code as (
    select institution_id, institution_item_code, count(distinct item_code) > 1 as is_several
    from feature.fee_line
    where not is_pharmacy and institution_id is not null and institution_item_code is not null
    group by institution_id, institution_item_code
),
coded_place as (
    -- Of fewer than five codes a share says nothing.
    select institution_id, avg(cast(is_several as integer)) > $max_share and count(*) >= 5 as is_grouped
    from own_code
    group by institution_id
),
dearer_place as (
    select institution_id, count(distinct own_code) as items, count(*) as lines, sum(amount) as amount
    from dearer_line
    group by institution_id
)
select c.institution_id, c.is_grouped, d.items, d.lines,
    not c.is_grouped and coalesce(d.items >= $min_items and d.lines >= $min_lines and d.amount >= $min_excess, false)
        as is_hit
from coded_place as c
left join dearer_place as d on d.institution_id = c.institution_id;

select 'hit' as outcome, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
    l.charged_on as occurred_on, l.amount, l.own_code as part, coalesce(l.own_name, '-') as own_name, l.own_code,
    coalesce(l.item_name, l.item_code) as item_name, round(l.unit_price, 2) as unit_price, l.given_name,
    round(l.given_price, 2) as given_price, p.items, p.lines
from dearer_line as l
join place as p on p.institution_id = l.institution_id
where p.is_hit and l.amount > 0

union all by name
select 'cannot_judge' as outcome, 'the own codes are groups of items' as reason, count(*) as units
from place where is_grouped having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from place where not is_hit and not is_grouped having count(*) > 0
