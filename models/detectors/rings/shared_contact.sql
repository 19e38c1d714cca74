/*
title = "One telephone number for persons of several households"
title_zh = "多户参保人共用同一联系电话并到相同机构结算"
violation = "shared_contact"
family = "ring"
subjects = ["group"]
certainty = "suspected"
window = "the whole delivered window"
law = ["regulation-25"]
basis = ["筛查模型 A10 共用联系电话/地址/代办人"]
sentence = "One telephone number was given for {persons} persons at {households} addresses; {common} places are shared by half of them, {at_once} persons at the busiest; here {amount} yuan on {occurred_on}"
sentence_zh = "{persons}名参保人（{households}个住址）登记同一联系电话，半数以上人员共同前往的机构{common}家，其中一家最多{at_once}人；本次{occurred_on}结算{amount}元"
exclusions = [
    "families and homes: few addresses, or half of the persons at one",
    "the number an institution gives for all it has none of (over {max_persons:person} there)",
    "placeholders: one digit throughout, counting up, fewer than eight digits",
    "persons who share no place beside the number",
    "dialysis, chemotherapy, check-ups, vaccination",
    "drugstore purchases paid without the funds or from a relative's account: accounts are shared within the family",
    "no telephone number delivered, or the addresses unknown: cannot judge",
]
exclusions_zh = [
    "家庭及养老机构：住址很少，或半数以上人员同住一处",
    "机构为无电话者统一填写的号码（在该机构超过 {max_persons} 人）",
    "占位号码：同一数字、顺序数字、不足八位",
    "除电话外不到相同机构的人员",
    "透析、化疗、体检、疫苗接种",
    "未使用基金或由家庭共济账户支付的药店购药：个人账户可供家庭成员使用",
    "未提供联系电话，或住址未知：无法判定",
]
limits = "A village doctor or a neighbour who lends a telephone to the old looks the same: call the number and ask the persons. Who acts for others (agents, applicants of manual reimbursement) is not in the export, so only the number is judged; kinship is guessed from the address."
limits_zh = "村医或邻居代留电话的老人情形相同：应拨打号码并询问本人。结算数据无代办人、零星报销申请人，故仅比对电话；亲属关系由住址推定。"
status = "trial"

[strength]  # half the distance to certainty for every five addresses more
by = "households"
halving = 5
above = "min_households"

[params.min_persons]
value = 5
unit = "persons"
meaning = "least persons of one number: a family passes"

[params.min_households]
value = 5
unit = "addresses"
meaning = "least addresses among them"

[params.max_persons]
value = 50
unit = "persons"
meaning = "of one number at one institution; more: the number it gives for everybody"

[params.min_share]
value = 0.5
unit = "share"
meaning = "of the persons, from which a place is shared"

[params.min_amount]
value = 5000
unit = "yuan"
meaning = "least eligible amount at the shared places"
*/
-- person_of_number: of the numbers that enough persons gave.
create temp table person_of_number as
select contact, person_id, household, count(*) over (partition by contact) as persons
from feature.person_contact
qualify count(*) over (partition by contact) >= $min_persons;

-- bill_of_number: where they settled. What is paid back by hand is one place: the counter.
create temp table bill_of_number as
select c.contact, c.persons, c.person_id, s.settlement_id, s.encounter_id, s.institution_id, s.settled_on,
    s.eligible_amount,
    case when r.manual_reimbursement_reason is not null then 'by hand' else s.institution_id end as place
from person_of_number as c
join feature.settlement as s on s.person_id = c.person_id
join record.settlement as r on r.settlement_id = s.settlement_id
left join feature.visit_bill as b on b.settlement_id = s.settlement_id
where s.institution_id is not null and not coalesce(b.is_course, false) and not coalesce(s.is_family_purchase, false);

create temp table place_of_number as
select contact, place, count(distinct person_id) as came, max(persons) as persons
from bill_of_number
group by contact, place;

create temp table shared_place as
select contact, place from place_of_number where came >= greatest($min_share * persons, 3);

-- rated_number: a number, and whether several households of it go to the same places.
create temp table rated_number as
with housed as (
    select contact, household, count(*) as persons from person_of_number group by contact, household
),
sized as (
    select contact, sum(persons) as persons, count(household) as households,
        coalesce(max(persons) filter (where household is not null), 0) as together,
        coalesce(sum(persons) filter (where household is null), 0) as unhoused
    from housed
    group by contact
),
busy as (
    select contact, max(came) as at_once, max(came) filter (where place <> 'by hand') as crowd
    from place_of_number
    group by contact
),
shared as (
    select p.contact, count(distinct p.place) as common, sum(b.eligible_amount) as amount
    from shared_place as p
    join bill_of_number as b on b.contact = p.contact and b.place = p.place
    group by p.contact
),
whole as (
    select z.*, coalesce(u.at_once, 0) as at_once, coalesce(h.common, 0) as common,
        coalesce(h.amount, 0) >= $min_amount and coalesce(u.crowd, 0) <= $max_persons as is_shared
    from sized as z
    left join busy as u on u.contact = z.contact
    left join shared as h on h.contact = z.contact
)
select *,
    is_shared and households < $min_households and households + unhoused >= $min_households as is_unknown,
    is_shared and households >= $min_households and together * 2 < persons as is_hit
from whole;

-- number_of_group: two numbers of the same persons are one group.
create temp table number_of_group as
with named as (
    select r.contact,
        'contact-' || substr(md5(string_agg(c.person_id, ';' order by c.person_id)), 1, 12) as group_key
    from rated_number as r
    join person_of_number as c on c.contact = r.contact
    where r.is_hit
    group by r.contact
)
select r.*, n.group_key
from named as n
join rated_number as r on r.contact = n.contact
qualify row_number() over (partition by n.group_key order by r.contact) = 1;

create temp table bill_of_group as
select b.*, g.group_key, g.persons as all_persons, g.households, g.common, g.at_once
from number_of_group as g
join shared_place as p on p.contact = g.contact
join bill_of_number as b on b.contact = p.contact and b.place = p.place;

select group_key, person_id, round(cast(count(distinct place) as double) / max(common), 4) as share
from bill_of_group
group by group_key, person_id;

-- Units are numbers: of a group's bills the first alone counts.
select 'hit' as outcome, settlement_id, encounter_id, person_id, institution_id, settled_on as occurred_on,
    eligible_amount as amount, group_key, group_key as part, all_persons as persons, households, common, at_once,
    group_key as in_group,
    cast(row_number() over (partition by contact order by settled_on, settlement_id) = 1 as bigint) as units
from bill_of_group
where eligible_amount > 0

union all by name
select 'cannot_judge' as outcome, 'needs 联系电话 (psn_info_b.tel or mdtrt_d.tel)' as reason,
    count(distinct person_id) as units
from feature.settlement
where not exists (select 1 from feature.person_contact)
having count(distinct person_id) > 0

union all by name
select 'cannot_judge' as outcome, 'the addresses are unknown' as reason, count(*) as units
from rated_number where is_unknown having count(*) > 0

union all by name
select 'clear' as outcome,
    (select count(*) from rated_number where not is_unknown) - (select count(*) from number_of_group) as units;
