-- Spans of $days that begin with an admission of a group's member, where enough of them were admitted: how many
-- persons, and how many would be usual. Outbreaks and days of operations are left out.
with member as (
    select * from stay_of_group where is_judged and not is_course
),
span as (
    select date_diff('day', min(started_on), max(started_on)) + 1 as days from stay_of_group
),
pair as (
    select kind, group_id, institution_id, count(*) as stays
    from member
    group by kind, group_id, institution_id
    having count(distinct person_id) >= $min_persons
),
opening as (
    select distinct m.kind, m.group_id, m.institution_id, m.started_on as first_on
    from member as m
    join pair as p on p.kind = m.kind and p.group_id = m.group_id and p.institution_id = m.institution_id
),
inside as (
    select o.kind, o.group_id, o.institution_id, o.first_on, count(distinct m.person_id) as persons,
        count(*) as inside, sum(cast(m.is_outbreak as integer)) as outbreaks,
        sum(cast(m.is_operated as integer)) as operated, max(m.started_on) as last_on,
        mode(substr(m.diagnosis_code, 1, 3) order by m.diagnosis_code) as diagnosis
    from opening as o
    join member as m on m.kind = o.kind and m.group_id = o.group_id and m.institution_id = o.institution_id
        and m.started_on between o.first_on and o.first_on + cast($days - 1 as integer)
    group by o.kind, o.group_id, o.institution_id, o.first_on
    having count(distinct m.person_id) >= $min_persons
),
admitted as (
    select institution_id, started_on, count(distinct encounter_id) as stays
    from stay_of_group
    where not is_course
    group by institution_id, started_on
),
busy as (
    select i.kind, i.group_id, i.institution_id, i.first_on, sum(a.stays) as stays
    from inside as i
    join admitted as a on a.institution_id = i.institution_id
        and a.started_on between i.first_on and i.first_on + cast($days - 1 as integer)
    group by i.kind, i.group_id, i.institution_id, i.first_on
),
whole as (
    select institution_id, sum(stays) as stays from admitted group by institution_id
),
-- Usual is the greater of two: the group's stays at other times spread over all days, and its part in the others'
-- admissions of these days. Half a stay is added, so that a group never seen before is not impossible.
expected as (
    select i.*, p.stays, s.days as span_days, $days as days,
        greatest(
            (p.stays - i.inside + 0.5) * $days / greatest(s.days - $days, 1),
            (p.stays - i.inside + 0.5) / greatest(w.stays - b.stays, 1) * (b.stays - i.inside)
        ) as usual
    from inside as i
    join pair as p on p.kind = i.kind and p.group_id = i.group_id and p.institution_id = i.institution_id
    join busy as b on b.kind = i.kind and b.group_id = i.group_id and b.institution_id = i.institution_id
        and b.first_on = i.first_on
    join whole as w on w.institution_id = i.institution_id
    cross join span as s
)
select kind, group_id, institution_id, first_on, last_on, persons, stays, span_days, days, diagnosis, usual
from expected
where persons >= $min_ratio * usual and outbreaks <= $max_outbreak * inside and operated <= $max_operated * inside
order by kind, group_id, institution_id, first_on;
