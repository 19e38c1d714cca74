/*
title       = "Pooled fund paid for a drugstore's drug without a prescription"
title_zh    = "无流转处方使用统筹基金购药"
violation   = "purchase_without_prescription"
family      = "internal_control"
fetch       = ["electronic_prescription", "store"]
problem     = ["pharmacy-11", "pharmacy-13"]
subjects    = ["pharmacy"]
certainty   = "suspected"
stage       = "audit"
scope       = ["drugstore"]
window      = "line"
law         = ["regulation-15-2", "regulation-38-1-6", "rules-11"]
basis       = [
    "定点零售药店纳入门诊统筹管理：凭定点医疗机构处方结算",
    "筛查模型 C12 处方流转异常；定点零售药店自查自纠问题清单 11、13",
]
needs       = ["record.fee_line.is_outside_prescription", "record.settlement.pooled_fund_amount"]
exclusions  = [
    "the pooled fund paid nothing: account or cash",
    "a prescriber is named on the line",
    "the line comes to less than {min_amount} yuan",
    "no drugstore names a prescription for the drug: the practice of recording, cannot judge",
    "the institution is unknown, and with it whether it is a drugstore: cannot judge",
]
exclusions_zh = [
    "统筹基金未支付：个人账户或现金",
    "明细载有开方医师",
    "明细金额低于 {min_amount} 元",
    "无药店为该药记录处方：属记录习惯，无法判定",
    "机构未知，无从知道是否为药店：无法判定",
]
limits      = "The paper prescription may lie at the counter; areas without a prescription platform do not fill the field. The number on the line is the store's own and proves nothing."
limits_zh   = "纸质处方可能存于柜台；无处方流转平台的地区不填该字段。明细中的编号为药店自有编号，不具证明力。"
version     = "3"
sentence    = "{item_name}: {amount} yuan on {occurred_on} with pooled funds, no prescription moved from a hospital and no prescriber; {with_percent} % of such lines of the area have one"
sentence_zh = "{occurred_on} 统筹基金支付“{item_name}” {amount} 元，无流转处方及开方医师信息；本地同药有处方者占 {with_percent}%"

[params.min_amount]
value   = 200
unit    = "yuan"
meaning = "eligible amount of the line"

[params.min_with]
value   = 0.5
unit    = "share"
meaning = "of the drug's pooled drugstore lines that name a prescription, for the field to be in use"
*/
with line as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.charged_on, l.item_code,
        l.item_name, l.eligible_amount,
        case when coalesce(r.is_outside_prescription, false) or l.practitioner_id is not null
            then 1 else 0 end as has_prescription,
        l.is_pharmacy is null as is_place_unknown, coalesce(substr(i.area, 1, 4), '') as area
    from feature.fee_line as l
    left join feature.institution as i on i.institution_id = l.institution_id
    join record.fee_line as r on r.settlement_id = l.settlement_id and r.line_id = l.line_id
    join record.settlement as s on s.settlement_id = l.settlement_id
    where coalesce(l.is_pharmacy, true)
        and l.catalogue_type = '101' and l.eligible_amount > 0 and s.pooled_fund_amount > 0
),

-- What one pooling area's platform carries another's may not.
usual as (
    select area, item_code, cast(sum(has_prescription) as double) / greatest(cast(count(*) as double), 1.0) as with_share
    from line
    where not is_place_unknown
    group by area, item_code
)

select
    case
        when l.has_prescription = 1 or l.eligible_amount < $min_amount then 'clear'
        when l.is_place_unknown or u.with_share is null or u.with_share < $min_with then 'cannot_judge'
        else 'hit'
    end as outcome,
    case
        when l.is_place_unknown then 'the institution is unknown, and with it whether it is a drugstore'
        when l.has_prescription = 0 and l.eligible_amount >= $min_amount
            and (u.with_share is null or u.with_share < $min_with) then 'no drugstore names a prescription for the drug'
    end as reason,
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    cast(null as varchar) as practitioner_id,
    l.charged_on as occurred_on,
    l.eligible_amount as amount,
    l.item_name,
    cast(100 * u.with_share as decimal(16, 1)) as with_percent
from line as l
left join usual as u on u.item_code = l.item_code and u.area = l.area
