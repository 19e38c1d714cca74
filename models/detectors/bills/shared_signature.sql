/*
title = "One name signs in many departments"
title_zh = "一名医师签名遍及多个科室（疑似签章共用）"
violation = "shared_signature"
family = "capacity"
judges   = ["practitioner"]
subjects = ["practitioner", "institution"]
fetch = ["workload", "signatures"]
certainty = "suspected"
scope = ["outpatient", "emergency", "chronic"]
window = "the whole delivered window"
basis = ["筛查模型 D01 医师/治疗师超产能（签章共用本身即为问题）"]
needs = ["record.fee_line.ordering_practitioner_id", "record.fee_line.ordering_department_code"]
sentence = "{visits} visits of {persons} persons were signed in one name in {own} departments over {days} days, {outside_text} outside the main one ({main}); nine of ten of the {peers} practitioners at like institutions sign in {usual}; this visit of {occurred_on} was in {department}"
sentence_zh = "以同一医师名义{days}天内在{own}个科室接诊{persons}人{visits}次，主要科室（{main}）以外占{outside_text}；同类机构{peers}名医师中九成不超过{usual}个科室；本次{occurred_on}就诊科室为{department}"
exclusions = [
    "orders of a stay: consultations on the wards",
    "general practice where the like sign in as many departments",
    "a few visits in another department: fewer than {least_visits}",
    "codes of zeros that stand for nobody",
    "too few practitioners at like institutions, no department on the lines: cannot judge",
]
exclusions_zh = [
    "住院医嘱：病区会诊",
    "全科中同类签署同样多科室者",
    "在其他科室少量接诊：不足 {least_visits} 次",
    "全零编码，不对应具体医师",
    "同类机构医师过少、明细无科室：无法判定",
]
limits = "Cover for colleagues on leave, night duty for the whole house and a wrong department table look the same: compare the rota. Which visits were another's the export does not say: those outside the main department are listed, the amount of each is the part beyond what nine of ten peers have outside theirs."
limits_zh = "代班、全院夜班、科室表有误也会呈现相同情形，应核对排班。哪些就诊由他人完成，导出数据无从得知：列出主要科室以外的就诊，每次金额为超出九成同类医师科室外占比的部分。"

[strength]  # half the distance to certainty for every two times as many departments as nine of ten peers sign in
by = "times_usual"
halving = 2
above = "min_ratio"

[params.min_visits]
value = 60
unit = "visits"
meaning = "of the practitioner; fewer: not judged, no peer"

[params.min_departments]
value = 5
unit = "departments"
meaning = "signed in, at least"

[params.least_visits]
value = 5
unit = "visits"
meaning = "in a department, fewer do not make it one of the name's"

[params.min_outside]
value = 0.15
unit = "share"
meaning = "of the visits outside the main department"

[params.min_ratio]
value = 2.0
unit = "x"
meaning = "of the departments, and of the share outside the main one, that nine of ten peers reach"

[params.min_months]
value = 3
unit = "months"
meaning = "with visits outside the main department"

[params.min_peers]
value = 20
unit = "practitioners"
meaning = "fewer peers: cannot judge"
*/
-- visit: a visit whose lines one practitioner ordered; codes of zeros or nines stand for nobody.
create temp table visit as
select practitioner_id, institution_id, encounter_id, min(person_id) as person_id,
    min(department_code) as department_code, min(charged_on) as charged_on, sum(eligible_amount) as eligible_amount
from feature.fee_line
where practitioner_id is not null and not is_pharmacy and care_setting in ('outpatient', 'emergency', 'chronic')
    and not regexp_matches(practitioner_id, '^[A-Za-z]{0,2}(0+|9{6,})$')
group by practitioner_id, institution_id, encounter_id;

