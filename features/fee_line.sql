-- One row: one fee line that stands, net of refunds, with what its settlement says. The lines of a bill handed in again
--     on paper stand once, in the settlement that it repeats.
-- Incremental by: settlement_id
-- charged_on: day of charge
-- has_clock: the line carries a time of day, not only a date
-- quantity, amount, eligible_amount, over_limit_amount: net of reversed units and lines, yuan
-- item_code: the national code; local codes are mapped by knowledge.code_map, an institution's own row first
-- fund_amount: the funds' share of the eligible amount, at the settlement's rate, yuan
-- person_id, institution_id: the line's own, else its settlement's
-- practitioner_id: who ordered, else who performed, else nobody
with code_map as (
    select local_code, institution_id, national_code, valid_from, valid_to,
        lead(coalesce(valid_from, date '0001-01-01')) over (
            partition by local_code, institution_id order by coalesce(valid_from, date '0001-01-01'), national_code
        ) as next_from
    from knowledge.code_map
),

live as (
    select settlement_id, person_id, institution_id, care_setting, is_pharmacy, fund_rate
    from feature.settlement
    where repeats_settlement_id is null
),

-- Reversals: negative lines inside a standing settlement, and lines of a refund that took back only a part; where the
-- flag alone says that it is a refund, its lines are not negative either.
signed as (
    select coalesce(r.settlement_id, l.settlement_id) as settlement_id, l.original_line_id, l.item_code, l.unit_price,
        case when r.is_unsigned then -1 else 1 end as sign, l.quantity, l.amount, l.eligible_amount
    from record.fee_line as l
    left join feature.refund as r on r.refund_id = l.settlement_id
    where (l.amount < 0 or r.is_unsigned) and coalesce(l.is_valid, true)
),

reversed as (
    select settlement_id, original_line_id, item_code, unit_price, sign * quantity as quantity, sign * amount as amount,
        sign * coalesce(eligible_amount, amount) as eligible_amount
    from signed
    where sign * amount < 0
),

by_line as (
    select settlement_id, original_line_id as line_id, sum(quantity) as quantity, sum(amount) as amount,
        sum(eligible_amount) as eligible_amount
    from reversed
    where original_line_id is not null
    group by settlement_id, original_line_id
),

by_item as (
    select settlement_id, item_code, unit_price, sum(amount) as amount
    from reversed
    where original_line_id is null
    group by settlement_id, item_code, unit_price
),

charged as (
    select l.*, v.care_setting, v.is_pharmacy, v.fund_rate,
        coalesce(l.person_id, v.person_id) as whose, coalesce(l.institution_id, v.institution_id) as place
    from record.fee_line as l
    join live as v on v.settlement_id = l.settlement_id
    where l.amount > 0 and coalesce(l.is_valid, true)
),

-- Reversals that name no line shrink the lines of their item and price in proportion.
shrunk as (
    select c.settlement_id, c.item_code, c.unit_price,
        greatest(0.0, 1.0 + cast(max(b.amount) as double) / nullif(cast(sum(c.amount) as double), 0)) as kept
    from charged as c
    join by_item as b
        on b.settlement_id = c.settlement_id and b.item_code = c.item_code and b.unit_price = c.unit_price
    group by c.settlement_id, c.item_code, c.unit_price
),

net as (
    select c.*,
        cast((c.quantity + coalesce(b.quantity, 0)) * coalesce(k.kept, 1.0) as decimal(16, 4)) as net_quantity,
        cast((c.amount + coalesce(b.amount, 0)) * coalesce(k.kept, 1.0) as decimal(16, 2)) as net_amount,
        cast(
            (coalesce(c.eligible_amount, c.amount) + coalesce(b.eligible_amount, 0)) * coalesce(k.kept, 1.0)
            as decimal(16, 2)
        ) as net_eligible
    from charged as c
    left join by_line as b on b.settlement_id = c.settlement_id and b.line_id = c.line_id
    left join shrunk as k
        on k.settlement_id = c.settlement_id and k.item_code = c.item_code and k.unit_price = c.unit_price
),

-- A line without an item code is known by the institution's own code.
coded as (
    select n.*, coalesce(o.national_code, a.national_code) as national_code
    from net as n
    left join code_map as o
        on o.local_code = coalesce(n.item_code, n.institution_item_code) and o.institution_id = n.place
        and cast(n.charged_at as date) >= coalesce(o.valid_from, date '0001-01-01')
        and cast(n.charged_at as date) <= coalesce(o.valid_to, date '9999-12-31')
        and cast(n.charged_at as date) < coalesce(o.next_from, date '9999-12-31')
    left join code_map as a
        on a.local_code = coalesce(n.item_code, n.institution_item_code) and a.institution_id is null
        and cast(n.charged_at as date) >= coalesce(a.valid_from, date '0001-01-01')
        and cast(n.charged_at as date) <= coalesce(a.valid_to, date '9999-12-31')
        and cast(n.charged_at as date) < coalesce(a.next_from, date '9999-12-31')
)

select
    settlement_id,
    line_id,
    encounter_id,
    whose as person_id,
    place as institution_id,
    coalesce(ordering_practitioner_id, performing_practitioner_id) as practitioner_id,
    is_pharmacy,
    care_setting,
    charged_at,
    cast(charged_at as date) as charged_on,
    cast(charged_at as timestamp) <> cast(cast(charged_at as date) as timestamp) as has_clock,
    order_number,
    coalesce(national_code, item_code) as item_code,
    item_name,
    catalogue_type,
    catalogue_code,
    fee_category,
    item_class,
    institution_item_code,
    institution_item_name,
    ordering_department_code as department_code,
    net_quantity as quantity,
    unit_price,
    net_amount as amount,
    net_eligible as eligible_amount,
    cast(net_eligible * fund_rate as decimal(16, 2)) as fund_amount,
    cast(over_limit_amount * cast(net_amount as double) / nullif(cast(amount as double), 0) as decimal(16, 2))
        as over_limit_amount,
    price_limit,
    supply_days,
    coalesce(is_take_home, false) as is_take_home
from coded
where net_amount > 0
