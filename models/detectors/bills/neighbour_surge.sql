/*
title = "A neighbour's business leaps while a place is suspended"
title_zh = "暂停协议期间邻近机构结算激增（疑似代结算）"
violation = "neighbour_surge"
family = "internal_control"
subjects = ["institution", "pharmacy"]
fetch = ["contract", "identity"]
certainty = "suspected"
scope = ["outpatient", "chronic", "drugstore"]
window = "the suspension against the days before and after it"
law = ["regulation-15-1", "regulation-38-1-7"]
basis = ["筛查模型 D11 暂停、解除协议期间代结算；定点零售药店自查自纠问题清单 6"]
needs = ["record.contract", "record.settlement.settled_at"]
sentence = "While {paused_id} was suspended ({from_on} to {to_on}) this place, {km} km away{owner_text}, had {own} settlements a day where {usual} would be usual ({peers} places of the area): {ratio} times; {moved} of the suspended place's {known} customers moved here, {moved_share}% of all who moved; this one is such a customer's, {amount} yuan on {occurred_on}"
sentence_zh = "{paused_id}暂停协议期间（{from_on}至{to_on}），本机构（相距{km}公里{owner_text_zh}）日均结算{own}笔，按自身水平及本地{peers}家走势应为{usual}笔，为其{ratio}倍；被暂停机构{known}名顾客中{moved}人转来，占转移者{moved_share}%；本次{occurred_on}为此类人员结算{amount}元"
exclusions = [
    "a suspended place with one neighbour only: its customers have nowhere else to go",
    "customers who spread over several neighbours as distance tells",
    "what all places of the area do in those weeks",
    "places without a position and without a common owner",
]
exclusions_zh = ["被暂停机构仅有一家邻近机构：其参保人别无去处", "参保人按距离分散到多家邻近机构", "当地各机构这几周同样变化", "既无位置信息又无共同所有人的机构"]
limits = "A suspension is seen where the contract register has a gap between two contracts, or a contract that ended before the data. The nearest good store rightly takes most customers: ask whose scanner and whose stock it was."
limits_zh = "暂停通过两份协议之间的间断，或数据之前已终止的协议看出。最近的正规药店自然会承接多数参保人，应核实所用扫码设备和库存归属。"

[params.min_days]
value = 14
unit = "days"
meaning = "least length of a suspension"

[params.max_km]
value = 3.0
unit = "km"
meaning = "farther is no neighbour, unless the owner is the same"

[params.min_ratio]
value = 1.5
unit = "x"
meaning = "least ratio to the usual number of settlements"

[params.min_moved]
value = 8
unit = "persons"
meaning = "least customers that moved here"

[params.min_moved_share]
value = 0.6
unit = "share"
meaning = "of all customers who moved that came here"

[params.min_neighbours]
value = 2
unit = "places"
meaning = "fewer within reach: nowhere else to go"

[params.min_surprise]
value = 4.0
unit = "log"
meaning = "least surprise at so many settlements"
*/
-- pause: a place's suspension: a gap between two contracts, or the days after one that ended, within the data.
create temp table pause as
with span as (
    select min(settled_on) as first_on, max(settled_on) as last_on from feature.visit_bill
),
contract as (
    select institution_id, valid_from, valid_to,
        lead(valid_from) over (partition by institution_id order by valid_from) as next_from
    from record.contract
    where valid_from is not null
),
gap as (
    select c.institution_id as paused_id, greatest(c.valid_to + 1, s.first_on) as from_on,
        least(coalesce(c.next_from - 1, s.last_on), s.last_on) as to_on, s.first_on, s.last_on
    from contract as c
    cross join span as s
    where c.valid_to is not null and (c.next_from is null or c.next_from > c.valid_to + 1)
)
select *, date_diff('day', from_on, to_on) + 1 as days,
    date_diff('day', first_on, last_on) - date_diff('day', from_on, to_on) as other_days
from gap
where date_diff('day', from_on, to_on) + 1 >= $min_days and from_on > first_on;

-- neighbour: a place within reach, or of the same owner, of a suspended one that has enough of them.
create temp table neighbour as
with pair as (
    select p.*, n.institution_id,
        111.2 * sqrt(pow(n.latitude - i.latitude, 2)
            + pow((n.longitude - i.longitude) * cos(radians(i.latitude)), 2)) as km,
        coalesce(n.owner = i.owner, false) as is_owner
    from pause as p
    join feature.institution as i on i.institution_id = p.paused_id
    join feature.institution as n on n.institution_id <> p.paused_id and n.is_pharmacy = i.is_pharmacy
    where n.institution_id in (select institution_id from feature.visit_bill)
)
select *
from pair
where is_owner or km <= $max_km
qualify count(*) over (partition by paused_id, from_on) >= $min_neighbours;

