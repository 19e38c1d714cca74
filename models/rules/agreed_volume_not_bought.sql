/*
title       = "Agreed volume of a selected product not bought while others were"
title_zh    = "集采约定采购量未完成而采购非中选产品"
violation   = "agreed_volume_not_bought"
family      = "procurement"
problem     = ["hospital-9"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "institution, drug and period of the agreement"
basis       = ["国家组织药品集中采购：约定采购量须在协议期内完成；筛查模型 D09（约定量部分）"]
needs       = ["record.agreed_volume.agreed_quantity", "record.purchase.purchased_on"]
exclusions  = [
    "at least {least_share:%} of what was agreed was bought",
    "no other product of the drug was bought in the period: need fell or supply failed",
    "the last purchase delivered lies before the period's end: cannot judge",
    "of a purchase it is unknown whether the product was selected: cannot judge",
    "no purchase of the institution was delivered: cannot judge",
    "a purchased quantity is unknown: cannot judge",
]
exclusions_zh = [
    "已采购约定量的 {least_share:%} 以上",
    "协议期内未采购该药其他产品：用量下降或断供",
    "采购数据未覆盖至协议期末：无法判定",
    "采购记录未载明是否中选产品：无法判定",
    "未提供该机构采购数据：无法判定",
    "采购数量未知：无法判定",
]
limits      = "Agreement and purchases must count in the same unit. A maker that could not deliver leaves no trace here: ask for the platform's record of refused orders. No fund money is at issue by itself."
limits_zh   = "约定量与采购量须按同一单位计数。中选企业不能供货的情形数据中看不到，应查阅平台配送记录。本身不涉及应追回的基金。"
status      = "trial"
version     = "1"
sentence    = "{generic_name}: {bought} of {agreed} units agreed from {period_from} to {occurred_on} were bought, and {others} units of products that were not selected"
sentence_zh = "“{generic_name}”协议期 {period_from} 至 {occurred_on} 约定采购量 {agreed}，实际采购中选产品 {bought}，同期采购非中选产品 {others}"

[params.least_share]
value   = 0.9
unit    = "share"
meaning = "of the agreed quantity from which it counts as bought"
*/
with delivered as (
    select institution_id, max(purchased_on) as last_on from record.purchase group by institution_id
),

-- Whether a product was selected, as the purchase says, else as the list of selected products.
bought as (
    select a.institution_id, a.generic_name, a.period_from, p.purchase_id,
        case when coalesce(p.is_return, false) then -abs(p.quantity) else p.quantity end as quantity,
        coalesce(p.is_selected, d.is_selected) as is_selected, p.quantity is null as is_quantity_unknown
    from record.agreed_volume as a
    join record.purchase as p
        on p.institution_id = a.institution_id and p.generic_name = a.generic_name
        and p.purchased_on >= a.period_from and p.purchased_on <= a.period_to
    left join (
        select catalogue_code, max(case when is_selected then 1 else 0 end) = 1 as is_selected
        from record.procurement_drug
        where is_selected is not null
        group by catalogue_code
    ) as d on d.catalogue_code = p.catalogue_code
),

counted as (
    select institution_id, generic_name, period_from,
        sum(case when is_selected then quantity else 0 end) as bought,
        sum(case when not is_selected then quantity else 0 end) as others,
        max(case when is_selected is null then 1 else 0 end) = 1 as is_product_unknown,
        max(case when is_quantity_unknown then 1 else 0 end) = 1 as is_quantity_unknown
    from bought
    group by institution_id, generic_name, period_from
),

judged as (
    select a.institution_id, a.generic_name, a.period_from, a.period_to, a.agreed_quantity,
        coalesce(c.bought, 0) as bought, coalesce(c.others, 0) as others,
        case
            when d.institution_id is null then 'no purchase of the institution was delivered'
            when c.is_quantity_unknown then 'a purchased quantity is unknown'
            when c.is_product_unknown then 'whether the product bought was selected is unknown'
            when d.last_on < a.period_to then 'the purchases delivered end before the period does'
        end as reason
    from record.agreed_volume as a
    left join delivered as d on d.institution_id = a.institution_id
    left join counted as c
        on c.institution_id = a.institution_id and c.generic_name = a.generic_name and c.period_from = a.period_from
    where a.agreed_quantity > 0
)

select
    case
        when bought >= agreed_quantity * $least_share and reason is null then 'clear'
        when reason is not null then 'cannot_judge'
        when others > 0 then 'hit'
        else 'clear'
    end as outcome,
    reason,
    cast(null as varchar) as settlement_id,
    generic_name as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    period_to as occurred_on,
    cast(null as decimal(16, 2)) as amount,
    generic_name,
    cast(agreed_quantity as double) as agreed,
    cast(bought as double) as bought,
    cast(others as double) as others,
    period_from
from judged
