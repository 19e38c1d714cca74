-- warn: A refund takes back a settlement of the record: the one it names, else an equal one of its person there.
-- zh: 退费结算能对应到原结算：原结算ID，或同人同机构金额相反的结算
-- of: record.settlement where is_refund or total_amount < 0
-- needs: record.settlement.is_refund
with bill as (
    select settlement_id, original_settlement_id, person_id, institution_id, settled_at, total_amount,
        abs(total_amount) as yuan, coalesce(is_refund, false) or total_amount < 0 as is_refund,
        -- 0, - and the words for none name no settlement
        coalesce(
            original_settlement_id <> settlement_id and regexp_matches(original_settlement_id, '[1-9A-Za-z]')
            and lower(trim(original_settlement_id)) not in ('null', 'none', 'nan', 'nil', 'na', 'n/a'), false
        ) as names_one
    from record.settlement
    where coalesce(is_valid, true)
),

-- In the order of time, each refund that names none wants a bill of its own that came before it.
event as (
    select b.settlement_id, b.person_id, b.institution_id, b.yuan, case when b.is_refund then -1 else 1 end as step,
        case when b.is_refund and b.settled_at = date_trunc('day', b.settled_at) then b.settled_at + interval 1 day
            else b.settled_at end as happened_at
    from bill as b
    join (select distinct person_id, institution_id, yuan from bill where is_refund and not names_one) as g
        on g.person_id = b.person_id and g.institution_id = b.institution_id and g.yuan = b.yuan
    where not b.is_refund or not b.names_one
),

counted as (
    select settlement_id, person_id, institution_id, yuan, step, happened_at,
        sum(step) over (
            partition by person_id, institution_id, yuan order by happened_at, step desc, settlement_id
            rows between unbounded preceding and current row
        ) as height
    from event
),

floored as (
    select settlement_id, step, height,
        least(0, coalesce(min(height) over (
            partition by person_id, institution_id, yuan order by happened_at, step desc, settlement_id
            rows between unbounded preceding and 1 preceding
        ), 0)) as lowest_before
    from counted
)

select r.settlement_id, r.original_settlement_id, r.institution_id, r.total_amount
from bill as r
left join bill as o on o.settlement_id = r.original_settlement_id
left join floored as f on f.settlement_id = r.settlement_id
where r.is_refund
    and case when r.names_one then o.settlement_id is null else f.step < 0 and f.height < f.lowest_before end
