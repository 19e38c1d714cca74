/*
title = "A practitioner's prescriptions cost far more at one drugstore than the same persons pay elsewhere"
title_zh = "医师处方在一家药店的费用明显高于同一参保人其他同病费用"
violation = "prescription_flow"
family = "ring"
subjects = ["practitioner", "pharmacy"]
fetch = ["kickback", "store"]
certainty = "suspected"
scope = ["drugstore", "chronic"]
window = "the whole delivered window"
law = ["regulation-15-1", "regulation-20", "regulation-40-1-1"]
basis = ["筛查模型 C10 医师与药店定向流转（人均费用）；定点零售药店自查自纠问题清单 14"]
needs = ["record.settlement.settled_at", "record.fee_line.ordering_practitioner_id"]
sentence = "{persons} persons took this practitioner's prescriptions to this one store, where their bills are {own} times what their other bills for the same disease cost; {peers} persons with other practitioners and stores: {usual} times; this one of {occurred_on} {paid} yuan instead of {usual_bill}, {amount} yuan more"
sentence_zh = "该医师有{persons}名参保人在本药店按其处方购药，费用为其本人同病其他费用的{own}倍，其他医师与药店的{peers}名参保人为{usual}倍；本次{occurred_on}费用{paid}元，平常{usual_bill}元，高出{amount}元"
exclusions = [
    "the seriously ill: each person is compared with their own bills for the same disease",
    "one person's new treatment: at least {min_persons} must pay more",
    "drugs that few stores of the area sell, or this one to most of their buyers: there is no other way to go",
    "persons with fewer than {min_own:bill} for the disease elsewhere",
]
exclusions_zh = [
    "重病参保人：与其本人同病的其他费用比较",
    "个别人更换治疗方案：须有至少 {min_persons} 人费用升高",
    "当地少数药店销售的药品，或该店售予多数购药人的药品：别无去处",
    "同病其他费用少于 {min_own} 次的参保人",
]
limits = "Prescriptions for a longer time cost more at once: compare the days of supply. A practitioner who sees persons only after their illness got worse looks alike."
limits_zh = "处方天数较长的单次费用也高，应比较用药天数。医师专门接诊病情加重参保人的，也会呈现相同情形。"

[params.min_persons]
value = 4
unit = "persons"
meaning = "least that pay more at one store"

[params.min_own]
value = 2
unit = "bills"
meaning = "least of a person for the disease elsewhere"

[params.min_ratio]
value = 1.5
unit = "x"
meaning = "least ratio of bills here to the persons' others"

[params.min_excess]
value = 1000
unit = "yuan"
meaning = "least money above the persons' usual bills"

[params.min_area]
value = 30
unit = "persons"
meaning = "fewer to compare with: not judged"

[params.min_surprise]
value = 5.0
unit = "log"
meaning = "least surprise over the pairs searched"
*/
-- disease_bill: a bill for a registered disease.
create temp table disease_bill as
select settlement_id, person_id, diagnosis, cast(eligible_amount as double) as paid
from feature.visit_bill
where care_setting in ('chronic', 'drugstore') and diagnosis is not null and person_id is not null
    and eligible_amount > 0;

-- prescribed_bill: such a bill at a drugstore, and by whose prescription.
create temp table prescribed_bill as
select f.settlement_id, f.encounter_id, f.person_id, f.store_id, f.practitioner_id, f.hospital_id, f.bought_on,
    b.diagnosis, b.paid
from feature.prescription_flow as f
join disease_bill as b on b.settlement_id = f.settlement_id
where f.has_choice and f.practitioner_id is not null;

-- disease_of_person: what a person pays for a disease by this practitioner at this store, and what otherwise.
create temp table disease_of_person as
with own as (
    select practitioner_id, store_id, person_id, diagnosis, median(ln(paid)) as level
    from prescribed_bill
    group by practitioner_id, store_id, person_id, diagnosis
)
select o.practitioner_id, o.store_id, o.person_id, o.diagnosis, o.level, median(ln(b.paid)) as usual
from own as o
join disease_bill as b on b.person_id = o.person_id and b.diagnosis = o.diagnosis
left join prescribed_bill as p on p.settlement_id = b.settlement_id and p.practitioner_id = o.practitioner_id
    and p.store_id = o.store_id
