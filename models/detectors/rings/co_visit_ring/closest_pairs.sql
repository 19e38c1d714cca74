-- Lent: met_pair
-- The pairs that are among the twenty closest of either: who meets everybody adds no edges without end.
with both_ways as (
    select one, other, rarity from met_pair
    union all
    select other, one, rarity from met_pair
),
near as (
    select *, row_number() over (partition by one order by rarity desc, other) as place from both_ways
)
select distinct least(one, other) as a, greatest(one, other) as b, rarity
from near
where place <= 20
order by a, b
