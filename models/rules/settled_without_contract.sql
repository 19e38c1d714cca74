/*
title       = "Care settled outside the institution's contract"
title_zh    = "协议期外结算"
violation   = "settled_without_contract"
family      = "internal_control"
fetch       = ["contract"]
problem     = ["pharmacy-6"]
subjects    = ["institution", "pharmacy"]
certainty   = "definite"
stage       = "audit"
window      = "settlement"
law         = ["regulation-38-1-7"]
basis       = [
    "《医疗机构医疗保障定点管理暂行办法》《零售药店医疗保障定点管理暂行办法》：暂停、解除协议期间不予结算",
    "筛查模型 D11；定点零售药店自查自纠问题清单 6",
]
needs       = ["record.settlement.started_on"]
exclusions  = [
    "care begun while the contract was valid and settled after it: stays run on, uploads are late",
    "repaid to the person at the counter: the institution settled nothing",
    "another contract of the institution covers the day",
    "no fund and no account paid",
    "no contract of the institution is known: cannot judge",
]
exclusions_zh = [
    "协议有效期内开始、期满后结算的就医：住院延续、上传滞后",
    "向参保人零星报销：机构未结算",
    "该机构另一份协议覆盖当日",
    "基金和个人账户均未支付",
    "该机构无已知协议：无法判定",
]
limits      = "Renewals reach the register late: ask the contract office first. Suspensions inside a contract are seen only where they close the entry or are delivered as a contract with its own dates."
limits_zh   = "续签信息入库滞后，应先向协议管理部门核实。协议期内的暂停，只有表现为登记终止或以独立起止日期的协议提供时才能看到。"
version     = "1"
sentence    = "Care begun on {occurred_on} was settled for {amount} yuan; the contract {situation} {boundary_on}"
sentence_zh = "{occurred_on} 的服务结算 {amount} 元，该机构协议{situation_zh} {boundary_on}"
*/
with period as (
    select institution_id, valid_from, valid_to from record.contract
    union all
    select institution_id, valid_from, valid_to from record.hospital where coalesce(is_valid, true)
    union all
    select institution_id, valid_from, valid_to from record.pharmacy where coalesce(is_valid, true)
),

known as (
    select institution_id, min(valid_from) as first_from, max(valid_to) as last_to
    from period
    where valid_from is not null or valid_to is not null
    group by institution_id
),

settled as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.eligible_amount,
        s.fund_amount + s.account_amount as paid_amount, coalesce(r.settlement_type, '2') = '1' as is_counter
    from feature.settlement as s
    left join record.settlement as r on r.settlement_id = s.settlement_id
),

covered as (
    select distinct s.settlement_id
    from settled as s
    join period as p
        on p.institution_id = s.institution_id
        and s.started_on >= coalesce(p.valid_from, s.started_on) and s.started_on <= coalesce(p.valid_to, s.started_on)
)

select
    case
        when s.is_counter or s.paid_amount <= 0 then 'clear'
        when k.institution_id is null or s.started_on is null then 'cannot_judge'
        when c.settlement_id is null then 'hit'
        else 'clear'
    end as outcome,
    case
        when s.is_counter or s.paid_amount <= 0 then null
        when k.institution_id is null then 'no contract is known'
        when s.started_on is null then 'the day of care is unknown'
    end as reason,
    s.settlement_id,
    cast(null as varchar) as line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.started_on as occurred_on,
    s.eligible_amount as amount,
    case when s.started_on < k.first_from then 'began only on' when s.started_on > k.last_to then 'had ended on'
        else 'was interrupted; it had begun on' end as situation,
    case when s.started_on < k.first_from then '始于' when s.started_on > k.last_to then '已止于'
        else '中断，最早始于' end as situation_zh,
    case when s.started_on > k.last_to then k.last_to else k.first_from end as boundary_on
from settled as s
left join known as k on k.institution_id = s.institution_id
left join covered as c on c.settlement_id = s.settlement_id
