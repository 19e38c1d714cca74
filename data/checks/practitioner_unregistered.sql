-- warn: The ordering practitioner of a fee line is in the register of practitioners.
-- zh: 开单医师在医师登记中存在
-- of: (select distinct ordering_practitioner_id from record.fee_line) as p
-- needs: record.fee_line.ordering_practitioner_id record.practitioner
with ordering as (
    select ordering_practitioner_id, count(*) as fee_lines, sum(amount) as amount
    from record.fee_line
    where ordering_practitioner_id is not null
    group by ordering_practitioner_id
)

select o.ordering_practitioner_id, o.fee_lines, o.amount
from ordering as o
where not exists (select 1 from record.practitioner as p where p.practitioner_id = o.ordering_practitioner_id)
