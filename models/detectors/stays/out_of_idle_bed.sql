/*
title = "Out and about during a stay of idle days"
title_zh = "多日无诊疗的住院期间在外就医购药（疑似挂床）"
violation = "idle_stay"
family = "presence"
judges   = ["day"]
subjects = ["person", "institution"]
certainty = "suspected"
scope = ["inpatient"]
window = "stay"
law = ["regulation-15-1", "regulation-38-1-1", "regulation-17", "regulation-41-1-1", "regulation-41-1-2"]
basis = ["筛查模型 A03 住院期间门诊、B03 挂床住院"]
needs = ["record.fee_line.charged_at", "record.fee_line.fee_category", "record.settlement.started_on"]
sentence = "In hospital from {started_on} to {ended_on}: on {idle_days} of {charged_days} days only bed, nursing and ward rounds were charged, and the card was used elsewhere {times} times meanwhile, first at {other_institution_id} on {occurred_on} ({other_amount} yuan); of {like_stays} stays with as many idle days {usual_share}% have such a use; {amount} yuan of idle days"
sentence_zh = "{started_on}至{ended_on}住院，{charged_days}天中有{idle_days}天仅收床位、护理、诊查费，其间在外刷卡{times}次，首次为{occurred_on}在{other_institution_id}（{other_amount}元）；同样多日无诊疗的{like_stays}次住院中{usual_share}%有此情形；无诊疗日涉及{amount}元"
exclusions = [
    "first and last day of the stay",
    "stays with few idle days: a relative may have fetched the medicines",
    "operations, diseases treated in courses, mental disorders, pregnancy, newborns, bed-day payment",
    "courses (dialysis, radiotherapy), and purchases without fund money: the family's account",
    "what the same hospital settled, stays, and repayments on paper whose day is typed in",
    "the institution posts in bulk, or the whole stay was posted on one day: cannot judge",
]
exclusions_zh = [
    "住院的首日和末日",
    "无诊疗日较少的住院：可能由家属代取药品",
    "手术、分疗程治疗的疾病、精神障碍、妊娠、新生儿、按床日付费",
    "分疗程治疗（透析、放疗等）及无基金支付的购药：家庭共济账户",
    "同一医院的结算、住院，以及日期为手工录入的零星报销",
    "机构集中记账或整次住院一日记账：无法判定",
]
limits = "Relatives fetch medicines and buy with the card, so who used it the record does not say; together with idle days it is for the temperature chart, the nursing record and the camera of the other place to say who came."
limits_zh = "家属可能持证代取药、购药，数据不能说明持证人；与多日无诊疗同时出现时，应以体温单、护理记录和对方机构监控核实到场者。"

[params.min_days]
value = 3
unit = "days"
meaning = "least idle days of a stay"

[params.min_share]
value = 0.3
unit = "share"
meaning = "least of the charged days that are idle"

[params.bulk_share]
value = 0.6
unit = "share"
meaning = "average share of a stay's lines on its busiest day from which an institution posts in bulk"

[params.idle_amount]
value = 5
unit = "yuan"
meaning = "charges of treatment a day that still leave it idle"
*/
-- day_judged_stay: a stay that can be judged by its days. Two weak signs speak together: idle days (is_idle) and the
-- card used elsewhere meanwhile.
create temp table day_judged_stay as
with idle as (
    select encounter_id, count(*) as days
    from feature.stay_day
    where is_inside and has_bed and active_amount <= $idle_amount
    group by encounter_id
)
select s.encounter_id, s.person_id, s.institution_id, s.started_on, s.ended_on, s.days, s.charged_days,
    coalesce(i.days, 0) as idle_days, s.eligible_amount,
    coalesce(p.busiest_share, 0) > $bulk_share or coalesce(s.busiest_share, 0) >= 1 as is_bulk,
    coalesce(i.days >= $min_days and i.days >= $min_share * s.charged_days, false) as is_idle
from feature.stay as s
left join idle as i on i.encounter_id = s.encounter_id
left join feature.institution_posting as p on p.institution_id = s.institution_id
where s.ended_on is not null and s.days >= 2 and s.charged_days > 0 and s.unsorted_lines = 0
    and not s.is_expected and not s.is_operated and not s.is_bed_day_paid and not s.is_died;

create temp table idle_stay as
with use_elsewhere as (
    select b.encounter_id, count(*) as times, min(v.settled_on) as out_on,
        arg_min(v.institution_id, (v.settled_at, v.settlement_id)) as other_institution_id,
        arg_min(v.eligible_amount, (v.settled_at, v.settlement_id)) as other_amount
    from day_judged_stay as b
    join feature.settlement as v on v.person_id = b.person_id and v.institution_id <> b.institution_id
        and v.settled_on > b.started_on and v.settled_on < b.ended_on
    join record.settlement as r on r.settlement_id = v.settlement_id
    left join feature.encounter as e on e.encounter_id = v.encounter_id
    where b.is_idle and not b.is_bulk and not coalesce(v.is_family_money, false)
        and not coalesce(e.is_in_course, false)
        and coalesce(v.care_setting, '') <> 'inpatient'
        and coalesce(r.settlement_type, '2') <> '1' and coalesce(r.manual_reimbursement_reason, '') = ''
    group by b.encounter_id
)
select b.*, u.* exclude (encounter_id), count(*) over () as stays, count(u.encounter_id) over () as outs
from day_judged_stay as b
left join use_elsewhere as u on u.encounter_id = b.encounter_id
where b.is_idle and not b.is_bulk;

create temp table idle_stay_out as
with paid as (
    select encounter_id, max(settlement_id) as settlement_id
    from feature.settlement
    where care_setting = 'inpatient'
    group by encounter_id
)
select s.*, p.settlement_id
from idle_stay as s
join paid as p on p.encounter_id = s.encounter_id
where s.times > 0;

-- A relative may fetch medicines once: a second use adds weight.
select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, out_on as occurred_on,
    cast(eligible_amount * idle_days / greatest(days, idle_days) as decimal(16, 2)) as amount,
    case when times > 1 then 1.0 else 0.8 end as weight, started_on, ended_on, idle_days, charged_days, times,
    other_institution_id, other_amount, stays - 1 as like_stays,
    round(100 * (outs - 1) / greatest(stays - 1, 1), 1) as usual_share
from idle_stay_out

union all by name
select 'cannot_judge' as outcome, 'the institution posts charges in bulk' as reason, count(*) as units
from day_judged_stay
where is_bulk having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from day_judged_stay
where not is_bulk and encounter_id not in (select encounter_id from idle_stay_out) having count(*) > 0;
