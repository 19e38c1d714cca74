/*
title       = "Family doctor's package service while the person was in hospital elsewhere or dead"
title_zh    = "住院期间或死亡后的家庭医生签约服务"
violation   = "package_service_not_given"
family      = "presence"
fetch       = ["presence", "death_record"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "supervision"
window      = "service"
law         = ["regulation-15-1", "regulation-38-1-7"]
basis       = ["家庭医生签约服务：按实际提供的服务支付签约服务费"]
needs       = ["record.package_service.served_on"]
exclusions  = [
    "first and last day of the stay, and day surgery",
    "a stay in the institution that gives the service",
    "by telephone or over the internet, signing and renewing: possible from the ward",
    "the first {grace_days:day} after death",
    "taken back or void",
    "no register of deaths was delivered: cannot judge what does not fall into a stay",
    "the person is unknown: cannot judge",
]
exclusions_zh = [
    "住院首日、末日及日间手术",
    "在提供签约服务的机构住院",
    "电话、网络随访及签约、续约：住院期间可以进行",
    "死亡后 {grace_days} 天以内",
    "已退费或作废",
    "未提供死亡登记：未落在住院期间的服务无法判定",
    "参保人未知：无法判定",
]
limits      = "A service is often written down days later, under the day of writing; a family member may have come in the person's place. Look at the service record and its signature first. A package's money is that of the package, not of a medical bill."
limits_zh   = "服务记录常为事后补录，日期为录入日；也可能由家属代为到场。应先核对服务记录及签字。金额为签约服务费，不在医疗费用账单内。"
status      = "trial"
version     = "2"
sentence    = "A service of the package {package_name} on {occurred_on} {what}"
sentence_zh = "{occurred_on} 签约服务“{package_name}”{what_zh}"

[params.grace_days]
value   = 1
unit    = "days"
meaning = "days after the day of death that are let pass"

[params.from_afar]
value   = "电话|网络|线上|微信|视频|互联网|短信|签约|续约|建档"
meaning = "words of services that are given from afar or on paper"
*/
with judged as (
    select m.*, v.practitioner_id, v.fund_amount, coalesce(v.package_name, '–') as package_name,
        m.stay_started_on is not null and not regexp_matches(coalesce(v.service_form, ''), $from_afar) as is_in_stay,
        coalesce(date_diff('day', m.died_on, m.served_on) > $grace_days, false) as is_after_death
    from feature.service_met as m
    join record.package_service as v on v.service_id = m.service_id
    where m.kind = 'package'
)

select
    case
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
    practitioner_id,
    served_on as occurred_on,
    fund_amount as amount,
    fund_amount as fund_at_issue,
    package_name,
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
