/*
title = "A practitioner's patients go to one drugstore"
title_zh = "医师与药店定向流转（参保人集中流向一家药店）"
violation = "prescription_flow"
family = "ring"
subjects = ["practitioner", "pharmacy"]
fetch = ["kickback", "store"]
certainty = "suspected"
scope = ["drugstore"]
window = "the whole delivered window; purchases on the day of a visit and three days after"
law = ["regulation-15-1", "regulation-20", "regulation-40-1-1"]
basis = ["筛查模型 C10 医师与药店定向流转；定点零售药店自查自纠问题清单 14"]
needs = ["record.settlement.settled_at", "record.fee_line.ordering_practitioner_id"]
sentence = "{persons} of the {all_persons} persons ({own}{unit}) who bought at drugstores after seeing this practitioner went to this one store; of {peers} persons after seeing colleagues of the same hospital {usual}{unit} did, so {expected} were to be expected; this purchase {amount} yuan on {occurred_on}"
sentence_zh = "该医师接诊后外出购药的{all_persons}人中{persons}人（{own}{unit}）集中到本药店；同院其他医师的{peers}名参保人中为{usual}{unit}，预期{expected}人；本次购药{occurred_on}，{amount}元"
exclusions = [
    "the store next door: the colleagues' patients go there as often",
    "one person many times: persons are counted, not purchases",
    "drugs that few stores of the area sell, or this one to most of their buyers: there is no other way to go",
    "stays, and purchases more than three days after the visit that no bill links to it",
]
exclusions_zh = [
    "相邻药店：同事接诊的参保人同样常去",
    "同一人多次：按人数计，不按购药次数计",
    "当地少数药店销售的药品，或该店售予多数购药人的药品：别无去处",
    "住院，以及就诊三天以后且无账单关联的购药",
]
limits = "A hospital whose practitioners all send to one store is not seen by comparing colleagues, nor a dear brand that this store alone sells. Where drugstore bills name no prescriber the visit before stands for it."
limits_zh = "医院全体医师均指向一家药店的，比较同事看不出；仅该店销售的高价品牌同样看不出。药店账单未载开方医师的，以此前就诊代替。"

[params.min_persons]
value = 10
unit = "persons"
meaning = "least of one practitioner at one store"

[params.min_share]
value = 0.5
unit = "share"
meaning = "least of the practitioner's buying patients"

[params.times_usual]
value = 2.0
unit = "x"
meaning = "least ratio to the colleagues' share"

[params.min_peers]
value = 20
unit = "persons"
meaning = "fewer buying patients of colleagues: not judged"

[params.lean]
value = 10
unit = "persons"
meaning = "patients of colleagues that weigh as much as the share of the whole area"

[params.min_surprise]
value = 5.0
unit = "log"
meaning = "least surprise over the pairs searched"
*/
-- buyer: a person who bought at a store after seeing a practitioner; persons are counted, not purchases.
create temp table buyer as
select distinct practitioner_id, hospital_id, store_id, person_id
from feature.prescription_flow
where practitioner_id is not null and hospital_id is not null and has_choice;

-- prescriber: a practitioner's buyers, and those of the colleagues at the same hospital.
create temp table prescriber as
with own as (
    select practitioner_id, hospital_id, count(distinct person_id) as all_persons
    from buyer
    group by practitioner_id, hospital_id
),
house as (
    select hospital_id, count(*) as persons
    from (select distinct hospital_id, practitioner_id, person_id from buyer)
    group by hospital_id
)
select o.practitioner_id, o.hospital_id, o.all_persons, h.persons - o.all_persons as peers
from own as o
join house as h on h.hospital_id = o.hospital_id;

-- concentrated_pair: a practitioner and the store that far more of the buyers go to than of the colleagues'. The
-- surprise is the logarithm of the chance of so many (Poisson, Chernoff's bound), over all pairs searched.
create temp table concentrated_pair as
with pair as (
    select practitioner_id, hospital_id, store_id, count(*) as persons
    from buyer
    group by practitioner_id, hospital_id, store_id
),
house as (
    select hospital_id, store_id, sum(persons) as persons from pair group by hospital_id, store_id
),
-- How the persons of a hospital's pooling area go to its stores: those of another area do not come here.
bought as (
    select coalesce(substr(i.area, 1, 4), '') as area, p.store_id, sum(p.persons) as persons
    from pair as p
    left join feature.institution as i on i.institution_id = p.hospital_id
    group by all
),
area as (
    select area, store_id, persons / sum(persons) over (partition by area) as share from bought
),
usual as (
    select p.*, o.all_persons, o.peers,
        (h.persons - p.persons + $lean * a.share) / (o.peers + $lean) as usual_share,
        (select count(*) from pair) as pairs
    from pair as p
    join prescriber as o on o.practitioner_id = p.practitioner_id and o.hospital_id = p.hospital_id
    join house as h on h.hospital_id = p.hospital_id and h.store_id = p.store_id
    left join feature.institution as i on i.institution_id = p.hospital_id
    join area as a on a.store_id = p.store_id and a.area = coalesce(substr(i.area, 1, 4), '')
    where o.peers >= $min_peers
),
scored as (
    select *, all_persons * usual_share as expected,
        persons * ln(persons / (all_persons * usual_share)) - persons + all_persons * usual_share
            - ln(pairs) as surprise
    from usual
    where persons >= $min_persons and persons >= $min_share * all_persons
        and persons >= $times_usual * all_persons * usual_share
)
select * from scored where surprise >= $min_surprise;

create temp table rated_purchase as
select f.settlement_id, f.encounter_id, f.person_id, f.store_id, f.practitioner_id, f.bought_on, f.eligible_amount,
    f.days_between, f.hospital_id, p.persons, p.all_persons, p.peers, p.usual_share, p.expected, p.surprise,
    case
        when not f.has_choice then 'few stores sell the drug'
        when f.practitioner_id is null or f.practitioner_id not in (
            select practitioner_id from prescriber where peers >= $min_peers
        ) then 'too few patients of colleagues to compare with'
    end as reason,
    p.persons is not null as is_hit
from feature.prescription_flow as f
left join concentrated_pair as p
    on p.practitioner_id = f.practitioner_id and p.store_id = f.store_id and p.hospital_id = f.hospital_id
    and f.has_choice;

-- Half the distance to certainty for every five of surprise: chances of one in 150.
select 'hit' as outcome, settlement_id, encounter_id, person_id, store_id as institution_id, practitioner_id,
    bought_on as occurred_on, eligible_amount as amount, practitioner_id as part, persons, all_persons,
    'share_to_one_store' as indicator, 'share of the buying patients who go to one store' as indicator_title,
    '外出购药参保人流向同一药店占比' as indicator_title_zh, '%' as unit,
    round(100 * persons / all_persons, 1) as own, round(100 * usual_share, 1) as usual, peers,
    round(expected, 1) as expected, round(surprise, 1) as surprise, hospital_id, days_between,
    (surprise - $min_surprise) / 5 as strength
from rated_purchase
where is_hit

union all by name
select case when reason is null then 'clear' else 'cannot_judge' end as outcome, reason, count(*) as units
from rated_purchase
where not is_hit
group by reason;
