/*
title       = "Public institution buys too little on the procurement platform"
title_zh    = "公立医疗机构药品网采率偏低"
violation   = "bought_off_platform"
family      = "procurement"
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "institution and year"
basis       = ["《“十四五”全民医疗保障规划》：公立医疗机构通过省级集中采购平台采购药品金额占全部采购药品（不含中药饮片）金额的比例；筛查模型 D09"]
needs       = ["record.purchase.is_on_platform", "record.purchase.amount"]
exclusions  = [
    "at least {least_share:%} of the year's yuan were bought on the platform",
    "herbal slices, which the share leaves out",
    "less than {min_amount} yuan bought off the platform in the year",
    "private institutions, which the share is not about",
    "whether the institution is public is unknown: cannot judge",
    "where it was bought, or for how much, is unknown for more than would decide it: cannot judge",
]
exclusions_zh = [
    "全年平台采购金额占比不低于 {least_share:%}",
    "中药饮片：不计入网采率",
    "全年平台外采购不足 {min_amount} 元",
    "民营机构：不适用",
    "机构性质未知：无法判定",
    "采购渠道或金额未知的部分足以影响结论：无法判定",
]
limits      = "Emergency purchases filed afterwards count as off the platform where the export does not say so. A year of which only months were delivered is judged by them. No fund money is at issue by itself."
limits_zh   = "事后备案的紧急采购，数据中未标明的按平台外计。仅提供部分月份的年度按所提供月份判断。本身不涉及应追回的基金。"
status      = "trial"
version     = "1"
sentence    = "{on_percent} % of the drugs bought in {year} came over the platform; {off_amount} yuan did not"
sentence_zh = "{year} 年药品平台采购金额占比 {on_percent}%，平台外采购 {off_amount} 元"

[params.least_share]
value   = 0.9
unit    = "share"
meaning = "of the yuan of all drugs, to be bought on the platform"

[params.min_amount]
value   = 10000
unit    = "yuan"
meaning = "bought off the platform in the year, from which an institution is looked at"
*/
with purchase as (
    select institution_id, year(purchased_on) as bought_year, purchased_on, amount, is_on_platform,
        case when coalesce(is_return, false) then -abs(amount) else amount end as net_amount
    from record.purchase
    where substr(coalesce(catalogue_code, ''), 1, 1) <> 'T'
),

bought as (
    select institution_id, bought_year, max(purchased_on) as last_on,
        sum(case when is_on_platform then net_amount else 0 end) as on_amount,
        sum(case when not is_on_platform then net_amount else 0 end) as off_amount,
        sum(case when is_on_platform is null then net_amount else 0 end) as open_amount,
        max(case when amount is null then 1 else 0 end) = 1 as is_amount_unknown
    from purchase
    group by institution_id, bought_year
),

judged as (
    select b.*, i.ownership,
        cast(b.on_amount as double) / nullif(cast(b.on_amount + b.off_amount + b.open_amount as double), 0)
            as least_on_share,
        cast(b.on_amount + b.open_amount as double)
            / nullif(cast(b.on_amount + b.off_amount + b.open_amount as double), 0) as most_on_share
    from bought as b
    left join feature.institution as i on i.institution_id = b.institution_id
)

select
    case
        when ownership = '2' then 'clear'
        when ownership is null then 'cannot_judge'
        when is_amount_unknown then 'cannot_judge'
        when most_on_share < $least_share and off_amount >= $min_amount then 'hit'
        when least_on_share < $least_share and off_amount + open_amount >= $min_amount and open_amount > 0
            then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when ownership is null then 'whether the institution is public is unknown'
        when is_amount_unknown then 'the amount of a purchase is unknown'
        else 'where it was bought is unknown'
    end as reason,
    cast(null as varchar) as settlement_id,
    cast(null as varchar) as line_id,
    cast(null as varchar) as encounter_id,
    cast(null as varchar) as person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    last_on as occurred_on,
    cast(null as decimal(16, 2)) as amount,
    bought_year as year,
    cast(100 * most_on_share as decimal(16, 1)) as on_percent,
    off_amount
from judged
