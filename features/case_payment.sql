-- One row: one settlement that was grouped for payment (DRG, DIP), what its group is paid, and what would have been paid for
--     another group (实施细则 35: the loss is the difference of two payment standards). The other standards are those that the
--     institution was paid in that year for its other stays of the settled principal diagnosis: what a group is paid is not
--     published by diagnosis, so where those stays are of several groups or standards, or there are none, nothing is known.
-- grouped_code, settled_code: principal diagnosis that was grouped, and that of the settlement list, else of the encounter
-- paid_standard: yuan, the payment standard as delivered, else weight by point value
-- due_group_code, due_standard: of stays of the settled principal diagnosis, operated upon or not as this one
-- unoperated_group_code, unoperated_standard: of stays of the settled principal diagnosis without an operation
-- due_loss, unoperated_loss: yuan paid beyond that standard, 0 where less was paid; null where one is unknown
with principal as (
    select settlement_id, max(diagnosis_code) as code
    from record.diagnosis
    where is_principal and regexp_matches(diagnosis_code, '^[A-Z][0-9]')
    group by settlement_id
),

grouped as (
    select g.settlement_id, s.encounter_id, s.person_id, s.institution_id, g.grouping_way, g.group_code,
        coalesce(g.group_name, '') as group_name, nullif(trim(g.principal_diagnosis_code), '') as grouped_code,
        coalesce(p.code, e.principal_diagnosis_code) as settled_code,
        coalesce(g.payment_standard, cast(g.weight * g.point_value as decimal(16, 2))) as paid_standard,
        coalesce(e.is_operated, false) as is_operated, coalesce(e.ended_on, s.settled_on) as ended_on,
        year(coalesce(e.ended_on, s.settled_on)) as paid_year
    from record.payment_group as g
    left join feature.settlement as s on s.settlement_id = g.settlement_id
    left join feature.encounter as e on e.encounter_id = s.encounter_id
    left join principal as p on p.settlement_id = g.settlement_id
),

-- One row: a diagnosis whose stays of a year the institution was paid for alike.
alike as (
    select institution_id, coalesce(grouping_way, '') as grouping_way, paid_year, settled_code, is_operated,
        max(group_code) as group_code, max(paid_standard) as paid_standard
    from grouped
    where grouped_code = settled_code and institution_id is not null
    group by institution_id, coalesce(grouping_way, ''), paid_year, settled_code, is_operated
    having min(group_code) = max(group_code) and min(paid_standard) = max(paid_standard)
        and count(paid_standard) = count(*)
)

select
    g.settlement_id,
    g.encounter_id,
    g.person_id,
    g.institution_id,
    g.grouping_way,
    g.group_code,
    g.group_name,
    g.grouped_code,
    g.settled_code,
    g.is_operated,
    g.ended_on,
    g.paid_standard,
    d.group_code as due_group_code,
    d.paid_standard as due_standard,
    case when g.paid_standard < d.paid_standard then 0 else g.paid_standard - d.paid_standard end as due_loss,
    u.group_code as unoperated_group_code,
    u.paid_standard as unoperated_standard,
    case when g.paid_standard < u.paid_standard then 0 else g.paid_standard - u.paid_standard end as unoperated_loss
from grouped as g
left join alike as d
    on d.institution_id = g.institution_id and d.grouping_way = coalesce(g.grouping_way, '')
    and d.paid_year = g.paid_year and d.settled_code = g.settled_code and d.is_operated = g.is_operated
left join alike as u
    on u.institution_id = g.institution_id and u.grouping_way = coalesce(g.grouping_way, '')
    and u.paid_year = g.paid_year and u.settled_code = g.settled_code and not u.is_operated