where p.settlement_id is null
group by o.practitioner_id, o.store_id, o.person_id, o.diagnosis, o.level
having count(*) >= $min_own;

-- Sums of decimals: the order of rows must not move a digit.
create temp table person_of_pair as
select practitioner_id, store_id, person_id,
    cast(avg(cast(level - usual as decimal(12, 6))) as decimal(12, 6)) as gap
from disease_of_person
group by practitioner_id, store_id, person_id;

-- dear_pair: a practitioner and a store where the persons pay far more than otherwise. The spread of the area counts as
-- 0.3 at least (a third more or less): a small area is even by chance.
create temp table dear_pair as
with area as (
    select count(*) as persons, avg(gap) as mean,
        greatest(sqrt(greatest(avg(cast(gap * gap as decimal(18, 6))) - avg(gap) * avg(gap), 0)), 0.3) as spread
    from person_of_pair
),
pair as (
    select practitioner_id, store_id, count(*) as persons, avg(gap) as gap
    from person_of_pair
    group by practitioner_id, store_id
    having count(*) filter (where gap >= ln($min_ratio)) >= $min_persons
),
tried as (
    select count(*) as pairs
    from (select 1 from person_of_pair group by practitioner_id, store_id having count(*) >= $min_persons)
),
scored as (
    select p.*, a.persons - p.persons as peers, exp(a.mean) as usual_ratio, exp(p.gap) as ratio,
        pow(greatest(p.gap - a.mean, 0) / a.spread, 2) * p.persons / 2 - ln(t.pairs) as surprise
    from pair as p
    cross join area as a
    cross join tried as t
    where a.persons >= $min_area
)
select * from scored where surprise >= $min_surprise and ratio >= $min_ratio * usual_ratio;

create temp table rated_bill as
with beside as (
    select b.*, exp(d.usual) as usual_bill, cast(b.paid - exp(d.usual) as decimal(16, 2)) as excess,
        d.usual is not null and (select count(*) from person_of_pair) >= $min_area as is_compared
    from prescribed_bill as b
    left join disease_of_person as d on d.practitioner_id = b.practitioner_id and d.store_id = b.store_id
        and d.person_id = b.person_id and d.diagnosis = b.diagnosis
),
summed as (
    select practitioner_id, store_id, sum(excess) as excess
    from beside
    where paid > usual_bill
    group by practitioner_id, store_id
)
select b.*, p.persons, p.ratio, p.peers, p.usual_ratio, p.surprise,
    coalesce(p.persons > 0 and b.paid > b.usual_bill and s.excess >= $min_excess, false) as is_hit
from beside as b
left join dear_pair as p on p.practitioner_id = b.practitioner_id and p.store_id = b.store_id
left join summed as s on s.practitioner_id = b.practitioner_id and s.store_id = b.store_id;

-- Half the distance to certainty for every five of surprise: chances of one in 150.
select 'hit' as outcome, settlement_id, encounter_id, person_id, store_id as institution_id, practitioner_id,
    bought_on as occurred_on, excess as amount, practitioner_id as part, persons,
    'ratio_to_own_bills' as indicator,
    'bills by this prescriber at this store over the same persons'' other bills' as indicator_title,
    '该医师处方在本药店费用与本人同病其他费用之比' as indicator_title_zh, '' as unit, round(ratio, 1) as own,
    round(usual_ratio, 1) as usual, peers, round(surprise, 1) as surprise, hospital_id, round(paid, 2) as paid,
    round(usual_bill, 2) as usual_bill, (surprise - $min_surprise) / 5 as strength
from rated_bill
where is_hit

union all by name
select 'cannot_judge' as outcome, 'too few other bills for the disease to compare with' as reason, count(*) as units
from rated_bill where not is_compared having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from rated_bill where is_compared and not is_hit having count(*) > 0;
