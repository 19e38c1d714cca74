-- Lent: ring_group
-- Two groups that share half of the smaller one's members.
with sized as (
    select community, person, count(*) over (partition by community) as size from ring_group
)
select a.community as one, b.community as other
from sized as a
join sized as b on b.person = a.person and b.community > a.community
group by a.community, b.community
having count(*) >= 0.5 * min(least(a.size, b.size))
order by a.community, b.community
