-- Two persons who met often enough on different days or places, with the rarity of their cells; one part of them.
with met as (
    select a.person as one, b.person as other, a.place, a.day, cast(sum(1000000 // a.size) as bigint) as rarity
    from seat as a
    join seat as b on b.place = a.place and b.start = a.start and b.person > a.person
    where a.person % $parts = $part
    group by a.person, b.person, a.place, a.day
)
select one, other, cast(sum(rarity) as bigint) as rarity
from met
group by one, other
having count(*) >= $min_joint
