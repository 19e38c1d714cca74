/*
title       = "Consumable charged beside the service that contains it"
title_zh    = "医疗服务项目与医用耗材重复收费"
official    = [30]
violation   = "duplicate_charge"
family      = "overcharge"
fetch       = ["consumables", "overcharge"]
problem     = ["hospital-59"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
window      = "visit and day"
law         = ["regulation-15-1", "regulation-38-1-3", "rules-11"]
basis       = ["智能监管规则库（2025年版）30 医疗服务项目与医用耗材重复收费"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "the service was charged on another day or at another institution",
    "the service was taken back by a refund",
    "take-home consumables",
    "the institution is unknown: cannot judge",
]
exclusions_zh = [
    "该服务项目在其他日期或其他机构收取",
    "该服务项目已退费冲回",
    "带回家使用的耗材",
    "机构未知：无法判定",
]
limits      = "Rests on starter knowledge: which consumables a service contains differs by area and changes with the price documents. The consumable may have been used for another service of the day that does not contain it."
limits_zh   = "依据初始知识表：服务项目内含哪些耗材因地而异，并随价格文件调整。该耗材也可能用于当日另一项不含耗材的服务。"
status      = "trial"
version     = "2"
sentence    = "{item_name} ({amount} yuan) was charged on {occurred_on} beside {service}, which contains it"
sentence_zh = "{occurred_on} 另收“{item_name}”{amount} 元，该耗材已包含在同日收取的“{service}”中"
*/
with item as (
    select distinct item_code, coalesce(item_name, '') as item_name, coalesce(catalogue_type, '') as catalogue_type
    from feature.fee_line
),

contains_item as (
    select distinct k.service_prefix, k.valid_from, k.valid_to, i.item_code, i.item_name
    from item as i
    join knowledge.item_includes_consumable as k
        on substr(i.item_code, 1, length(coalesce(k.item_prefix, ''))) = coalesce(k.item_prefix, '')
        and i.item_name like '%' || coalesce(k.name_word, '') || '%'
    where i.catalogue_type <> '201'
),

service_item as (
    select distinct k.service_prefix, i.item_code
    from item as i
    join (select distinct service_prefix from contains_item) as k
        on substr(i.item_code, 1, length(k.service_prefix)) = k.service_prefix
    where i.catalogue_type = '201'
),

service as (
    select l.encounter_id, l.institution_id, l.charged_on, s.service_prefix, max(l.item_name) as item_name
    from feature.fee_line as l
    join service_item as s on s.item_code = l.item_code
    group by l.encounter_id, l.institution_id, l.charged_on, s.service_prefix
),

judged as (
    select l.settlement_id, l.line_id, max(l.encounter_id) as encounter_id, max(l.person_id) as person_id,
        max(l.institution_id) as institution_id, max(l.practitioner_id) as practitioner_id,
        max(l.charged_on) as charged_on, max(l.item_name) as item_name, max(l.eligible_amount) as eligible_amount,
        max(case when s.institution_id = l.institution_id then s.item_name end) as service,
        max(case when s.institution_id is null or l.institution_id is null then s.item_name end) as service_somewhere,
        max(case when coalesce(l.is_take_home, false) then 1 else 0 end) as is_take_home
    from feature.fee_line as l
    join contains_item as k
        on k.item_code = l.item_code and k.item_name = coalesce(l.item_name, '')
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    left join service as s
        on s.encounter_id = l.encounter_id and s.charged_on = l.charged_on and s.service_prefix = k.service_prefix
    where l.eligible_amount > 0
    group by l.settlement_id, l.line_id
)

select
    case
        when is_take_home = 1 then 'clear'
        when service is not null then 'hit'
        when encounter_id is null or service_somewhere is not null then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when encounter_id is null then 'the encounter is unknown'
        when service_somewhere is not null then 'the institution is unknown'
    end as reason,
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    practitioner_id,
    charged_on as occurred_on,
    eligible_amount as amount,
    item_name,
    service
from judged
union all
select 'cannot_judge', 'knowledge.item_includes_consumable is empty', null, null, null, null, null, null, null, null,
    null, null
from (select count(*) as held from knowledge.item_includes_consumable) as k
where held = 0
