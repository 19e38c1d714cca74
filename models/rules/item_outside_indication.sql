/*
title       = "Drug, service or consumable without a diagnosis it is meant for"
title_zh    = "超说明书适应症用药、医疗服务项目超适应症使用、医用耗材限疾病使用"
official    = [70, 83, 88]
violation   = "outside_indication"
family      = "indication"
problem     = ["hospital-37", "hospital-44", "hospital-46", "hospital-144", "hospital-173"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "audit"
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）70 超说明书适应症用药、83 医疗服务项目超适应症使用、88 医用耗材限疾病使用"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "a diagnosis of an earlier visit, at most {lookback_days:day} old, is one it is meant for",
    "one of several indications fits",
    "no diagnosis of the visit is known: cannot judge",
    "the person is unknown: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
]
exclusions_zh = [
    "{lookback_days} 天以内的既往就诊诊断符合适应症",
    "符合多个适应症之一",
    "本次就诊无已知诊断：无法判定",
    "参保人未知：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
]
limits      = "Diagnoses are coded for payment and seldom complete: an illness treated and not coded looks the same. Severity, stage and test results are in the record only. Drugstore purchases carry no diagnosis."
limits_zh   = "诊断为付费而编码，往往不完整：已治疗而未编码的疾病也会呈现相同情形。严重程度、分期、检查结果仅见于病历。药店购药不带诊断。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan); no diagnosis of the visit ({diagnosis}) is one it is meant for"
sentence_zh = "{occurred_on} 使用“{item_name}”{amount} 元，本次就诊诊断（{diagnosis}）不在其适应症范围"

[params.lookback_days]
value   = 90
unit    = "days"
meaning = "a diagnosis of an earlier visit of the person, at most so old, justifies the item too"
*/
with told as (
    select *,
        case
            when justified_days_ago <= $lookback_days or is_before_operation then 'clear'
            when not is_diagnosed or person_id is null then 'cannot_judge'
            else 'hit'
        end as outcome,
        row_number() over (partition by settlement_id, line_id order by official) as place
    from feature.indicated_use
    where official in (70, 83, 88)
),

untold as (
    select 70 as official, count(*) as points from knowledge.service_indication where official = 70
    union all
    select 83, count(*) from knowledge.service_indication where official = 83
    union all
    select 88, count(*) from knowledge.service_indication where official = 88
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
    official
from told
where place = 1
union all
select 'cannot_judge',
    'knowledge.service_indication is empty for rule ' || cast(official as varchar) || ': a city table',
    null, null, null, null, null, null, null, null, null, null, official
from untold
where points = 0
