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
needs       = ["record.contract.valid_from", "record.settlement.started_on"]
exclusions  = [
    "care begun while the contract was valid and settled after it: stays run on, uploads are late",
    "repaid to the person at the counter: the institution settled nothing",
    "another contract of the institution covers the day: all its rows together count",
    "within {renewal_days:day} after a contract ended, and in gaps no longer: renewals are signed and entered late, cannot judge",
    "before the first contract known: earlier ones may not have been delivered, cannot judge",
    "where more than {max_ended:%} of the contracted institutions, {least_ended} or more, settle after their last contract: the register is out of date, cannot judge",
    "no fund and no account paid",
    "no contract of the institution is known; the dates of a row of the master register are no contract: cannot judge",
]
exclusions_zh = [
    "协议有效期内开始、期满后结算的就医：住院延续、上传滞后",
    "向参保人零星报销：机构未结算",
    "该机构其他协议覆盖当日：各行协议期合并计算",
    "协议期满后 {renewal_days} 天以内，以及不长于此的间隔：续签、入库滞后，无法判定",
    "早于已知首份协议：此前的协议可能未提供，无法判定",
    "超过 {max_ended:%} 且不少于 {least_ended} 家签约机构均在末份协议期满后结算：协议登记过期，无法判定",
    "基金和个人账户均未支付",
    "该机构无已知协议；机构主数据的起止时间不是协议期：无法判定",
]
limits      = "Renewals reach the register late: ask the contract office first. Suspensions inside a contract are seen only where they close the entry or are delivered as rows of their own whose status says so (暂停, 中止, 解除, 终止)."
limits_zh   = "续签信息入库滞后，应先向协议管理部门核实。协议期内的暂停，只有表现为登记终止，或单列起止日期且协议状态写明暂停、中止、解除、终止的，才能看到。"
version     = "2"
sentence    = "Care begun on {occurred_on} was settled for {amount} yuan; the contract {situation} {boundary_on}"
sentence_zh = "{occurred_on} 的服务结算 {amount} 元，该机构协议{situation_zh} {boundary_on}"

[params.renewal_days]
value   = 90
unit    = "days"
meaning = "after a contract in which its renewal may be signed and entered"

[params.max_ended]
value   = 0.3
unit    = "share"
meaning = "of the contracted institutions; above it the register is taken to be out of date"

[params.least_ended]
value   = 3
unit    = "institutions"
meaning = "settling after their last contract, from which the register is taken to be out of date"
*/
-- The master rows of hospitals and drugstores have dates too, but of the row, which changes with every correction.
with written as (
    select institution_id,
        case when valid_from >= date '1950-01-01' then valid_from end as valid_from,
        case when valid_to >= date '1950-01-01' then valid_to end as valid_to,
        regexp_matches(coalesce(contract_status, ''), '暂停|中止|解除|终止') as is_suspension
    from record.contract
),

period as (
    select institution_id, valid_from, valid_to from written where not is_suspension
),

known as (
    select institution_id, min(coalesce(valid_from, date '0001-01-01')) as first_from,
        max(coalesce(valid_to, date '9999-12-31')) as last_to
    from period
    group by institution_id
),

settled as (
    select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.started_on, s.eligible_amount,
        s.fund_amount + s.account_amount as paid_amount, coalesce(r.settlement_type, '2') = '1' as is_counter
    from feature.settlement as s
    left join record.settlement as r on r.settlement_id = s.settlement_id
),

-- The contracts around the day: one that holds, the last that had ended, the next to begin, a suspension.
placed as (
    select s.settlement_id,
        max(case when coalesce(p.valid_from <= s.started_on, true) and coalesce(p.valid_to >= s.started_on, true)
            then 1 else 0 end) as is_covered,
        max(case when p.valid_to < s.started_on then p.valid_to end) as ended_on,
        min(case when p.valid_from > s.started_on then p.valid_from end) as next_from
    from settled as s
    join period as p on p.institution_id = s.institution_id
    group by s.settlement_id
),

suspended as (
    select s.settlement_id, max(w.valid_from) as suspended_from
    from settled as s
    join written as w
        on w.institution_id = s.institution_id and w.is_suspension and w.valid_from <= s.started_on
        and coalesce(w.valid_to >= s.started_on, true)
    group by s.settlement_id
),

late as (
    select count(distinct k.institution_id) as institutions,
        count(distinct case when s.started_on > k.last_to then k.institution_id end) as ended_institutions
    from known as k
    join settled as s on s.institution_id = k.institution_id and not s.is_counter and s.paid_amount > 0
),

judged as (
    select s.*, p.ended_on, p.next_from, u.suspended_from,
        case
            when s.is_counter or s.paid_amount <= 0 then 'clear'
            when s.started_on is null or (k.institution_id is null and u.settlement_id is null) then 'cannot_judge'
            when u.settlement_id is not null then 'hit'
            when p.is_covered = 1 then 'clear'
            when p.ended_on is null then 'cannot_judge'
            when date_diff('day', p.ended_on, coalesce(p.next_from, s.started_on)) <= $renewal_days
                then 'cannot_judge'
            when p.next_from is null and l.ended_institutions >= $least_ended
                and cast(l.ended_institutions as double) > $max_ended * cast(l.institutions as double)
                then 'cannot_judge'
            else 'hit'
        end as outcome,
        case
            when k.institution_id is null and u.settlement_id is null then 'no contract is known'
            when s.started_on is null then 'the day of care is unknown'
            when p.ended_on is null then 'earlier contracts of the institution are not known'
            when date_diff('day', p.ended_on, coalesce(p.next_from, s.started_on)) <= $renewal_days
                then 'the contract may have been renewed late'
            else 'the register of contracts seems out of date'
        end as reason
    from settled as s
    cross join late as l
    left join known as k on k.institution_id = s.institution_id
    left join placed as p on p.settlement_id = s.settlement_id
    left join suspended as u on u.settlement_id = s.settlement_id
)

select
    outcome,
    case when outcome = 'cannot_judge' then reason end as reason,
    settlement_id,
    cast(null as varchar) as line_id,
    encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    started_on as occurred_on,
    eligible_amount as amount,
    case when suspended_from is not null then 'was suspended from' when next_from is null then 'had ended on'
        else 'was interrupted from' end as situation,
    case when suspended_from is not null then '暂停起于' when next_from is null then '已止于' else '中断起于' end
        as situation_zh,
    coalesce(suspended_from, ended_on) as boundary_on
from judged
