-- One row: one settlement that gives money back, and the settlement that it takes back
-- settlement_id: what it takes back; null where that is not known, and where the refund was itself taken back
-- pairing: named (by its original id), equal (the latest equal bill of the person there that nothing else took back),
--     encounter (a larger bill of the same encounter), undone (another refund took it back), undoes (it takes back a
--     refund); null where it pairs with nothing
-- is_unsigned: the flag alone says that it is a refund, its amounts and its lines' are not negative
-- total_amount, eligible_amount, fund_amount, account_amount, person_paid_amount: yuan, negative or nil; what the
--     refund leaves empty is its share of what it takes back
with bill as (
    select settlement_id, encounter_id, person_id, institution_id, settled_at, total_amount,
        coalesce(is_refund, false) as is_flagged, abs(total_amount) as yuan,
        -- 0, - and the words for none name no settlement
        case when original_settlement_id <> settlement_id and regexp_matches(original_settlement_id, '[1-9A-Za-z]')
            and lower(trim(original_settlement_id)) not in ('null', 'none', 'nan', 'nil', 'na', 'n/a')
            then original_settlement_id end as named_id
    from record.settlement
    where coalesce(is_valid, true) and coalesce(settlement_type, '2') <> '3' and total_amount <> 0
),

-- Some platforms flag the bill that was taken back as well: such a bill is named by a refund, or has an equal one.
flagged as (
    select b.*,
        row_number() over (
            partition by b.person_id, b.institution_id, b.yuan, b.total_amount < 0, b.named_id is null
            order by b.settled_at, b.settlement_id
        ) as place,
        sum(case when b.total_amount < 0 and b.named_id is null then 1 else 0 end) over (
            partition by b.person_id, b.institution_id, b.yuan
        ) as unnamed_refunds
    from bill as b
    where b.total_amount < 0 or b.is_flagged
),

named_by_refund as (
    select distinct named_id as settlement_id
    from bill
    where total_amount < 0 and named_id is not null
),

refunds as (
    select f.*
    from flagged as f
    left join named_by_refund as n on n.settlement_id = f.settlement_id
    where f.total_amount < 0 or f.named_id is not null
        or (n.settlement_id is null and f.place > f.unnamed_refunds)
),

purchase as (
    select b.*
    from bill as b
    left join refunds as r on r.settlement_id = b.settlement_id
    where b.total_amount > 0 and r.settlement_id is null
),

-- A refund of a refund, unless a third one took it back in turn.
undoing as (
    select r.settlement_id, r.named_id
    from refunds as r
    join refunds as o on o.settlement_id = r.named_id
),

undone as (
    select distinct u.named_id as settlement_id
    from undoing as u
    left join undoing as later on later.named_id = u.settlement_id
    where later.settlement_id is null
),

named as (
    select r.settlement_id as refund_id, p.settlement_id
    from refunds as r
    join purchase as p on p.settlement_id = r.named_id and (p.person_id = r.person_id or r.person_id is null)
    left join undone as u on u.settlement_id = r.settlement_id
    where u.settlement_id is null
),

unnamed as (
    select r.*
    from refunds as r
    left join undone as u on u.settlement_id = r.settlement_id
    where r.named_id is null and u.settlement_id is null
),

-- Equal bills and refunds of one person at one institution in the order of time, as brackets that open and close: each
-- refund takes back the latest bill before it that is still open. A refund with a day alone comes after that day.
event as (
    select p.person_id, p.institution_id, p.yuan, p.settlement_id, p.settled_at as happened_at, 1 as step
    from purchase as p
    join (select distinct person_id, institution_id, yuan from unnamed) as g
        on g.person_id = p.person_id and g.institution_id = p.institution_id and g.yuan = p.yuan
    left join named as n on n.settlement_id = p.settlement_id
    where n.refund_id is null
    union all
    select person_id, institution_id, yuan, settlement_id,
        case when settled_at = date_trunc('day', settled_at) then settled_at + interval 1 day else settled_at end
            as happened_at,
        -1 as step
    from unnamed
),

counted as (
    select *,
        sum(step) over (
            partition by person_id, institution_id, yuan order by happened_at, step desc, settlement_id
            rows between unbounded preceding and current row
        ) as height
    from event
),

floored as (
    select *,
        least(0, min(height) over (
            partition by person_id, institution_id, yuan order by happened_at, step desc, settlement_id
            rows between unbounded preceding and current row
        )) as lowest,
        least(0, coalesce(min(height) over (
            partition by person_id, institution_id, yuan order by happened_at, step desc, settlement_id
            rows between unbounded preceding and 1 preceding
        ), 0)) as lowest_before
    from counted
),

bracket as (
    select settlement_id, step,
        lag(settlement_id) over (
            partition by person_id, institution_id, yuan, height - lowest + case when step < 0 then 1 else 0 end
            order by happened_at, step desc, settlement_id
        ) as opened_by
    from floored
    where step > 0 or height >= lowest_before
),

equal as (
    select settlement_id as refund_id, opened_by as settlement_id
    from bracket
    where step < 0
),

same_encounter as (
    select refund_id, settlement_id
    from (
        select u.settlement_id as refund_id, p.settlement_id,
            row_number() over (
                partition by u.settlement_id order by p.settled_at desc, p.settlement_id
            ) as nearness
        from unnamed as u
        join purchase as p
            on p.encounter_id = u.encounter_id and p.person_id = u.person_id and p.institution_id = u.institution_id
            and p.yuan > u.yuan
        left join equal as q on q.refund_id = u.settlement_id
        where q.refund_id is null
    ) as candidates
    where nearness = 1
),

paired as (
    select refund_id, settlement_id, 'named' as pairing from named
    union all
    select refund_id, settlement_id, 'equal' as pairing from equal
    union all
    select refund_id, settlement_id, 'encounter' as pairing from same_encounter
)

select
    r.settlement_id as refund_id,
    p.settlement_id,
    case when u.settlement_id is not null then 'undone' when d.settlement_id is not null then 'undoes'
        else p.pairing end as pairing,
    r.total_amount > 0 as is_unsigned,
    cast(-r.yuan as decimal(16, 2)) as total_amount,
    cast(-coalesce(
        abs(m.eligible_amount), cast(r.yuan as double) * cast(o.eligible_amount as double)
        / nullif(cast(o.total_amount as double), 0), r.yuan
    ) as decimal(16, 2)) as eligible_amount,
    cast(-coalesce(
        abs(m.fund_amount), cast(r.yuan as double) * cast(o.fund_amount as double)
        / nullif(cast(o.total_amount as double), 0), 0
    ) as decimal(16, 2)) as fund_amount,
    cast(-coalesce(
        abs(m.account_amount), cast(r.yuan as double) * cast(o.account_amount as double)
        / nullif(cast(o.total_amount as double), 0), 0
    ) as decimal(16, 2)) as account_amount,
    cast(-coalesce(
        abs(m.person_paid_amount), cast(r.yuan as double) * cast(o.person_paid_amount as double)
        / nullif(cast(o.total_amount as double), 0), 0
    ) as decimal(16, 2)) as person_paid_amount
from refunds as r
join record.settlement as m on m.settlement_id = r.settlement_id
left join undone as u on u.settlement_id = r.settlement_id
left join (select distinct settlement_id from undoing) as d on d.settlement_id = r.settlement_id
left join paired as p on p.refund_id = r.settlement_id
left join record.settlement as o on o.settlement_id = p.settlement_id
