/*
title       = "More units of a consumable than treatments that take it"
title_zh    = "耗材数量多于使用该耗材的治疗次数"
official    = [86]
violation   = "over_quantity"
family      = "overcharge"
fetch       = ["consumables", "dialysis"]
problem     = ["hospital-32", "hospital-60"]
judges      = ["quantity"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "stay; outside hospital person, institution and month"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）86 医用耗材数量超标"]
needs       = ["record.fee_line.charged_at", "record.fee_line.quantity", "record.fee_line.item_name"]
exclusions  = [
    "up to two units a treatment: a second filter, a spoiled one",
    "no such treatment at all: another rule",
    "a treatment whose price holds the consumable or a package: cannot judge",
    "the quantity of a unit or a treatment is unknown: cannot judge",
    "the person or the encounter is unknown: cannot judge",
]
exclusions_zh = [
    "每次治疗不超过两件：使用第二个滤器或损坏更换",
    "完全没有该治疗：由其他规则判断",
    "治疗项目含耗材或按套餐计价：无法判定",
    "耗材或治疗数量未知：无法判定",
    "参保人或就诊未知：无法判定",
]
limits      = "Rests on starter knowledge and words of the names. Treatments charged at another institution or forgotten on the bill, and continuous treatment with change of filters, look the same: the treatment record and the stock tell."
limits_zh   = "依据初始知识表，按名称词语识别。治疗在其他机构收费或漏记、连续治疗中更换滤器也会呈现相同情形，以治疗记录和出入库记录为准。"
status      = "trial"
version     = "1"
sentence    = "{quantity} units of {item_name} were charged up to {occurred_on} for {sessions} treatments; {amount} yuan of this line are above"
sentence_zh = "截至 {occurred_on} “{item_name}”计 {quantity} 件，对应治疗仅 {sessions} 次，本条超出部分 {amount} 元"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name, coalesce(catalogue_type, '') as catalogue_type
    from feature.fee_line
    where item_code is not null
),

unit_item as (
    select i.item_code, i.item_name, k.item_pattern, k.units_per_service, k.valid_from, k.valid_to
    from item as i
    join knowledge.consumable_per_service as k
        on i.item_code like coalesce(k.item_prefix, '') || '%' and regexp_matches(i.item_name, k.item_pattern)
),

service_item as (
    select i.item_code, i.item_name, k.item_pattern,
        regexp_matches(i.item_name, '含|套餐|套包|包干|全包') as is_package
    from item as i
    join knowledge.consumable_per_service as k
        on regexp_matches(i.item_name, k.service_pattern)
        and not coalesce(regexp_matches(i.item_name, k.service_not_pattern), false)
    where i.catalogue_type like '2%' or (i.catalogue_type = '' and regexp_matches(i.item_code, '^[0-9]{15}$'))
),

-- A month outside hospital: unit and treatment may stand on different bills of it.
placed as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id, l.charged_on,
        l.item_code, coalesce(l.item_name, '') as item_name, l.quantity, l.eligible_amount,
        case when l.care_setting = 'inpatient' then l.encounter_id
            else l.person_id || '|' || l.institution_id || '|' || cast(date_trunc('month', l.charged_on) as varchar)
        end as holder_id
    from feature.fee_line as l
    where not coalesce(l.is_pharmacy, false)
        and l.item_code in (select item_code from unit_item union select item_code from service_item)
),

used as (
    select p.holder_id, u.item_pattern, max(u.units_per_service) as units_per_service, sum(p.quantity) as quantity,
        max(case when p.quantity is null then 1 else 0 end) as is_uncounted
    from placed as p
    join unit_item as u on u.item_code = p.item_code and u.item_name = p.item_name
    where p.holder_id is not null
    group by p.holder_id, u.item_pattern
),

treated as (
    select p.holder_id, s.item_pattern, sum(p.quantity) as sessions,
        max(case when p.quantity is null then 1 else 0 end) as is_uncounted,
        max(case when s.is_package then 1 else 0 end) as is_package
    from placed as p
    join service_item as s on s.item_code = p.item_code and s.item_name = p.item_name
    where p.holder_id is not null
    group by p.holder_id, s.item_pattern
),

weighed as (
    select p.*, u.quantity as units, t.sessions, coalesce(t.is_package, 0) as is_package,
        coalesce(u.is_uncounted, 0) + coalesce(t.is_uncounted, 0) as is_uncounted,
        coalesce(u.quantity > 2 * t.sessions * u.units_per_service, false) as is_over,
        cast(u.quantity - t.sessions * u.units_per_service as double) / nullif(cast(u.quantity as double), 0)
            as share_over,
        row_number() over (
            partition by p.settlement_id, p.line_id
            order by coalesce(u.quantity - t.sessions * u.units_per_service, 0) desc, i.item_pattern
        ) as place
    from placed as p
    join unit_item as i
        on i.item_code = p.item_code and i.item_name = p.item_name
        and p.charged_on >= coalesce(i.valid_from, p.charged_on) and p.charged_on <= coalesce(i.valid_to, p.charged_on)
    left join used as u on u.holder_id = p.holder_id and u.item_pattern = i.item_pattern
    left join treated as t on t.holder_id = p.holder_id and t.item_pattern = i.item_pattern
    where p.eligible_amount > 0
)

select
    case
        when holder_id is null or is_uncounted > 0 then 'cannot_judge'
        when is_over and is_package = 1 then 'cannot_judge'
        when is_over and sessions > 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when holder_id is null then 'the person or the encounter is unknown'
        when is_uncounted > 0 then 'the quantity is unknown'
        else 'the price of the treatment may hold the consumable'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    cast(cast(eligible_amount as double) * share_over as decimal(16, 2)) as amount,
    item_name,
    cast(units as double) as quantity,
    cast(sessions as double) as sessions
from weighed
where place = 1
union all
select 'cannot_judge', 'knowledge.consumable_per_service is empty', null, null, null, null, null, null, null, null,
    null, null, null
from (select count(*) as held from knowledge.consumable_per_service) as k
where held = 0
