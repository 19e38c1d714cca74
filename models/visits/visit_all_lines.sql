-- One row: one line of a place with the item of a row of the tally, in a visit where the item was hit; hit or not.
-- Where a whole settlement is at issue it stands as a row of its own, and all its lines below it.
-- counted_amount, counted_fund: the row's own in the tally, 0 of what was not hit
with hit as (
    select * from visit_unit where institution_id = $place
),

wanted as (
    select distinct e.settlement_id, e.line_id
    from feature.fee_line as e
    join (select distinct encounter_id, item_code from hit where line_id is not null) as h
        on h.encounter_id = e.encounter_id and h.item_code = e.item_code
    union
    select e.settlement_id, e.line_id
    from feature.fee_line as e
    join (select distinct settlement_id from hit where line_id is null) as w on w.settlement_id = e.settlement_id
    union
    select settlement_id, line_id from hit
)

select w.settlement_id, w.line_id, coalesce(e.encounter_id, h.encounter_id) as encounter_id, n.record_number,
    n.case_number, coalesce(e.person_id, h.person_id) as person_id, e.item_code, e.item_name, e.charged_on,
    case when e.has_clock then strftime(e.charged_at, '%H:%M:%S') end as clock, e.quantity, e.unit_price,
    coalesce(e.amount, case when w.line_id is null then s.total_amount end) as line_amount,
    coalesce(e.eligible_amount, case when w.line_id is null then s.eligible_amount end) as eligible_amount,
    h.settlement_id is not null as is_hit, coalesce(h.counted_amount, 0) as counted_amount,
    coalesce(h.counted_fund, 0) as counted_fund
from wanted as w
left join hit as h on h.settlement_id = w.settlement_id and coalesce(h.line_id, '') = coalesce(w.line_id, '')
left join feature.fee_line as e on e.settlement_id = w.settlement_id and e.line_id = w.line_id
left join feature.settlement as s on s.settlement_id = w.settlement_id
left join record.encounter as n on n.encounter_id = coalesce(e.encounter_id, h.encounter_id)
order by encounter_id, w.settlement_id, w.line_id nulls first
