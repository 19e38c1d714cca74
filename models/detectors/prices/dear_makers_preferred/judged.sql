-- rated_drug: a drug at an institution beside the others of the kind. Mean prices count as apart by 5 % at least: the
-- mix of makers moves them a little everywhere.
create temp table rated_drug as
with compared as (
    select *, price / usual as times, cast(eligible_amount as double) * (1 - usual / price) as excess
    from priced_beside_others
)
select *,
    peers >= $min_peers and coalesce(lines >= $min_lines and price >= $min_ratio * usual
        and ln(times) >= $min_z * greatest(spread, 0.05) and excess >= $min_excess, false) as is_dear
from compared;

select 'hit' as outcome, institution_id, cast(excess as decimal(16, 2)) as amount, drug_key as part, times, item_name,
    makers, 'piece_price' as indicator, item_name || ', yuan a piece' as indicator_title,
    item_name || '每最小单位均价' as indicator_title_zh, '¥' as unit, round(price, 4) as own, round(usual, 4) as usual,
    round(times, 2) as ratio, peers, lines
from rated_drug
where is_dear

union all by name
select 'cannot_judge' as outcome, 'the specification cannot be read' as reason, count(*) as units
from feature.drug_price as d
join drug_pack as p on p.product_code = d.product_code
where not p.is_read
having count(*) > 0

union all by name
select 'cannot_judge' as outcome, 'too few others with the drug' as reason, count(*) as units
from rated_drug where peers < $min_peers having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from rated_drug where peers >= $min_peers and not is_dear having count(*) > 0;
