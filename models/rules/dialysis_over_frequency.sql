/*
title       = "More dialysis sessions in a week than are given"
title_zh    = "血液透析超频次"
violation   = "dialysis_over_frequency"
family      = "frequency"
fetch       = ["dialysis"]
problem     = ["hospital-60"]
judges      = ["quantity", "day"]
subjects    = ["institution"]
certainty   = "suspected"
stage       = "audit"
scope       = ["outpatient", "chronic"]
window      = "person and seven days, across institutions"
law         = ["regulation-15-1", "regulation-20", "regulation-38-1-3", "regulation-40-1-3", "rules-11"]
basis       = ["筛查模型 C14 血透频次；血液净化标准操作规程：每周 2 至 3 次"]
needs       = ["record.fee_line.charged_at"]
exclusions  = [
    "extra sessions of an acute or critical illness: days during a stay do not count",
    "up to {max_sessions:session} within any seven days: holidays shift the shifts",
    "tubes, dialysers, monitoring and surcharges are no sessions",
    "two methods charged on one day are one session here",
]
exclusions_zh = [
    "急危重症的加做透析：住院期间的日期不计",
    "任意七日内不超过 {max_sessions} 次：节假日调整班次",
    "管路、透析器、监测及加收不计为透析次数",
    "同日收取两种透析方式，此处计一次",
]
limits      = "Sessions are counted by day of charge; a month posted on one day hides its sessions. Heart failure may ask for a fourth and fifth session: read the dialysis record."
limits_zh   = "按计费日计次，整月集中在一天记账的会掩盖次数。心力衰竭可能需要第四、第五次透析，应查阅透析记录。"
version     = "2"
sentence    = "{item_name} on {occurred_on} is session {sessions} within seven days ({week_from} on) at {institutions} institution(s), {amount} yuan"
sentence_zh = "{occurred_on} “{item_name}”为 {week_from} 起七日内第 {sessions} 次透析（{institutions} 家机构），涉及 {amount} 元"

[params.max_sessions]
value   = 4
unit    = "days"
meaning = "with a session within any seven days"

[params.session_pattern]
value   = "血液透析|血液滤过|血透|血液净化"
meaning = "names of dialysis sessions"

[params.not_session_pattern]
value   = "管路|透析器|滤器|监测|加收|置管|护理|腹膜"
meaning = "names that are no session"
*/
with session as (
    select settlement_id, line_id, encounter_id, person_id, institution_id, charged_on, item_name, eligible_amount
    from feature.fee_line
    where catalogue_type = '201' and eligible_amount > 0 and care_setting in ('outpatient', 'chronic')
        and regexp_matches(item_name, $session_pattern) and not regexp_matches(item_name, $not_session_pattern)
),

session_day as (
    select distinct person_id, charged_on
    from session
    where person_id is not null
),

week as (
    select d.person_id, d.charged_on, count(distinct e.charged_on) as sessions, min(e.charged_on) as week_from,
        count(distinct e.institution_id) as institutions
    from session_day as d
    join session as e
        on e.person_id = d.person_id and e.charged_on <= d.charged_on
        and date_diff('day', e.charged_on, d.charged_on) < 7
    group by d.person_id, d.charged_on
)

select
    case
        when s.person_id is null then 'cannot_judge'
        when w.sessions > $max_sessions then 'hit'
        else 'clear'
    end as outcome,
    case when s.person_id is null then 'the person is unknown' end as reason,
    s.settlement_id,
    s.line_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    cast(null as varchar) as practitioner_id,
    s.charged_on as occurred_on,
    s.eligible_amount as amount,
    case when w.institutions > 1 or regexp_matches(e.principal_diagnosis_code, '^(E87|I50|J81|E83)')
        then 'an extra session for potassium or fluid' end as innocent,
    case when w.institutions > 1 or regexp_matches(e.principal_diagnosis_code, '^(E87|I50|J81|E83)')
        then '高钾、容量负荷过重等临时加透' end as innocent_zh,
    s.item_name,
    w.sessions,
    w.week_from,
    w.institutions
from session as s
left join week as w on w.person_id = s.person_id and w.charged_on = s.charged_on
left join feature.encounter as e on e.encounter_id = s.encounter_id
