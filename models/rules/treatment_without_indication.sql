/*
title       = "Treatment given again and again without a diagnosis that asks for it"
title_zh    = "无指征治疗"
official    = [79]
violation   = "treatment_without_indication"
family      = "indication"
problem     = ["hospital-173"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）79 无指征治疗"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "given fewer than {least_times} times in the visit",
    "a diagnosis of an earlier visit, at most {lookback_days:day} old, asks for the treatment",
    "no diagnosis of the visit is known: cannot judge",
    "the person is unknown: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
]
exclusions_zh = [
    "本次就诊中不足 {least_times} 次",
    "{lookback_days} 天以内的既往就诊诊断需要该治疗",
    "本次就诊无已知诊断：无法判定",
    "参保人未知：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
]
limits      = "Diagnoses are coded for payment and seldom complete. Outpatient courses billed visit by visit have fewer than {least_times} each and are not seen. Units of minutes or sites count as times."
limits_zh   = "诊断为付费而编码，往往不完整。按次结算的门诊疗程每次不足 {least_times} 次，看不到。按分钟或部位计量的按次数计。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged {times} times in the visit, this line on {occurred_on} ({amount} yuan); its diagnoses ({diagnosis}) do not ask for it"
sentence_zh = "{occurred_on} 治疗“{item_name}”{amount} 元（本次就诊共 {times} 次），诊断（{diagnosis}）未见相应指征"

[params.least_times]
value   = 3
unit    = "charges"
meaning = "charged so often in a visit is again and again"

[params.lookback_days]
value   = 90
unit    = "days"
meaning = "a diagnosis of an earlier visit of the person, at most so old, justifies the item too"
*/
with told as (
    select *,
        case
            when justified_days_ago <= $lookback_days or is_before_operation then 'clear'
            when times < $least_times then 'clear'
            when not is_diagnosed or person_id is null then 'cannot_judge'
            else 'hit'
        end as outcome
    from feature.indicated_use
    where official = 79
),

untold as (
    select 79 as official, count(*) as points from knowledge.service_indication where official = 79
)

select
    outcome,
    case
        when outcome = 'cannot_judge' and is_diagnosed then 'the person is unknown, and with it earlier diagnoses'
        when outcome = 'cannot_judge' and is_otherwise_diagnosed
            then 'only diagnoses of Chinese medicine or without a code are delivered'
        when outcome = 'cannot_judge' then 'no diagnosis is known'
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
    diagnosis,
    cast(times as double) as times,
    official
from told
union all
select 'cannot_judge',
    'knowledge.service_indication is empty for rule ' || cast(official as varchar) || ': a city table',
    null, null, null, null, null, null, null, null, null, null, null, official
from untold
where points = 0