-- name: a practitioner at a place with enough visits, and in how many departments and how far outside the main one.
create temp table name as
with by_department as (
    select practitioner_id, institution_id, department_code, count(*) as visits
    from visit
    where department_code is not null
    group by practitioner_id, institution_id, department_code
),
whole as (
    select practitioner_id, institution_id, sum(visits) as visits, max(visits) as main_visits,
        count(*) filter (visits >= $least_visits) as departments,
        min_by(department_code, (-visits, department_code)) as main
    from by_department
    group by practitioner_id, institution_id
),
worked as (
    select v.practitioner_id, v.institution_id, count(distinct v.person_id) as persons,
        count(distinct v.charged_on) as days,
        count(distinct case when v.department_code <> w.main then date_trunc('month', v.charged_on) end) as months
    from visit as v
    join whole as w on w.practitioner_id = v.practitioner_id and w.institution_id = v.institution_id
    group by v.practitioner_id, v.institution_id
)
select w.*, d.persons, d.days, d.months, 1 - w.main_visits / cast(w.visits as double) as outside, g.key_2, g.key_3,
    case when count(*) over (partition by g.key_2) > $min_peers then g.key_2 else g.key_3 end as peer_key
from whole as w
join worked as d on d.practitioner_id = w.practitioner_id and d.institution_id = w.institution_id
join feature.institution_peer_group as g on g.institution_id = w.institution_id
where w.visits >= $min_visits and w.departments > 0;

-- rated_name: a name beside what nine of ten practitioners at like institutions reach.
create temp table rated_name as
with peer as (
    select k.peer_key, count(*) as names, quantile_cont(cast(n.departments as double), 0.9) as usual,
        quantile_cont(n.outside, 0.9) as usual_outside
    from (select distinct peer_key from name) as k
    join name as n on n.key_2 = k.peer_key or n.key_3 = k.peer_key
    group by k.peer_key
)
select n.*, p.names - 1 as peers, p.usual, p.usual_outside,
    n.departments >= $min_departments and n.departments >= $min_ratio * p.usual and n.months >= $min_months
        and n.outside >= greatest($min_outside, $min_ratio * p.usual_outside) as is_many
from name as n
join peer as p on p.peer_key = n.peer_key;

with outside as (
    select n.*, v.encounter_id, v.person_id, v.charged_on, v.department_code,
        cast(v.eligible_amount * greatest(0, 1 - n.usual_outside / n.outside) as decimal(16, 2)) as amount
    from rated_name as n
    join visit as v on v.practitioner_id = n.practitioner_id and v.institution_id = n.institution_id
        and v.department_code <> n.main
    where n.peers >= $min_peers and n.is_many
),
settled as (
    select encounter_id, min(settlement_id) as settlement_id
    from feature.settlement
    where encounter_id in (select encounter_id from outside)
    group by encounter_id
)
select 'hit' as outcome, s.settlement_id, o.encounter_id, o.person_id, o.institution_id, o.practitioner_id,
    o.charged_on as occurred_on, o.amount, o.practitioner_id as part,
    o.departments / greatest(o.usual, 1) as times_usual, cast(o.visits as integer) as visits, o.persons, o.days,
    coalesce(m.department_name, o.main) as main,
    cast(round(100 * o.outside) as integer) || '%' as outside_text, 'departments_signed' as indicator,
    'departments signed in' as indicator_title, '签名涉及科室数（同类为九成分位）' as indicator_title_zh, '' as unit,
    o.departments as own, round(o.usual, 1) as usual, o.peers, o.months, coalesce(d.department_name, o.department_code) as department
from outside as o
left join settled as s on s.encounter_id = o.encounter_id
left join feature.department as m on m.institution_id = o.institution_id and m.department_code = o.main
left join feature.department as d
    on d.institution_id = o.institution_id and d.department_code = o.department_code

union all by name
select 'cannot_judge' as outcome, 'too few practitioners at like institutions' as reason, count(*) as units
from rated_name where peers < $min_peers having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from rated_name where peers >= $min_peers and not is_many having count(*) > 0
