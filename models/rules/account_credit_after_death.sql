/*
title       = "Personal account credited for time after death"
title_zh    = "死亡后继续划拨个人账户"
violation   = "account_credit_after_death"
family      = "eligibility"
fetch       = ["death_record", "enrolment"]
subjects    = ["person"]
certainty   = "suspected"
stage       = "audit"
window      = "person and period the credit is for"
basis       = ["基本医疗保险个人账户管理：参保人死亡的，自次月起停止划入；筛查模型 A01（个人账户划入）"]
needs       = ["record.account_credit.credited_on"]
exclusions  = [
    "for the month of death or a month before it, however late it was paid",
    "taken back by a negative entry for the same period",
    "interest, refunds, transfers and inheritance: no entitlement of the month",
    "void entries",
    "the period it is for is unknown: cannot judge",
    "no register of deaths was delivered: cannot judge",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "属于死亡当月或以前月份的划入，不论何时到账",
    "同一所属期已以负数冲回",
    "利息、退款、转移接续及继承：不属当月待遇",
    "已作废的记录",
    "费款所属期未知：无法判定",
    "未提供死亡登记：无法判定",
    "参保人未知：无法判定",
]
limits      = "It is the agency's payment, not an act of the dead; who knew and drew on it is for the agency and the heirs to say. A register that declares the living dead looks the same: check a second source. The money is the account's and stands in no bill."
limits_zh   = "划入由经办机构办理，并非死者行为；是否有人知情支取，由经办机构和继承人说明。死亡登记误录在世者也会呈现相同情形，应先核对另一来源。金额属个人账户，不在医疗费用账单内。"
status      = "trial"
version     = "1"
sentence    = "{amount} yuan were credited on {occurred_on} for the time from {due_from}; the registered day of death is {died_on}"
sentence_zh = "登记死亡日期 {died_on}，{occurred_on} 仍划入个人账户 {amount} 元（费款所属期自 {due_from}）"

[params.no_entitlement]
value   = "利息|退|转移|转入|继承|冲"
meaning = "words of credits that are no entitlement of the month"
*/
with register as (
    select count(*) as deaths from record.person_status where status_type = 'death'
),

-- One period of a person with all that was put in for it.
credit as (
    select c.person_id, c.due_from, min(c.credit_id) as credit_id, max(c.credited_on) as credited_on,
        sum(c.amount) as amount
    from record.account_credit as c
    where coalesce(c.is_valid, true) and not regexp_matches(coalesce(c.credit_type, ''), $no_entitlement)
    group by c.person_id, c.due_from
),

judged as (
    select c.*, p.died_on, p.person_id is null as is_unknown, r.deaths,
        p.died_on is not null as is_dead,
        coalesce(date_trunc('month', c.due_from) > date_trunc('month', p.died_on), false) as is_after_death
    from credit as c
    left join feature.person as p on p.person_id = c.person_id
    cross join register as r
)

select
    case
        when is_unknown or (not is_dead and deaths = 0) then 'cannot_judge'
        when is_dead and due_from is null and credited_on > died_on and amount > 0 then 'cannot_judge'
        when is_after_death and amount > 0 then 'hit'
        else 'clear'
    end as outcome,
    case
        when is_unknown then 'the person is unknown'
        when not is_dead and deaths = 0 then 'no register of deaths was delivered'
        when due_from is null and amount > 0 then 'the period that the credit is for is unknown'
    end as reason,
    cast(null as varchar) as settlement_id,
    credit_id as line_id,
    cast(null as varchar) as encounter_id,
    person_id,
    cast(null as varchar) as institution_id,
    cast(null as varchar) as practitioner_id,
    credited_on as occurred_on,
    cast(amount as decimal(16, 2)) as amount,
    cast(amount as decimal(16, 2)) as fund_at_issue,
    due_from,
    died_on
from judged
