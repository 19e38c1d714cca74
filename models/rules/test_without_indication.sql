/*
title       = "Test or examination without a diagnosis that asks for it"
title_zh    = "无指征检验检查"
official    = [78]
violation   = "test_without_indication"
family      = "indication"
problem     = ["hospital-104", "hospital-117"]
subjects    = ["institution", "practitioner"]
certainty   = "suspected"
stage       = "supervision"
window      = "visit"
law         = ["regulation-15-1", "regulation-38-1-2", "rules-11"]
basis       = ["智能监管规则库（2025年版）78 无指征检验检查"]
needs       = ["record.fee_line.charged_at", "record.fee_line.item_code"]
exclusions  = [
    "a diagnosis of an earlier visit, at most {lookback_days:day} old, asks for the test",
    "one of several indications fits",
    "no diagnosis of the visit is known: cannot judge",
    "the person is unknown: cannot judge",
    "only diagnoses of Chinese medicine or without a code are delivered: cannot judge",
    "a test of preparation in a visit with an operation (glycated haemoglobin)",
]
exclusions_zh = [
    "{lookback_days} 天以内的既往就诊诊断需要该检查",
    "符合多个指征之一",
    "本次就诊无已知诊断：无法判定",
    "参保人未知：无法判定",
    "仅有中医诊断或未编码的文字诊断：无法判定",
    "有手术的就诊中属术前准备的检查（如糖化血红蛋白）",
]
limits      = "A test ordered on a suspicion that it refuted leaves no diagnosis: single tests prove little, a hospital that does them to everybody is what to look for. Screening before an operation and on admission is to be listed as an indication."
limits_zh   = "因疑诊而做、结果予以排除的检查不会留下诊断：单次检查证明力弱，应关注对人人开展的医院。术前和入院筛查应列为指征。"
status      = "trial"
version     = "2"
sentence    = "{item_name} was charged on {occurred_on} ({amount} yuan); the diagnoses of the visit ({diagnosis}) do not ask for it"
sentence_zh = "{occurred_on} 检查检验“{item_name}”{amount} 元，本次就诊诊断（{diagnosis}）未见相应指征"

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
        end as outcome
    from feature.indicated_use
    where official = 78
),

untold as (
    select 78 as official, count(*) as points from knowledge.service_indication where official = 78
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
union all
select 'cannot_judge',
    'knowledge.service_indication is empty for rule ' || cast(official as varchar) || ': a city table',
    null, null, null, null, null, null, null, null, null, null, official
from untold
where points = 0
