/*
title = "A stay elsewhere repaid on paper without any other trace"
title_zh = "零星报销的异地住院无其他就医痕迹"
violation = "unseen_paper_stay"
family = "eligibility"
subjects = ["person"]
fetch = ["manual_claim", "hospital_confirmation"]
certainty = "suspected"
scope = ["inpatient"]
window = "each stay, with days before and after"
law = ["regulation-20", "regulation-41-2"]
basis = [
    "《基本医疗保险跨省异地就医直接结算经办规程》：异地就医备案",
    "筛查模型 A06 重复报销、A11 异地就医异常、G01 零星报销异常",
]
needs = [
    "record.settlement.settlement_type",
    "record.settlement.insured_division",
    "record.out_of_area_filing",
]
sentence = "Repaid on paper on {occurred_on}: in hospital in {division} from {started_on} to {ended_on}, {amount} yuan, without filing or referral; within {days} days before and after no bill settled by card names an illness of chapter {chapter}; {stays} such stays of this person, {persons} persons with such stays at this hospital{beside}"
sentence_zh = "{occurred_on}零星报销：{started_on}至{ended_on}在{division}住院，{amount}元，无异地备案、无转诊；前后{days}天刷卡结算中无{chapter}类疾病的就医记录；本人此类住院{stays}次，该院此类参保人{persons}名{beside_zh}"
exclusions = [
    "a filing for the place that holds on the day, referred stays, emergencies, deaths",
    "malignant and other diseases treated in courses",
    "an illness of the same chapter treated by card within {days:day} before or after",
    "one stay of a person whose card was never used at home: cannot judge",
    "persons insured elsewhere, whose filings are kept there: cannot judge",
]
exclusions_zh = [
    "当日有效的异地备案、转诊住院、急诊、死亡",
    "恶性肿瘤等分疗程治疗的疾病",
    "前后 {days} 天内刷卡治疗过同类疾病",
    "在参保地从未刷卡的参保人仅有一次此类住院：无法判定",
    "在其他地区参保、备案不在本地的参保人：无法判定",
]
limits = "Accidents on a journey leave no trace at home either. Whether the stay took place is answered by the hospital and by checking the electronic invoice, before anybody is asked."
limits_zh = "旅途中突发疾病在参保地同样没有痕迹。住院是否发生，应先向就诊医院核实并查验电子票据，再询问参保人。"

[params.days]
value = 90
unit = "days"
meaning = "before and after the stay in which a trace is sought"

[params.min_amount]
value = 500
unit = "yuan"
meaning = "least eligible money of the stay"
*/
-- paper_stay: a stay in another prefecture repaid on paper.
create temp table paper_stay as
select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, e.started_on, e.ended_on, s.settled_on,
    s.eligible_amount, s.institution_division, s.insured_division,
    coalesce(e.is_emergency_start, false) or coalesce(e.is_transferred_in, false)
        or coalesce(s.medical_category in ('23', '24', '210104'), false) as is_led_in,
    x.is_died or x.is_expected as is_explained,
    substr(e.principal_diagnosis_code, 1, 1) as chapter
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
join feature.encounter as e on e.encounter_id = s.encounter_id
join feature.encounter_excuse as x on x.encounter_id = s.encounter_id
where s.care_setting = 'inpatient' and s.person_id is not null and s.eligible_amount >= $min_amount
    and (r.settlement_type = '1' or coalesce(r.manual_reimbursement_reason, '') <> '')
    and substr(s.insured_division, 1, 4) <> substr(s.institution_division, 1, 4)
    and e.started_on is not null and e.ended_on is not null;

-- card_bill: what these persons settled by card.
create temp table card_bill as
select s.settlement_id, s.person_id, s.institution_id, s.settled_on,
    coalesce(e.started_on, s.settled_on) as came_on,
    coalesce(e.principal_diagnosis_code, b.diagnosis) as diagnosis_code,
    substr(s.insured_division, 1, 4) = substr(s.institution_division, 1, 4) as is_home,
    coalesce(s.is_family_purchase, false) as is_family_purchase
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
left join feature.encounter as e on e.encounter_id = s.encounter_id
left join feature.visit_bill as b on b.settlement_id = s.settlement_id
where s.person_id in (select person_id from paper_stay)
    and coalesce(r.settlement_type, '2') <> '1' and coalesce(r.manual_reimbursement_reason, '') = '';

