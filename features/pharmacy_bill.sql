-- One row: one drugstore over the whole window, how its bills look; high is suspicious in every share, null where its
--     denominator is zero.
-- purchases, clocked_purchases, lines, persons: counts
-- eligible_amount: eligible yuan of its purchases
-- hundred_purchases: of whole hundreds of yuan
-- equal_purchases: whose exact amount, of 50 yuan or more, another person paid there in the same month
-- cashless_purchases, priced_purchases: with no more than one yuan in cash, and those whose cash is known
-- single_purchases: of one item only, more than one unit of it
-- top_person_amount, top_bill_purchases: eligible yuan of the three persons who spent most; purchases of the
--     commonest bill (items and amount)
-- hundred_share, equal_share, single_share, top_bill_share: of purchases, 0 to 1
-- cashless_share: of priced_purchases, 0 to 1
-- top_person_share: of eligible_amount, 0 to 1
with purchase as (
    select b.*, r.cash_amount
    from feature.visit_bill as b
    join record.settlement as r on r.settlement_id = b.settlement_id
    where b.is_pharmacy and b.institution_id is not null
),

amount_of as (
    select institution_id, month, total_amount, count(distinct person_id) as persons, count(*) as purchases
    from purchase
    where total_amount >= 50
    group by institution_id, month, total_amount
),

equal as (
    select institution_id, sum(purchases) as equal_purchases
    from amount_of
    where persons >= 2
    group by institution_id
),

bill_of as (
    select institution_id, items, first_item, last_item, total_amount, count(*) as purchases
    from purchase
    where items > 0
    group by institution_id, items, first_item, last_item, total_amount
),

top_bill as (
    select institution_id, max(purchases) as top_bill_purchases
    from bill_of
    group by institution_id
),

spent as (
    select institution_id, person_id, sum(eligible_amount) as eligible_amount,
        row_number() over (
            partition by institution_id order by sum(eligible_amount) desc, person_id
        ) as place
    from purchase
    group by institution_id, person_id
),

top_person as (
    select institution_id, cast(sum(eligible_amount) as decimal(16, 2)) as top_person_amount
    from spent
    where place <= 3
    group by institution_id
),

line_of as (
    select settlement_id, count(distinct item_code) as items, sum(quantity) as quantity
    from feature.fee_line
    where is_pharmacy
    group by settlement_id
),

counted as (
    select p.institution_id, count(*) as purchases, count(distinct p.person_id) as persons,
        sum(case when p.has_clock then 1 else 0 end) as clocked_purchases, sum(p.items) as lines,
        cast(sum(p.eligible_amount) as decimal(16, 2)) as eligible_amount,
        sum(case when p.total_amount % 100 = 0 then 1 else 0 end) as hundred_purchases,
        sum(case when p.cash_amount <= 1 then 1 else 0 end) as cashless_purchases,
        count(p.cash_amount) as priced_purchases,
        sum(case when l.items = 1 and l.quantity > 1 then 1 else 0 end) as single_purchases
    from purchase as p
    left join line_of as l on l.settlement_id = p.settlement_id
    group by p.institution_id
)

select
    c.institution_id, c.purchases, c.persons, c.clocked_purchases, c.lines, c.eligible_amount, c.hundred_purchases,
    coalesce(e.equal_purchases, 0) as equal_purchases, c.cashless_purchases, c.priced_purchases, c.single_purchases,
    t.top_person_amount, coalesce(b.top_bill_purchases, 0) as top_bill_purchases,
    cast(c.hundred_purchases as double) / nullif(c.purchases, 0) as hundred_share,
    cast(coalesce(e.equal_purchases, 0) as double) / nullif(c.purchases, 0) as equal_share,
    cast(c.single_purchases as double) / nullif(c.purchases, 0) as single_share,
    cast(coalesce(b.top_bill_purchases, 0) as double) / nullif(c.purchases, 0) as top_bill_share,
    cast(c.cashless_purchases as double) / nullif(c.priced_purchases, 0) as cashless_share,
    cast(t.top_person_amount as double) / nullif(cast(c.eligible_amount as double), 0) as top_person_share
from counted as c
left join equal as e on e.institution_id = c.institution_id
left join top_bill as b on b.institution_id = c.institution_id
left join top_person as t on t.institution_id = c.institution_id
