-- One row: one drugstore over the whole window, what the indicators are made of and the indicators; high is
--     suspicious in every indicator, null where its denominator is zero. What a drugstore only hands out on a hospital's
--     prescription, the second channel of negotiated drugs, is not its own business and is left out, but for prices.
-- purchases, persons, person_months: settlements, persons, and months in which each person bought
-- eligible_amount: eligible yuan
-- active_hours, largest_burst: clock hours with a purchase, and the most purchases in one of them
-- round_purchases: of whole tens of yuan
-- night_purchases, clocked_purchases: from 22 to 6 o'clock, and those with a time of day
-- chained_purchases: by another person, of no common address, at most two minutes after the purchase before
-- repeated_purchases: whose exact amount the person paid there on another day
-- ward_purchases: by persons who lay in hospital that day, first and last day of the stay left out
-- away_purchases: by persons insured outside the home prefecture, where most of the record's are insured
-- top_tenth_amount: eligible yuan of the tenth of its persons who spent most
-- line_amount, lines: eligible yuan and number of its fee lines, the whole of the shares of money below
-- dear_amount: of lines dearer a unit than nine tenths of all drugstore lines
-- patent_amount, tonic_amount: of Chinese patent medicine and herbs, of tonics by name
-- top_item_amount: of the item that sold most
-- priced_amount, median_price_amount, priced_lines: yuan of the items that five drugstores or more sold in the
--     month, the same quantities at the median drugstore's price, and their lines
-- amount_per_purchase, amount_per_person: eligible yuan; high: dear
-- purchases_per_person_month: purchases in a month in which a person bought; high: often
-- burst_ratio: largest_burst over the mean of the active hours; high: cards in a row
-- burst_share: largest_burst over clocked_purchases, 0 to 1
-- round_share, repeated_share, ward_share, away_share: of purchases, 0 to 1
-- night_share, chained_share: of clocked_purchases, 0 to 1; no night_share of a store that sells between midnight and 5
--     o'clock on three days in ten and more: it is open day and night
-- top_tenth_share: of eligible_amount; high: few persons carry the money
-- dear_share, patent_share, tonic_share, top_item_share: of line_amount, 0 to 1
-- price_index: priced_amount over median_price_amount; high: dear
with dispensed as (
    select settlement_id from feature.visit_bill where is_dispensed
),

purchase as (
    select s.*, f.household, s.has_clock as is_clocked,
        hour(s.settled_at) * 60 + minute(s.settled_at) as minute_of_day
    from feature.settlement as s
    left join feature.person_household as f on f.person_id = s.person_id and f.is_family
    where s.is_pharmacy and s.institution_id is not null and s.settlement_id not in (select settlement_id from dispensed)
),

-- Where most settlements are insured: the prefecture whose export this is.
home as (
    select prefecture
    from (
        select substr(insured_division, 1, 4) as prefecture,
            row_number() over (order by count(*) desc, substr(insured_division, 1, 4)) as place
        from feature.settlement
        group by substr(insured_division, 1, 4)
    ) as candidates
    where place = 1
),

followed as (
    select institution_id, settlement_id, minute_of_day, person_id, household, is_clocked,
        lag(minute_of_day) over (
            partition by institution_id, settled_on, is_clocked order by settled_at, settlement_id
        ) as minute_before,
        lag(person_id) over (
            partition by institution_id, settled_on, is_clocked order by settled_at, settlement_id
        ) as person_before,
        lag(household) over (
            partition by institution_id, settled_on, is_clocked order by settled_at, settlement_id
        ) as household_before,
        count(*) over (partition by institution_id, total_amount, person_id) as times,
        count(*) over (partition by institution_id, total_amount, person_id, settled_on) as times_of_day
    from purchase
),

ordered_way as (
    select institution_id,
        sum(case when is_clocked and minute_of_day - minute_before <= 2 and person_id <> person_before
            and coalesce(household <> household_before, true) then 1 else 0 end) as chained_purchases,
        sum(case when times > times_of_day then 1 else 0 end) as repeated_purchases
    from followed
    group by institution_id
),

in_ward as (
    select p.institution_id, count(distinct p.settlement_id) as ward_purchases
    from purchase as p
    join feature.encounter as e
        on e.person_id = p.person_id and e.is_inpatient and p.settled_on > e.started_on
        and (p.settled_on < e.ended_on or e.is_in_hospital)
    group by p.institution_id
),

by_hour as (
    select institution_id, date_trunc('hour', settled_at) as hour_at, count(*) as purchases
    from purchase
    where is_clocked
    group by institution_id, date_trunc('hour', settled_at)
),

burst as (
    select institution_id, count(*) as active_hours, max(purchases) as largest_burst,
        sum(purchases) as hour_purchases
    from by_hour
    group by institution_id
),

by_person as (
    select institution_id, person_id, sum(eligible_amount) as eligible_amount, count(distinct month) as months
    from purchase
    group by institution_id, person_id
),

ordered as (
    select institution_id, eligible_amount, months,
        row_number() over (partition by institution_id order by eligible_amount desc, person_id) as place,
        count(*) over (partition by institution_id) as persons
    from by_person
),

top as (
    select institution_id, sum(months) as person_months,
        sum(case when place <= ceil(persons / 10.0) then eligible_amount else 0 end) as top_tenth_amount
    from ordered
    group by institution_id
),

dear as (
    select quantile_cont(cast(unit_price as double), 0.9) as unit_price
    from feature.fee_line
    where is_pharmacy
),