-- stay_with_traces: a paper stay with what vouches for it.
--   uses        of the card at home during the stay
--   is_excused  filing, referral, emergency, death, a course of treatment, or a trace of the illness
--   is_foreign  of an area whose filings were not delivered
--   is_away     the person's only such stay, and the card was never used at home
create temp table stay_with_traces as
with excused as (
    select p.settlement_id
    from paper_stay as p
    join record.out_of_area_filing as f on f.person_id = p.person_id and coalesce(f.is_valid, true)
        and coalesce(f.valid_from, p.started_on) <= p.started_on
        and coalesce(f.valid_to, p.started_on) >= p.started_on
        -- A filing for a whole province ends in 0000.
        and (substr(f.destination_division, 1, 4) = substr(p.institution_division, 1, 4)
            or (substr(f.destination_division, 3, 4) = '0000'
                and substr(f.destination_division, 1, 2) = substr(p.institution_division, 1, 2)))
    union
    select settlement_id
    from paper_stay
    where is_led_in or is_explained
    union
    select p.settlement_id
    from paper_stay as p
    join card_bill as v on v.person_id = p.person_id and substr(v.diagnosis_code, 1, 1) = p.chapter
        and v.came_on between p.started_on - cast($days as integer) and p.ended_on + cast($days as integer)
),
during as (
    select p.settlement_id, count(*) as uses
    from paper_stay as p
    join card_bill as v on v.person_id = p.person_id and v.is_home and not v.is_family_purchase
        and v.settled_on > p.started_on
        and v.settled_on < p.ended_on
    group by p.settlement_id
)
select p.*, coalesce(d.uses, 0) as uses, x.settlement_id is not null as is_excused,
    substr(p.insured_division, 1, 4) not in
        (select substr(insured_division, 1, 4) from record.out_of_area_filing where insured_division is not null)
        as is_foreign,
    p.person_id not in (select person_id from card_bill where is_home)
        and count(*) over (partition by p.person_id) = 1 as is_away
from paper_stay as p
left join excused as x on x.settlement_id = p.settlement_id
left join during as d on d.settlement_id = p.settlement_id;

-- An accident on a journey happens once and to one: a second stay of the person or the card used at home meanwhile
-- adds most weight, others with such stays at the hospital some.
with unseen as (
    select *, count(*) over (partition by person_id) as stays
    from stay_with_traces
    where not is_excused and not is_foreign and not is_away
),
place as (
    select institution_id, count(distinct person_id) as persons from unseen group by institution_id
)
select 'hit' as outcome, u.settlement_id, u.encounter_id, u.person_id, u.institution_id, u.settled_on as occurred_on,
    u.eligible_amount as amount,
    case when u.stays > 1 or u.uses > 0 then 1.0 when p.persons > 1 then 0.8 else 0.6 end as weight,
    u.institution_division as division, u.started_on, u.ended_on, $days as days, u.chapter, u.stays, p.persons, u.uses,
    case when u.uses = 0 then '' else '; the card was used at home ' || u.uses || ' times meanwhile' end as beside,
    case when u.uses = 0 then '' else '；其间在参保地刷卡' || u.uses || '次' end as beside_zh
from unseen as u
join place as p on p.institution_id = u.institution_id

union all by name
select 'cannot_judge' as outcome, 'filings of the area where the person is insured were not delivered' as reason,
    count(*) as units
from stay_with_traces
where is_foreign having count(*) > 0

union all by name
select 'cannot_judge' as outcome, 'one stay of a person whose card was never used at home' as reason,
    count(*) as units
from stay_with_traces
where not is_foreign and is_away having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from stay_with_traces
where is_excused and not is_foreign and not is_away having count(*) > 0;
