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
    "the status of a contract's own row (suspended, ended) is today's: since when is not delivered, cannot judge",
    "a suspension, where a later contract began after it",
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
    "协议本行所载状态（暂停、终止等）为现行状态，起始日未提供：无法判定",
    "暂停之后另签新协议的",
    "基金和个人账户均未支付",
    "该机构无已知协议；机构主数据的起止时间不是协议期：无法判定",
]
limits      = "Renewals reach the register late: ask the contract office first. Suspensions inside a contract are seen only where they close the entry or are delivered as rows of their own inside a contract whose status says so (暂停, 中止; 解除, 终止 without an end)."
limits_zh   = "续签信息入库滞后，应先向协议管理部门核实。协议期内的暂停，只有表现为登记终止，或在协议期内单列起止日期且状态写明暂停、中止（或解除、终止且无截止日期）的，才能看到。"
version     = "3"
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
        regexp_matches(coalesce(contract_status, ''), '暂停|中止|解除|终止') as is_broken,
        regexp_matches(coalesce(contract_status, ''), '解除|终止') as is_ended
    from record.contract
),

-- A status is that of today: on a contract's own row it says nothing of the days before. A suspension is a row of its own
-- inside another contract; what was ended has an end only as a contract, and a contract signed later lifts either.
apart as (
    select distinct w.institution_id, w.valid_from, w.valid_to
    from written as w
    join written as c
        on c.institution_id = w.institution_id and not c.is_broken
        and coalesce(c.valid_from < w.valid_from, true) and coalesce(c.valid_to >= w.valid_from, true)
    where w.is_broken and w.valid_from is not null
        and not (w.is_ended and coalesce(w.valid_to < date '2900-01-01', false))
),

period as (
    select w.institution_id, w.valid_from, w.valid_to, w.is_broken
    from written as w
    left join apart as a
        on a.institution_id = w.institution_id and a.valid_from = w.valid_from and w.is_broken
        and a.valid_to is not distinct from w.valid_to
    where a.institution_id is null
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
            and not p.is_broken then 1 else 0 end) as is_covered,
        max(case when coalesce(p.valid_from <= s.started_on, true) and coalesce(p.valid_to >= s.started_on, true)
            and p.is_broken then 1 else 0 end) as is_perhaps_covered,
        max(case when p.valid_to < s.started_on then p.valid_to end) as ended_on,
        min(case when p.valid_from > s.started_on then p.valid_from end) as next_from
    from settled as s
    join period as p on p.institution_id = s.institution_id
    group by s.settlement_id
),

suspended as (
    select s.settlement_id, max(w.valid_from) as suspended_from
    from settled as s
    join apart as w
        on w.institution_id = s.institution_id and w.valid_from <= s.started_on
        and coalesce(w.valid_to >= s.started_on, true)
    left join period as p
        on p.institution_id = w.institution_id and p.valid_from > w.valid_from and p.valid_from <= s.started_on
    where p.institution_id is null
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
            when p.is_perhaps_covered = 1 then 'cannot_judge'
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
            when p.is_perhaps_covered = 1 then 'since when the contract is suspended or ended is not delivered'
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
