-- check_day: a person, place and day: whether every check-in failed, and whether every one was elsewhere.
create temp table check_day as
select c.person_id, c.institution_id, cast(c.checked_in_at as date) as checked_on,
    bool_and(not c.is_face_match) as is_failed,
    -- Kilometres of a degree, the earth taken as flat between two points of one prefecture.
    bool_and(111.2 * sqrt(pow(c.latitude - i.latitude, 2)
        + pow((c.longitude - i.longitude) * cos(radians(i.latitude)), 2)) > $max_km) as is_far,
    count(c.is_face_match) > 0 as is_faced,
    count(c.latitude + i.latitude + c.longitude + i.longitude) > 0 as is_located
from record.check_in as c
join feature.institution as i on i.institution_id = c.institution_id
where c.person_id is not null and c.checked_in_at is not null
group by c.person_id, c.institution_id, cast(c.checked_in_at as date);

select c.institution_id, count(*) filter (where is_faced) as faced, count(*) filter (where is_located) as located,
    cast(count(*) filter (where is_faced and is_failed) as double) / nullif(count(*) filter (where is_faced), 0)
        as failed_share,
    cast(count(*) filter (where is_located and is_far) as double) / nullif(count(*) filter (where is_located), 0)
        as far_share,
    cast(null as decimal(16, 2)) as eligible_amount, min(g.key_1) as key_1, min(g.key_2) as key_2,
    min(g.key_3) as key_3, min(g.key_4) as key_4, min(g.breadth) as breadth, cast(null as varchar) as kind,
    false as is_special
from check_day as c
join feature.institution_peer_group as g on g.institution_id = c.institution_id
group by c.institution_id
order by c.institution_id
