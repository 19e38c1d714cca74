-- month_of_item: an item's price at an institution in a month with enough peers.
--   rel  the logarithm of the price less the series' own median and less what the peers' did on that scale
create temp table month_of_item as
with own_course as (
    select institution_id, item_code, coalesce(is_pharmacy, false) as is_pharmacy, month, eligible_amount,
        ln(median_price) as level,
        ln(median_price) - median(ln(median_price)) over (partition by institution_id, item_code) as own
    from feature.item_price_month
    where median_price > 0
),
peer_course as (
    select item_code, is_pharmacy, month, median(own) as usual
    from own_course
    group by item_code, is_pharmacy, month
    having count(*) >= $min_peers
)
select m.*, p.usual, round(m.own - p.usual, 6) as rel
from own_course as m
join peer_course as p on p.item_code = m.item_code and p.is_pharmacy = m.is_pharmacy and p.month = m.month;

-- stepped_item: an item whose every month from one on lies above every month before, with its highest such step.
create temp table stepped_item as
with placed as (
    select *, row_number() over w as place, count(*) over (partition by institution_id, item_code) as months,
        max(rel) over (w rows between unbounded preceding and 1 preceding) as highest_before,
        min(rel) over (w rows between current row and unbounded following) as lowest_after,
        avg(rel) over (w rows between unbounded preceding and 1 preceding) as before,
        avg(rel) over (w rows between current row and unbounded following) as after,
        avg(level) over (w rows between unbounded preceding and 1 preceding) as level_before,
        avg(usual) over (w rows between unbounded preceding and 1 preceding) as usual_before,
        avg(usual) over (w rows between current row and unbounded following) as usual_after,
        sum(eligible_amount) over (w rows between current row and unbounded following) as money_after
    from month_of_item
    window w as (partition by institution_id, item_code order by month)
),
step as (
    select institution_id, item_code, month, place - 1 as months_before, months - place + 1 as months_after,
        round(exp(after - before), 4) as times, money_after,
        round(exp(level_before + usual_after - usual_before), 4) as usual
    from placed
    where place > $min_before and months - place + 1 >= $min_after and lowest_after > highest_before + 0.02
    qualify row_number() over (
        partition by institution_id, item_code order by round(after - before, 6) desc, month
    ) = 1
)
select *, times > $max_ratio as is_other_unit,
    coalesce(times between $min_ratio and $max_ratio
        and cast(money_after as double) * (1 - 1 / times) >= $min_excess, false) as is_dear
from step;

-- A line belongs to the time after where it lies nearer to the price after than to the price before.
create temp table dear_item as
select s.institution_id, s.item_code as item_key, s.usual as allowed, s.usual * sqrt(s.times) as above,
    s.month as from_on, cast(null as date) as until_on, s.item_code as part, strftime(s.month, '%Y-%m') as month,
    round(s.times, 2) as ratio, round(s.usual, 2) as usual, months_before, months_after,
    count(*) over (partition by s.institution_id, s.month) as together
from stepped_item as s
where is_dear;

with series as (
    select institution_id, item_code, count(*) as months from month_of_item group by institution_id, item_code
),
item_of_place as (
    select e.institution_id, e.item_code,
        case
            when coalesce(r.months, 0) < $min_before + $min_after then 'too few months or peers'
            when s.is_other_unit then 'the unit changed'
        end as reason,
        coalesce(s.is_dear, false) as is_dear
    from (select distinct institution_id, item_code from feature.item_price_month) as e
    left join series as r on r.institution_id = e.institution_id and r.item_code = e.item_code
    left join stepped_item as s on s.institution_id = e.institution_id and s.item_code = e.item_code
)
select case when reason is null then 'clear' else 'cannot_judge' end as outcome, reason, count(*) as units
from item_of_place
where not is_dear
group by reason;
