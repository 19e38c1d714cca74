/*
title       = "Parts of a composite charged one by one"
title_zh    = "医疗服务项目分解收费"
official    = [26]
violation   = "split_charge"
family      = "overcharge"
problem     = ["hospital-65"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit and day"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）26 医疗服务项目分解收费"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the composite was charged on that day: then its parts are a duplicate, which another rule judges",
    "two thirds of the parts or fewer: parts may be ordered alone",
    "the parts together cost no more than the composite, as many times as any part was charged",
    "the price of the composite is unknown: cannot judge",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "当日已收取组合项目：分项属重复收费，由其他规则判断",
    "仅收取三分之二及以下的组成项目：分项可单独开具",
    "分项合计不高于组合价（按任一分项的最多次数计）",
    "组合项目价格未知：无法判定",
    "机构未知：无法判定",
]
limits      = "Rests on starter knowledge. The composite's price is the median the institution charged, else the median of all; where nobody charges it the excess is unknown."
limits_zh   = "依据初始知识表。组合价取本机构收费的中位数，没有的取全部机构中位数；无机构收取时无法得知超出金额。"
status      = "trial"
version     = "3"
sentence    = "{parts} of {children} parts of {composite} were charged on {occurred_on} for {parts_amount} yuan, the composite costs {composite_price}; {amount} yuan of this line are over"
sentence_zh = "{occurred_on} 分项收取“{composite}” {children} 个组成项目中的 {parts} 个，共 {parts_amount} 元，组合价 {composite_price} 元，本条超出部分 {amount} 元"
*/
with member as (
    select parent_code, max(parent_name) as parent_name, count(distinct child_code) as children,
        min(coalesce(valid_from, date '1900-01-01')) as valid_from,
        max(coalesce(valid_to, date '9999-12-31')) as valid_to
    from knowledge.composite_item
    group by parent_code
),

part as (
    select distinct k.parent_code, l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id,
        coalesce(l.institution_id, '') as place, l.practitioner_id, l.charged_on, l.item_code, l.item_name,
        l.eligible_amount, l.quantity
    from feature.fee_line as l
    join knowledge.composite_item as k on k.child_code = l.item_code
    where l.eligible_amount > 0
),

whole as (
    select distinct l.encounter_id, coalesce(l.institution_id, '') as place, l.charged_on, l.item_code as parent_code
    from feature.fee_line as l
    where l.item_code in (select parent_code from member)
),

own_price as (
    select institution_id, item_code, quantile_cont(cast(unit_price as double), 0.5) as price
    from feature.fee_line
    where item_code in (select parent_code from member) and unit_price > 0
    group by institution_id, item_code
),

common_price as (
    select item_code, quantile_cont(cast(price as double), 0.5) as price from own_price group by item_code
),

part_day as (
    select parent_code, encounter_id, place, charged_on, item_code, sum(coalesce(quantity, 1)) as quantity,
        sum(eligible_amount) as eligible_amount
    from part
    group by parent_code, encounter_id, place, charged_on, item_code
),

-- As many composites as any part stands for: several samples of a day.
day as (
    select parent_code, encounter_id, place, charged_on, count(*) as parts,
        cast(sum(eligible_amount) as double) as parts_amount,
        greatest(ceil(cast(max(quantity) as double)), 1.0) as samples
    from part_day
    group by parent_code, encounter_id, place, charged_on
),

weighed as (
    select d.*, m.parent_name, m.children, coalesce(o.price, c.price) * d.samples as composite_price,
        -- leaving a part out does not make the rest cheaper than the whole
        (d.parts = m.children or (d.parts >= 3 and d.parts * 3 > m.children * 2)) and w.parent_code is null
            and d.charged_on >= m.valid_from and d.charged_on <= m.valid_to as is_whole
    from day as d
    join member as m on m.parent_code = d.parent_code
    left join whole as w
        on w.encounter_id = d.encounter_id and w.place = d.place and w.charged_on = d.charged_on
        and w.parent_code = d.parent_code
    left join own_price as o on o.institution_id = d.place and o.item_code = d.parent_code
    left join common_price as c on c.item_code = d.parent_code
)

select
    case
        when not w.is_whole then 'clear'
        when p.institution_id is null or w.composite_price is null then 'cannot_judge'
        when w.parts_amount > w.composite_price then 'hit'
        else 'clear'
    end as outcome,
    case
        when p.institution_id is null then 'the institution is unknown'
        when w.composite_price is null then 'the price of the composite is unknown'
    end as reason,
    p.settlement_id,
    p.line_id,
    p.encounter_id,
    p.person_id,
    p.institution_id,
    p.practitioner_id,
    p.charged_on as occurred_on,
    cast(
        cast(p.eligible_amount as double) * (w.parts_amount - w.composite_price) / nullif(w.parts_amount, 0)
        as decimal(16, 2)
    ) as amount,
    p.item_name,
    coalesce(w.parent_name, w.parent_code) as composite,
    w.parts,
    w.children,
    cast(w.parts_amount as decimal(16, 2)) as parts_amount,
    cast(w.composite_price as decimal(16, 2)) as composite_price
from part as p
join weighed as w
    on w.parent_code = p.parent_code and w.encounter_id = p.encounter_id and w.place = p.place
    and w.charged_on = p.charged_on
union all
select 'cannot_judge', 'knowledge.composite_item is empty', null, null, null, null, null, null, null, null, null, null,
    null, null, null, null
from (select count(*) as held from knowledge.composite_item) as k
where held = 0
