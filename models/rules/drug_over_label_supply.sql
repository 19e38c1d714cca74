/*
title       = "More of a drug in one fill than its label allows"
title_zh    = "超说明书用量开药"
official    = [68]
violation   = "over_supply"
family      = "medication"
problem     = ["pharmacy-14", "pharmacy-15"]
judges      = ["quantity"]
subjects    = ["institution", "pharmacy", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "fill"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）68 超说明书用量开药"]
needs       = ["record.fee_line.item_code"]
exclusions  = [
    "drugs charged day by day during a stay",
    "a stable chronic disease with a longer limit of its own",
    "neither the days of supply nor a quantity that is limited are known: cannot judge",
]
exclusions_zh = [
    "住院期间逐日计费的药品",
    "另有较长限量的稳定期慢性病",
    "供药天数和受限数量均未知：无法判定",
]
limits      = "Compares days of supply and quantity with the longest course and the largest fill of the label; the dose of a day is written in free text and not read. A pack larger than the course is one pack all the same: a single unit is never a hit by days."
limits_zh   = "将供药天数和数量与说明书最长疗程、最大单次用量比较；每日剂量为自由文本，未予读取。单个包装超过疗程的仍算一个包装，仅开一个包装时不按天数判为疑点。"
status      = "trial"
version     = "2"
sentence    = "{item_name}: {quantity} units for {supply_days} days were given out on {occurred_on}, the label allows {allowed}; {amount} yuan are above"
sentence_zh = "{occurred_on} 开具“{item_name}”{quantity}（{supply_days} 天），超过说明书用量（{allowed_zh}），超出部分 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name
    from feature.fee_line
    where catalogue_type = '101' and item_code is not null and eligible_amount > 0
        and care_setting <> 'inpatient'
),

limited as (
    select i.item_code, i.item_name, k.care_setting, k.is_chronic, k.max_days, k.max_quantity, k.valid_from, k.valid_to
    from item as i
    join knowledge.drug_dose as k
        on i.item_code like coalesce(k.item_prefix, '') || '%'
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where k.official = 68
),

-- Emergency limits are for emergency visits, the others for every visit that is neither a stay nor an emergency.
dispensed as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity, l.supply_days,
        min(k.max_days) as max_days, min(k.max_quantity) as max_quantity
    from feature.fee_line as l
    join limited as k
        on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and k.care_setting = case when l.care_setting = 'emergency' then 'emergency' else 'outpatient' end
        and k.is_chronic = (l.care_setting = 'chronic')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.catalogue_type = '101' and l.eligible_amount > 0 and l.care_setting <> 'inpatient'
    group by l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.item_code, l.item_name, l.eligible_amount, l.quantity, l.supply_days
),

-- Lines of one drug in a settlement are one fill: their units add up, their days say how long all of it lasts.
fill as (
    select settlement_id, item_code, item_name, max(supply_days) as supply_days, sum(quantity) as quantity,
        max(max_days) as max_days, max(max_quantity) as max_quantity,
        greatest(
            coalesce(case when max(supply_days) > max(max_days) and sum(quantity) > 1 then
                1.0 - cast(max(max_days) as double) / nullif(cast(max(supply_days) as double), 0) end, 0.0),
            coalesce(1.0 - cast(max(max_quantity) as double) / nullif(cast(sum(quantity) as double), 0), 0.0)
        ) as excess,
        -- the days alone say something only where they are within the label's: a single pack may outlast it
        sum(case when quantity is null then 1 else 0 end) = 0 and (
            coalesce(max(supply_days), 0) > 0 or max(max_quantity) is not null
        ) or (
            max(supply_days) > 0 and max(supply_days) <= max(max_days) and max(max_quantity) is null
        ) as is_known
    from dispensed
    group by settlement_id, item_code, item_name
)

select
    case when f.excess > 0 then 'hit' when f.is_known then 'clear' else 'cannot_judge' end as outcome,
    case when not coalesce(f.is_known, false) then 'neither days of supply nor quantity can be compared' end as reason,
    d.settlement_id,
    d.line_id,
    d.encounter_id,
    d.person_id,
    d.institution_id,
    d.practitioner_id,
    d.charged_on as occurred_on,
    cast(cast(d.eligible_amount as double) * f.excess as decimal(16, 2)) as amount,
    d.item_name,
    cast(f.quantity as double) as quantity,
    cast(f.supply_days as double) as supply_days,
    cast(f.max_days as varchar) || ' days'
        || coalesce(' and ' || cast(cast(f.max_quantity as integer) as varchar) || ' units', '') as allowed,
    cast(f.max_days as varchar) || ' 天' || coalesce('、数量 ' || cast(cast(f.max_quantity as integer) as varchar), '')
        as allowed_zh
from dispensed as d
join fill as f
    on f.settlement_id = d.settlement_id and f.item_code = d.item_code
    and coalesce(f.item_name, '') = coalesce(d.item_name, '')
union all
select 'cannot_judge', 'knowledge.drug_dose is empty for rule 68: a city table', null, null, null, null, null, null,
    null, null, null, null, null, null, null
from (select count(*) as points from knowledge.drug_dose where official = 68) as known
where points = 0
