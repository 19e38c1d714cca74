-- One row: one fee line that stands, net of refunds, with what its settlement says.
-- Incremental by: settlement_id
-- charged_on: day of charge
-- has_clock: the line carries a time of day, not only a date
-- quantity, amount, eligible_amount: net of reversed units and lines, yuan
-- fund_amount: the funds' share of the eligible amount, at the settlement's rate, yuan
-- practitioner_id: who ordered, else who performed, else nobody
with live as (
    select settlement_id, care_setting, is_pharmacy, fund_rate
    from feature.settlement
),

-- Reversals: negative lines inside a standing settlement, and lines of a refund that took back only a part.
reversed as (
    select coalesce(r.original_settlement_id, l.settlement_id) as settlement_id, l.original_line_id, l.item_code,
        l.unit_price, l.quantity, l.amount, coalesce(l.eligible_amount, l.amount) as eligible_amount
    from record.fee_line as l
    left join record.settlement as r on r.settlement_id = l.settlement_id and r.is_refund
    where l.amount < 0 and coalesce(l.is_valid, true)
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
    select l.*, v.care_setting, v.is_pharmacy, v.fund_rate
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
)

select
    settlement_id,
    line_id,
    encounter_id,
    person_id,
    institution_id,
    coalesce(ordering_practitioner_id, performing_practitioner_id) as practitioner_id,
    is_pharmacy,
    care_setting,
    charged_at,
    cast(charged_at as date) as charged_on,
    cast(charged_at as timestamp) <> cast(cast(charged_at as date) as timestamp) as has_clock,
    order_number,
    item_code,
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
    over_limit_amount,
    price_limit,
    supply_days,
    coalesce(is_take_home, false) as is_take_home
from net
where net_amount > 0
