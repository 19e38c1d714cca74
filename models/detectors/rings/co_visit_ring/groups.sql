-- Lent: ring_group
-- joint_settlement: a settlement of a member in a joint event.
create temp table joint_settlement as
select distinct e.community, e.event, p.settlement_id, p.encounter_id, p.person_id, p.person, p.institution_id,
    p.settled_on, p.came_on, p.eligible_amount, p.is_at_issue
from joint_cell as e
join ring_group as g on g.community = e.community
join counted_settlement as p on p.person = g.person and p.place = e.place
    and p.tick between e.start and e.start + case when e.way = 1 then 0 else 1 end;

-- fact_of_group: what tells a ring from persons who come together for a good reason.
--   institutions    those with 15 % of the events or more
--   paid_events     events with a settlement that is more than a purchase from the family's accounts
--   trips           days with an event: several places on one day are one trip
--   fixed_trips     trips on the three commonest weekdays
--   same_share      trips to the commonest set of places: an appointment, and the drugstore beside it
--   is_family       all of one address, which has no more persons than a family
--   course_share    settlements with a course of treatment, which brings the same persons to one institution for weeks
--   unevenness      of the gaps between trips: their spread over their mean
create temp table fact_of_group as
with held as (
    select community, event, min(institution_id) as institution_id, min(came_on) as day
    from joint_settlement
    group by community, event
),
trip as (
    select community, day, string_agg(distinct institution_id, ';' order by institution_id) as places
    from held
    group by community, day
),
spaced as (
    select *, date_diff('day', lag(day) over (partition by community order by day), day) as gap from trip
),
sames as (
    select community, max(trips) as same_trips
    from (select community, places, count(*) as trips from trip group by community, places) as of_places
    group by community
),
visited as (
    select community, institution_id, count(*) as events from held group by community, institution_id
),
spread as (
    select v.community, count(*) filter (where v.events >= 0.15 * h.events) as institutions
    from visited as v
    join (select community, count(*) as events from held group by community) as h on h.community = v.community
    group by v.community
),
admitted as (
    select community, count(distinct event) filter (where way = 2) as stay_events from joint_cell group by community
),
weekday as (
    select community, dayofweek(day) as weekday, count(*) as trips
    from trip
    group by community, weekday
    qualify row_number() over (partition by community order by count(*) desc, dayofweek(day)) <= 3
),
fixed as (
    select community, sum(trips) as fixed_trips from weekday group by community
),
course as (
    select j.community, avg(cast(coalesce(c.is_course, false) as integer)) as course_share
    from (select distinct community, settlement_id from joint_settlement) as j
    left join (
        select distinct settlement_id, true as is_course
        from feature.fee_line
        where settlement_id in (select settlement_id from joint_settlement)
            and regexp_matches(item_name, '康复|训练|针刺|电针|推拿|理疗|牵引|偏瘫')
    ) as c on c.settlement_id = j.settlement_id
    group by j.community
),
sized as (
    select j.community, count(distinct j.person) as members, min(s.age_years) as youngest,
        count(distinct j.event) as joint_events,
        count(distinct case when j.is_at_issue then j.event end) as paid_events,
        coalesce(bool_and(coalesce(h.is_family, false)), false) and count(distinct h.household) = 1 as is_family
    from joint_settlement as j
    join feature.settlement as s on s.settlement_id = j.settlement_id
    left join feature.person_household as h on h.person_id = j.person_id
    group by j.community
)
select p.community, p.members, p.youngest, p.joint_events, p.paid_events, p.is_family, max(r.institutions) as institutions,
    count(*) as trips, max(f.fixed_trips) as fixed_trips, max(t.same_trips) / count(*) as same_share, max(c.course_share) as course_share, max(a.stay_events) as stay_events,
    coalesce(stddev_samp(s.gap) / nullif(avg(s.gap), 0), 1) as unevenness
from sized as p
join spaced as s on s.community = p.community
join spread as r on r.community = p.community
join fixed as f on f.community = p.community
join sames as t on t.community = p.community
join course as c on c.community = p.community
join admitted as a on a.community = p.community
group by p.community, p.members, p.youngest, p.joint_events, p.paid_events, p.is_family;

-- suspect_group: what no benign habit explains. A household goes to the doctor together, it is not admitted together
-- again and again; gaps that vary by less than 40 % of their mean are a rhythm, and who comes to the same places by a
-- rhythm or on fixed weekdays keeps appointments, whether it is one place or a clinic and the drugstore beside it.
create temp table suspect_group as
select *
from fact_of_group
where not coalesce(
    members < 3 or joint_events < $min_events or paid_events < $min_joint or is_family
    or (members <= $min_members and (paid_events < $strong_events or institutions < 2))
    or (members <= $household
        and (youngest < 16 or (paid_events < $strong_events and stay_events < $min_events)))
    or (institutions < 2 and (trips < $strong_events or course_share >= 0.5))
    or ((institutions < 2 or same_share >= 0.9) and (unevenness < 0.4 or fixed_trips >= 0.9 * trips)),
    false
);

select f.community, string_agg(distinct j.person_id, ';' order by j.person_id) as members
from suspect_group as f
join joint_settlement as j on j.community = f.community
group by f.community
order by f.community;
