/*
title       = "Long-term care while the person was in hospital or dead"
title_zh    = "住院期间或死亡后的长护险服务"
violation   = "long_term_care_not_given"
family      = "presence"
fetch       = ["presence", "death_record"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "service"
basis       = ["长期护理保险试点：按实际提供的服务支付；住院治疗期间暂停护理待遇，死亡后终止"]
needs       = ["record.long_term_care_service.started_at"]
exclusions  = [
    "first and last day of the stay, and day surgery",
    "a stay in the same institution: care and treatment under one roof are settled by agreement",
    "renting or fitting aids and assessments, which need nobody at home",
    "the first {grace_days:day} after death",
    "taken back or void",
    "no register of deaths was delivered: cannot judge what does not fall into a stay",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "住院首日、末日及日间手术",
    "住院与护理在同一机构：医养结合按协议结算",
    "辅具租赁、适配及评估：无需本人在家",
    "死亡后 {grace_days} 天以内",
    "已退费或作废",
    "未提供死亡登记：未落在住院期间的服务无法判定",
    "参保人未知：无法判定",
]
limits      = "A day typed in wrong, leave from the ward and a register of deaths that errs look the same. Compare the carer's sign-in and the ward's leave slips first. The money is that of long-term care, not of a medical bill."
limits_zh   = "服务日期录错、住院期间请假外出、死亡登记有误也会呈现相同情形，应先核对护理人员签到和病区请假单。金额为长护险资金，不在医疗费用账单内。"
status      = "trial"
version     = "2"
sentence    = "Long-term care on {occurred_on} ({amount} yuan) {what}"
sentence_zh = "{occurred_on} 长护险服务（{amount} 元）{what_zh}"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "days after the day of death that are let pass"

[params.without_presence]
value   = "租赁|辅具|适配|评估|耗材"
meaning = "words of services that need nobody at home"
*/
with judged as (
    select m.*, v.fund_amount, m.stay_started_on is not null as is_in_stay,
        regexp_matches(coalesce(v.item_name, ''), $without_presence)
            or regexp_matches(coalesce(v.service_form, ''), $without_presence) as is_without_presence,
        coalesce(date_diff('day', m.died_on, m.served_on) > $grace_days, false) as is_after_death
    from feature.service_met as m
    join record.long_term_care_service as v on v.service_id = m.service_id
    where m.kind = 'long_term_care'
)

select
    case
        when is_without_presence then 'clear'
        when is_after_death or is_in_stay then 'hit'
        when is_person_unknown or (died_on is null and not has_deaths) then 'cannot_judge'
        else 'clear'
    end as outcome,
    case
        when is_person_unknown then 'the person is unknown'
        when died_on is null and not has_deaths then 'no register of deaths was delivered'
    end as reason,
    cast(null as varchar) as settlement_id,
    service_id as line_id,
    cast(null as varchar) as encounter_id,
    person_id,
    institution_id,
    cast(null as varchar) as practitioner_id,
    served_on as occurred_on,
    fund_amount as amount,
    fund_amount as fund_at_issue,
    case
        when is_after_death then 'after the registered day of death ' || cast(died_on as varchar)
        else 'while the person was in hospital at ' || coalesce(hospital_id, 'an unknown place') || ' from '
            || cast(stay_started_on as varchar) || ' to ' || cast(stay_ended_on as varchar)
    end as what,
    case
        when is_after_death then '在登记死亡日期 ' || cast(died_on as varchar) || ' 之后'
        else '正值参保人 ' || cast(stay_started_on as varchar) || ' 至 ' || cast(stay_ended_on as varchar) || ' 在'
            || coalesce(hospital_id, '某机构') || '住院'
    end as what_zh
from judged