line as (
    select l.institution_id, count(*) as lines, sum(l.eligible_amount) as line_amount,
        sum(case when l.unit_price > d.unit_price then l.eligible_amount else 0 end) as dear_amount,
        sum(case when l.fee_category in ('10', '11') then l.eligible_amount else 0 end) as patent_amount,
        sum(case when regexp_matches(l.item_name, '阿胶|人参|西洋参|鹿茸|虫草|灵芝|石斛|燕窝|海马|黄芪精|补')
            then l.eligible_amount else 0 end) as tonic_amount
    from feature.fee_line as l
    cross join dear as d
    where l.is_pharmacy and l.settlement_id not in (select settlement_id from dispensed)
    group by l.institution_id
),

by_item as (
    select institution_id, item_code, sum(eligible_amount) as amount
    from feature.fee_line
    where is_pharmacy and settlement_id not in (select settlement_id from dispensed)
    group by institution_id, item_code
),

best_seller as (
    select institution_id, max(amount) as top_item_amount
    from by_item
    group by institution_id
),

market as (
    select item_code, month, quantile_cont(cast(median_price as double), 0.5) as price
    from feature.item_price_month
    where is_pharmacy
    group by item_code, month
    having count(*) >= 5
),

priced as (
    select p.institution_id, sum(p.lines) as priced_lines, sum(p.amount) as priced_amount,
        cast(sum(cast(cast(p.quantity as double) * m.price as decimal(18, 4))) as double) as median_price_amount
    from feature.item_price_month as p
    join market as m on m.item_code = p.item_code and m.month = p.month
    where p.is_pharmacy
    group by p.institution_id
),

paid as (
    select institution_id, count(*) as purchases, count(distinct person_id) as persons,
        sum(eligible_amount) as eligible_amount,
        sum(case when total_amount % 10 = 0 then 1 else 0 end) as round_purchases,
        sum(case when is_clocked then 1 else 0 end) as clocked_purchases,
        sum(case when is_clocked and (hour(settled_at) >= 22 or hour(settled_at) < 6) then 1 else 0 end)
            as night_purchases,
        count(distinct settled_on) as open_days,
        count(distinct case when is_clocked and hour(settled_at) < 5 then settled_on end) as night_days,
        sum(case when substr(insured_division, 1, 4) <> h.prefecture then 1 else 0 end) as away_purchases
    from purchase
    cross join home as h
    group by institution_id
),

counted as (
    select p.*, t.person_months, t.top_tenth_amount, o.chained_purchases, o.repeated_purchases,
        coalesce(w.ward_purchases, 0) as ward_purchases, coalesce(b.active_hours, 0) as active_hours,
        b.largest_burst, b.hour_purchases, coalesce(l.lines, 0) as lines, l.line_amount, l.dear_amount,
        l.patent_amount, l.tonic_amount, i.top_item_amount, coalesce(m.priced_lines, 0) as priced_lines,
        m.priced_amount, m.median_price_amount
    from paid as p
    join top as t on t.institution_id = p.institution_id
    join ordered_way as o on o.institution_id = p.institution_id
    left join in_ward as w on w.institution_id = p.institution_id
    left join burst as b on b.institution_id = p.institution_id
    left join line as l on l.institution_id = p.institution_id
    left join best_seller as i on i.institution_id = p.institution_id
    left join priced as m on m.institution_id = p.institution_id
)

select
    institution_id, purchases, persons, person_months, clocked_purchases, active_hours, largest_burst,
    round_purchases, night_purchases, chained_purchases, repeated_purchases, ward_purchases, away_purchases, lines,
    priced_lines,
    cast(eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(top_tenth_amount as decimal(16, 2)) as top_tenth_amount,
    cast(line_amount as decimal(16, 2)) as line_amount,
    cast(dear_amount as decimal(16, 2)) as dear_amount,
    cast(patent_amount as decimal(16, 2)) as patent_amount,
    cast(tonic_amount as decimal(16, 2)) as tonic_amount,
    cast(top_item_amount as decimal(16, 2)) as top_item_amount,
    cast(priced_amount as decimal(16, 2)) as priced_amount,
    cast(median_price_amount as decimal(16, 2)) as median_price_amount,
    cast(eligible_amount as double) / nullif(purchases, 0) as amount_per_purchase,
    cast(eligible_amount as double) / nullif(persons, 0) as amount_per_person,
    cast(purchases as double) / nullif(person_months, 0) as purchases_per_person_month,
    cast(largest_burst as double) * active_hours / nullif(hour_purchases, 0) as burst_ratio,
    cast(largest_burst as double) / nullif(clocked_purchases, 0) as burst_share,
    cast(round_purchases as double) / nullif(purchases, 0) as round_share,
    case when night_days < 0.3 * open_days then cast(night_purchases as double) / nullif(clocked_purchases, 0) end
        as night_share,
    cast(chained_purchases as double) / nullif(clocked_purchases, 0) as chained_share,
    cast(repeated_purchases as double) / nullif(purchases, 0) as repeated_share,
    cast(ward_purchases as double) / nullif(purchases, 0) as ward_share,
    cast(away_purchases as double) / nullif(purchases, 0) as away_share,
    cast(top_tenth_amount as double) / nullif(cast(eligible_amount as double), 0) as top_tenth_share,
    cast(dear_amount as double) / nullif(cast(line_amount as double), 0) as dear_share,
    cast(patent_amount as double) / nullif(cast(line_amount as double), 0) as patent_share,
    cast(tonic_amount as double) / nullif(cast(line_amount as double), 0) as tonic_share,
    cast(top_item_amount as double) / nullif(cast(line_amount as double), 0) as top_item_share,
    cast(priced_amount as double) / nullif(cast(median_price_amount as double), 0) as price_index
from counted
