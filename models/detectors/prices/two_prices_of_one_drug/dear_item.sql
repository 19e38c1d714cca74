-- turning_drug: a drug at an institution with dear lines beside those at its lowest price.
create temp table turning_drug as
with unlike_drug as (
    select institution_id, product_code, lowest_price as low, highest_price as high
    from feature.drug_price
    where highest_price >= $min_ratio * lowest_price
),
line as (
    select u.institution_id, u.product_code, u.low, u.high, l.charged_on,
        cast(l.unit_price as double) >= $min_ratio * u.low as is_dear,
        cast(l.eligible_amount as double) as eligible_amount,
        (cast(l.unit_price as double) - u.low) * cast(l.quantity as double) as excess
    from feature.fee_line as l
    join unlike_drug as u on u.institution_id = l.institution_id
        and u.product_code = case
            when l.catalogue_code in (select product_code from feature.drug_product) then l.catalogue_code
            else l.item_code
        end
    where l.unit_price > 0 and l.quantity > 0
),
-- What changes within a day counts as one turn, whatever the order of its lines.
day_of_drug as (
    select institution_id, product_code, charged_on, bool_or(is_dear) as has_dear, bool_and(is_dear) as is_dear
    from line
    group by institution_id, product_code, charged_on
),
day_after_day as (
    select *, lag(is_dear) over (partition by institution_id, product_code order by charged_on) as was_dear
    from day_of_drug
),
turned as (
    select institution_id, product_code,
        count(*) filter (where has_dear <> is_dear or is_dear <> was_dear) as turns
    from day_after_day
    group by institution_id, product_code
),
-- Members' day: on a day all pay one price, and the low ones fall on one weekday or on one last digit of the date.
low_day as (
    select institution_id, product_code, count(*) as days, count(*) filter (has_dear) as mixed_days,
        max(of_weekday) as days_of_weekday, max(of_digit) as days_of_digit
    from (
        select *, count(*) over (partition by institution_id, product_code, dayofweek(charged_on)) as of_weekday,
            count(*) over (partition by institution_id, product_code, day(charged_on) % 10) as of_digit
        from day_of_drug
        where not is_dear
    ) as low
    group by institution_id, product_code
),
summed as (
    select institution_id, product_code, any_value(low) as low, any_value(high) as high, count(*) as lines,
        count(*) filter (where is_dear) as high_lines,
        sum(cast(least(excess, eligible_amount) as decimal(16, 2))) filter (where is_dear) as excess
    from line
    group by institution_id, product_code
)
select s.*, t.turns, s.high > $max_ratio * s.low as is_other_unit,
    s.high <= $max_ratio * s.low and t.turns >= $min_turns and coalesce(s.excess >= $min_excess, false)
        and not coalesce(
            d.days >= 3 and d.mixed_days <= 0.1 * d.days
                and greatest(d.days_of_weekday, d.days_of_digit) >= 0.9 * d.days, false
        ) as is_dear
from summed as s
left join low_day as d on d.institution_id = s.institution_id and d.product_code = s.product_code
join turned as t on t.institution_id = s.institution_id and t.product_code = s.product_code;

-- A dear line costs the least ratio or more times the lowest price; what it is above that price is at issue.
create temp table dear_item as
select institution_id, d.product_code as item_key, d.low as allowed, d.low * $min_ratio - 0.000001 as above,
    cast(null as date) as from_on, cast(null as date) as until_on, d.product_code as part, d.product_code,
    round(d.low, 2) as low, round(d.high, 2) as high, turns, lines, high_lines
from turning_drug as d
where is_dear;

select 'cannot_judge' as outcome, 'the prices are of two units' as reason, count(*) as units
from turning_drug where is_other_unit having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from feature.drug_price as d
left join turning_drug as t on t.institution_id = d.institution_id and t.product_code = d.product_code
where d.lines > 1 and not coalesce(t.is_other_unit or t.is_dear, false)
having count(*) > 0;
