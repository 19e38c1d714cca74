-- One row: one fee line that stands, net of refunds, with what its settlement says. The lines of a bill handed in again
--     on paper stand once, in the settlement that it repeats.
-- Incremental by: settlement_id
-- charged_on: day of charge
-- has_clock: the line carries a time of day, not only a date
-- is_local: a drug put on skin, eye, ear or nose, inhaled, or given by rectum or vagina, by route, dosage form, name or
--     ATC class: what holds of the drug in the body (interactions, doses, ages) does not hold of it; patches through the
--     skin count as swallowed
-- quantity, amount, eligible_amount, over_limit_amount: net of reversed units and lines, yuan
-- item_code: the national code; local codes are mapped by knowledge.code_map, an institution's own row first
-- fund_amount: the funds' share of the eligible amount, at the settlement's rate, yuan
-- is_family_money: its settlement's
-- person_id, institution_id: the line's own, else its settlement's
-- practitioner_id: who ordered, else who performed, else nobody
-- is_posted_in_bulk: the units may stand for other days of the care than the one they are dated: the care lasted several
--     days (a stay, an observation ward, day care) and more than one unit of the item stands on this day while the day
--     before or the day after has none; or the day lies outside the care. Null where the days of the care are unknown
with code_map as (
    select local_code, institution_id, national_code, valid_from, valid_to,
        lead(coalesce(valid_from, date '0001-01-01')) over (
            partition by local_code, institution_id order by coalesce(valid_from, date '0001-01-01'), national_code
        ) as next_from
    from knowledge.code_map
),

live as (
    select settlement_id, person_id, institution_id, care_setting, is_pharmacy, fund_rate, is_family_money, started_on,
        ended_on
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
    select l.*, v.care_setting, v.is_pharmacy, v.fund_rate, v.is_family_money, v.started_on, v.ended_on,
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
),

-- A ward posts when it gets to it: daily, weekly, on the last day, before a settlement. An excuse of every rule that counts
-- by the day or asks what held on the day, so it stands here once.
item_day as (
    select settlement_id, item_code, cast(charged_at as date) as charged_on, max(started_on) as started_on,
        max(ended_on) as ended_on, sum(net_quantity) as quantity
    from coded
    where net_amount > 0 and started_on < ended_on
    group by settlement_id, item_code, cast(charged_at as date)
),

beside as (
    select *,
        lag(charged_on) over (partition by settlement_id, item_code order by charged_on) as before_on,
        lead(charged_on) over (partition by settlement_id, item_code order by charged_on) as after_on
    from item_day
),

posted as (
    select settlement_id, item_code, charged_on,
        charged_on < started_on or charged_on > ended_on or (
            quantity > 1 and (
                date_diff('day', greatest(coalesce(before_on, started_on), started_on), charged_on)
                    > case when before_on >= started_on then 1 else 0 end
                or date_diff('day', charged_on, least(coalesce(after_on, ended_on), ended_on))
                    > case when after_on <= ended_on then 1 else 0 end
            )
        ) as is_in_bulk
    from beside
)

select
    c.settlement_id,
    c.line_id,
    c.encounter_id,
    c.whose as person_id,
    c.place as institution_id,
    coalesce(c.ordering_practitioner_id, c.performing_practitioner_id) as practitioner_id,
    c.is_pharmacy,
    c.care_setting,
    c.charged_at,
    cast(c.charged_at as date) as charged_on,
    cast(c.charged_at as timestamp) <> cast(cast(c.charged_at as date) as timestamp) as has_clock,
    c.order_number,
    coalesce(c.national_code, c.item_code) as item_code,
    c.item_name,
    c.catalogue_type,
    c.catalogue_code,
    c.fee_category,
    c.item_class,
    c.institution_item_code,
    c.institution_item_name,
    c.ordering_department_code as department_code,
    c.net_quantity as quantity,
    c.unit_price,
    c.net_amount as amount,
    c.net_eligible as eligible_amount,
    cast(c.net_eligible * c.fund_rate as decimal(16, 2)) as fund_amount,
    -- Where the column is left empty, what is neither eligible nor otherwise the person's own stood beyond the limit.
    cast(coalesce(
        c.over_limit_amount,
        greatest(c.amount - c.eligible_amount - coalesce(c.self_paid_amount, 0) - coalesce(c.first_paid_amount, 0), 0)
    ) * cast(c.net_amount as double) / nullif(cast(c.amount as double), 0) as decimal(16, 2)) as over_limit_amount,
    c.price_limit,
    c.supply_days,
    coalesce(c.is_take_home, false) as is_take_home,
    c.is_family_money,
    case
        when c.started_on = c.ended_on then cast(c.charged_at as date) <> c.started_on
        when c.started_on < c.ended_on then p.is_in_bulk
    end as is_posted_in_bulk,
    coalesce(
        regexp_matches(c.item_code, '^X(D|S|R01|M02|G01|A01|C05|P03)')
        or (c.item_code like 'X%' or c.catalogue_type = '101') and not coalesce(c.item_code like 'XC01%', false)
            and not regexp_matches(coalesce(c.item_name, '') || '|' || coalesce(c.dosage_form, ''), '透皮|控释贴')
            and (
                regexp_matches(
                    coalesce(c.item_name, '') || '|' || coalesce(c.dosage_form, '') || '|',
                    '乳膏|软膏|眼膏|贴膏|贴剂|凝胶|搽剂|涂剂|涂膜|洗剂|洗液|外用|滴眼|滴耳|滴鼻|鼻用|鼻喷|眼用|喷雾|气雾|吸入|含漱|漱口|栓剂?[|(（]|灌肠|阴道|泡沫剂'
                )
                or regexp_matches(c.route, '外用|局部|涂|滴眼|滴耳|滴鼻|鼻|吸入|雾化|含漱|漱口|直肠|纳肛|塞肛|灌肠|阴道|冲洗|贴敷|眼|耳')
            ),
        false
    ) as is_local
from coded as c
left join posted as p
    on p.settlement_id = c.settlement_id and p.item_code = c.item_code and p.charged_on = cast(c.charged_at as date)
where c.net_amount > 0
