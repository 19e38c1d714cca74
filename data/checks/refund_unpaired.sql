-- warn: A refund takes back a settlement of the record: the one it names, else an equal one of its person there.
-- zh: 退费结算能对应到原结算：原结算ID，或同人同机构金额相反的结算
-- of: record.settlement where is_refund
-- needs: record.settlement.is_refund
with refunds as (
    select settlement_id, original_settlement_id, person_id, institution_id, settled_at, total_amount
    from record.settlement
    where is_refund and coalesce(is_valid, true)
),

named as (
    select r.settlement_id
    from refunds as r
    join record.settlement as s on s.settlement_id = r.original_settlement_id and s.settlement_id <> r.settlement_id
),

equal as (
    select distinct r.settlement_id
    from refunds as r
    join record.settlement as s
        on s.person_id = r.person_id and s.institution_id = r.institution_id and s.total_amount = -r.total_amount
    where r.original_settlement_id is null and s.settled_at <= r.settled_at and not coalesce(s.is_refund, false)
)

select r.settlement_id, r.original_settlement_id, r.institution_id, r.total_amount
from refunds as r
where not exists (select 1 from named as n where n.settlement_id = r.settlement_id)
    and not exists (select 1 from equal as q where q.settlement_id = r.settlement_id)