-- moved_visit: a settlement at a neighbour, in the pause, of a customer who had not come there before.
create temp table moved_visit as
with customer as (
    select distinct p.paused_id, p.from_on, b.person_id
    from pause as p
    join feature.visit_bill as b on b.institution_id = p.paused_id and not (b.settled_on between p.from_on and p.to_on)
)
select n.paused_id, n.from_on, n.institution_id, b.settlement_id, b.person_id
from neighbour as n
join customer as c on c.paused_id = n.paused_id and c.from_on = n.from_on
join feature.visit_bill as b on b.institution_id = n.institution_id and b.person_id = c.person_id
    and b.settled_on between n.from_on and n.to_on
where not exists (
    select 1 from feature.visit_bill as o
    where o.institution_id = n.institution_id and o.person_id = c.person_id and o.settled_on < n.from_on
);

-- surge: a neighbour with far more settlements in the pause than its other days and the others' course let expect, and
-- most of the customers who moved.
create temp table surge as
with course as (
    -- the course of the places that are no neighbours
    select p.paused_id, p.from_on, count(*) filter (b.settled_on between p.from_on and p.to_on) as during,
        count(*) filter (not (b.settled_on between p.from_on and p.to_on)) as other,
        count(distinct b.institution_id) as places
    from pause as p
    join feature.institution as i on i.institution_id = p.paused_id
    join feature.institution as o on o.is_pharmacy = i.is_pharmacy and o.institution_id <> p.paused_id
    join feature.visit_bill as b on b.institution_id = o.institution_id
    where o.institution_id not in (select institution_id from neighbour)
    group by p.paused_id, p.from_on
),
business as (
    select n.paused_id, n.from_on, n.to_on, n.institution_id, n.km, n.is_owner, n.days, n.other_days,
        count(*) filter (b.settled_on between n.from_on and n.to_on) as during,
        count(*) filter (not (b.settled_on between n.from_on and n.to_on)) as other
    from neighbour as n
    join feature.visit_bill as b on b.institution_id = n.institution_id
    group by n.paused_id, n.from_on, n.to_on, n.institution_id, n.km, n.is_owner, n.days, n.other_days
),
moved as (
    select paused_id, from_on, institution_id, count(distinct person_id) as persons
    from moved_visit
    group by paused_id, from_on, institution_id
),
moved_anywhere as (
    select paused_id, from_on, count(distinct person_id) as persons from moved_visit group by paused_id, from_on
),
customers as (
    select p.paused_id, p.from_on, count(distinct b.person_id) as persons
    from pause as p
    join feature.visit_bill as b on b.institution_id = p.paused_id
    group by p.paused_id, p.from_on
),
expected as (
    select b.*, m.persons as moved, a.persons as all_moved, k.persons as known, coalesce(c.places, 0) as peers,
        greatest(
            b.other * cast(b.days as double) / greatest(b.other_days, 1) * coalesce(
                (c.during / greatest(b.days, 1)) / nullif(c.other / greatest(b.other_days, 1), 0), 1
            ), 0.5
        ) as usual
    from business as b
    join moved as m on m.paused_id = b.paused_id and m.from_on = b.from_on and m.institution_id = b.institution_id
    join moved_anywhere as a on a.paused_id = b.paused_id and a.from_on = b.from_on
    join customers as k on k.paused_id = b.paused_id and k.from_on = b.from_on
    left join course as c on c.paused_id = b.paused_id and c.from_on = b.from_on
)
select *
from expected
where during >= $min_ratio * usual and moved >= $min_moved and moved >= $min_moved_share * all_moved
    and during * ln(during / usual) - during + usual >= $min_surprise;

select 'hit' as outcome, b.settlement_id, b.encounter_id, b.person_id, b.institution_id, b.settled_on as occurred_on,
    b.eligible_amount as amount, s.paused_id || strftime(s.from_on, '%Y%m%d') as part,
    case when s.is_owner then 1.0 else 0.6 end as weight, s.paused_id, s.from_on, s.to_on,
    coalesce(cast(round(s.km, 1) as varchar), '?') as km,
    case when s.is_owner then ', same owner' else '' end as owner_text,
    case when s.is_owner then '、同一法定代表人' else '' end as owner_text_zh, 'settlements_a_day' as indicator,
    'settlements a day during the suspension' as indicator_title, '暂停期间日均结算笔数' as indicator_title_zh,
    '' as unit, round(s.during / s.days, 1) as own, round(s.usual / s.days, 1) as usual, s.peers,
    round(s.during / s.usual, 2) as ratio, s.moved, s.known, round(100.0 * s.moved / s.all_moved, 0) as moved_share
from surge as s
join moved_visit as m on m.paused_id = s.paused_id and m.from_on = s.from_on and m.institution_id = s.institution_id
join feature.visit_bill as b on b.settlement_id = m.settlement_id;

select 'cannot_judge' as outcome, 'too few neighbours whose place is known' as reason, count(*) as units
from pause
where (paused_id, from_on) not in (select (paused_id, from_on) from neighbour)
having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from moved_visit
where (paused_id, from_on, institution_id) not in (select (paused_id, from_on, institution_id) from surge)
having count(*) > 0
