/*
title       = "More grams of a herb a day than its limit"
title_zh    = "中药饮片超量上传"
official    = [77]
violation   = "herb_over_dose"
family      = "medication"
fetch       = ["herbs"]
judges      = ["quantity", "day"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "prescription"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = [
    "《中国药典》一部：各饮片用法与用量",
    "智能监管规则库（2025年版）77 中药饮片超量上传",
]
needs       = ["record.fee_line.supply_days", "record.fee_line.quantity"]
exclusions  = [
    "up to {factor} times the printed dose, of toxic herbs the multiple their row names: experienced physicians go beyond it",
    "a herb whose name only sounds alike",
    "a standing order: its days are counted apart",
    "the number of doses is unknown: cannot judge",
    "granules, and herbs for washing, plasters, pastes and pills",
    "a whole prescription above {most_grams} g a day: its quantities or days mean something else, cannot judge",
]
exclusions_zh = [
    "不超过规定剂量的 {factor} 倍（毒性饮片按知识表所列倍数）：经验丰富的医师可酌情超量",
    "仅名称相近的饮片",
    "长期医嘱：逐日分别计算",
    "剂数未知：无法判定",
    "配方颗粒，以及外洗、外敷、膏方、丸散用药",
    "整张处方每日超过 {most_grams} 克：数量或天数另有含义，无法判定",
]
limits      = "Takes the quantity for grams and the days of supply for doses; a hospital that uploads packs or doses instead is far off for every herb. Raw herbs of the list of toxic drugs have no factor; a second signature of the physician for a large dose stands in the prescription only."
limits_zh   = "以数量为克数、供药天数为剂数；按包或按剂上传的医院，其各味饮片均会严重偏离。列入毒性中药品种的生品不放宽倍数；医师对超量的再次签字仅见于处方。"
version     = "3"
sentence    = "{grams_a_day} g of {item_name} a day were charged on {occurred_on}, the limit is {max_grams} g; {amount} yuan of this line are above"
sentence_zh = "{occurred_on} “{item_name}”每日 {grams_a_day} 克，超过限量 {max_grams} 克，本条超出部分 {amount} 元"

[params.factor]
value   = 5
unit    = "times"
meaning = "multiple of the printed dose that is let pass, of herbs that are not toxic: large doses of them are a school of their own"

[params.most_grams]
value   = 500
unit    = "grams a day"
meaning = "weight of a whole prescription above which its quantities are no grams or its days no doses"
*/
with herb as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where (item_code like 'T%' or catalogue_type = '102') and coalesce(item_name, '') not like '%颗粒%'
),

-- Washes, plasters, pastes and pills: grams a day say nothing of what is swallowed.
prepared as (
    select distinct settlement_id, line_id
    from record.fee_line
    where regexp_matches(herbal_use, '外|洗|熏|敷|膏|丸|散|酒')
),

-- Nobody drinks more than this of a decoction: quantity or days of supply mean something else here. By the day and not
-- by the number, for many systems number every herb.
prescription as (
    select settlement_id, charged_on,
        cast(sum(quantity) as double) / nullif(cast(max(supply_days) as double), 0) as grams_a_day
    from feature.fee_line
    where item_code like 'T%' or catalogue_type = '102'
    group by settlement_id, charged_on
),

limited as (
    select h.item_code, h.item_name, k.herb_word, k.max_grams, k.is_toxic, k.tolerance, k.valid_from, k.valid_to
    from herb as h
    join knowledge.herb_limit as k
        on h.item_name like '%' || k.herb_word || '%'
        and not regexp_matches(h.item_name, coalesce(k.herb_not_word, '^$'))
),

-- The longest word that fits names the herb best.
candidate as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, coalesce(l.order_number, '') as order_number, l.item_code, k.item_name, l.eligible_amount,
        l.quantity, l.supply_days,
        cast(k.max_grams as double)
            * coalesce(cast(k.tolerance as double), case when k.is_toxic then 1.0 else cast($factor as double) end) as allowed,
        row_number() over (
            partition by l.settlement_id, l.line_id order by length(k.herb_word) desc, k.max_grams, k.herb_word
        ) as place
    from feature.fee_line as l
    join limited as k on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join prepared as a on a.settlement_id = l.settlement_id and a.line_id = l.line_id
    where l.eligible_amount > 0 and a.line_id is null
),

charged as (
    select * from candidate where place = 1
),

-- A ward's standing order has one number for many days: each day is a dose of its own.
dose as (
    select settlement_id, order_number, charged_on, item_code, max(allowed) as allowed,
        cast(sum(quantity) as double) / nullif(cast(max(supply_days) as double), 0) as grams_a_day
    from charged
    group by settlement_id, order_number, charged_on, item_code
)

select
    case
        when d.grams_a_day is null then 'cannot_judge'
        when d.grams_a_day > d.allowed and p.grams_a_day > $most_grams then 'cannot_judge'
        when d.grams_a_day > d.allowed then 'hit'
        else 'clear'
    end as outcome,
    case
        when d.grams_a_day is null then 'the number of doses or the weight is unknown'
        when p.grams_a_day > $most_grams then 'the weight of the whole prescription shows that its quantities or days mean something else'
    end as reason,
    c.settlement_id,
    c.line_id,
    c.encounter_id,
    c.person_id,
    c.institution_id,
    c.practitioner_id,
    c.charged_on as occurred_on,
    cast(
        cast(c.eligible_amount as double) * (1.0 - d.allowed / nullif(d.grams_a_day, 0))
        as decimal(16, 2)
    ) as amount,
    c.item_name,
    cast(d.grams_a_day as decimal(16, 1)) as grams_a_day,
    d.allowed as max_grams
from charged as c
left join prescription as p on p.settlement_id = c.settlement_id and p.charged_on = c.charged_on
left join dose as d
    on d.settlement_id = c.settlement_id and d.order_number = c.order_number and d.charged_on = c.charged_on
    and d.item_code = c.item_code
union all
select 'cannot_judge', 'knowledge.herb_limit is empty: a city table', null, null, null, null, null, null, null, null,
    null, null, null
from (select count(*) as points from knowledge.herb_limit) as known
where points = 0
