-- One row: one finding that a lead rests on, with what the place needs to find the file, the clock, the money that
-- counts, and the sentence. What stands in braces is SQL: title and sentence made of the cards (over f), how a
-- person's name is written (over i), how a practitioner's (over p) and which leads (over l). The clause is the law of the day of the act (law_clause);
-- `run_on` is the day of the run.
with person_name as (
    select person_id, arg_min(person_name, source_table) as person_name
    from record.person_identity
    where person_name is not null
    group by person_id
),

-- A lead ranked by an earlier version shows its findings without them.
counted as (
    select finding_id, lead_id, counted_amount, counted_fund, also_in from model.finding_counted
),

-- A grouped payment does not grow with the items: the loss is the difference of two payment standards, which a source
-- gives (`loss`) where it knows both groups. The bill says so by its way of payment, by the sum paid for the disease, or
-- by the group that was delivered for it.
paid as (
    select s.settlement_id, s.payment_method, s.disease_payment_amount, coalesce({area}, '') as area
    from record.settlement as s
    left join feature.settlement as v on v.settlement_id = s.settlement_id
),

method as (
    select c.payment_method, c.area, arg_max(k.way, length(coalesce({known_area}, ''))) as way
    from (select distinct payment_method, area from paid) as c
    join knowledge.payment_method as k
        on k.code = c.payment_method and starts_with(c.area, coalesce({known_area}, ''))
    group by c.payment_method, c.area
),

paid_by_case as (
    select distinct s.settlement_id
    from paid as s
    left join method as m on m.payment_method = s.payment_method and m.area = s.area
    where m.way = 'case' or (m.way is null and s.disease_payment_amount > 0)
    union
    select settlement_id from record.payment_group
),

listed as (
    select l.lead_id, l.first_on, f.*, k.counted_amount, k.counted_fund, k.also_in
    from model.lead as l
    join casebook.lead_register as r on r.lead_id = l.lead_id
    join model.finding as f
        on f.subject_type = l.subject_type
        and f.subject_id = case when l.subject_type = 'group' then r.subject_key else l.subject_id end
    join model.coverage as c on c.source = f.source and c.status = 'live'
    left join counted as k on k.finding_id = f.finding_id and k.lead_id = l.lead_id
    where f.outcome = 'hit' and {chosen}
        and (k.finding_id is not null or not exists (select 1 from counted))
)

select f.lead_id,
    o.institution_name,
    coalesce(e.department_code, n.admitting_department_code, n.discharge_department_code) as department_code,
    coalesce(
        d.department_name,
        case when e.department_code is null then n.admitting_department_name end
    ) as department_name,
    n.record_number, n.case_number, {name} as person_name,
    coalesce(cast(n.started_at as date), s.started_on) as admitted_on,
    case when not coalesce(n.is_in_hospital, false) then coalesce(cast(n.ended_at as date), s.ended_on) end
        as discharged_on,
    case when e.has_clock then strftime(e.charged_at, '%Y-%m-%d %H:%M:%S')
        else strftime(e.charged_at, '%Y-%m-%d') end as charged_at,
    strftime(s.settled_at, '%Y-%m-%d %H:%M:%S') as settled_at,
    {practitioner} as practitioner_name,
    f.occurred_on, e.item_code, e.item_name, e.quantity, e.unit_price, e.amount as line_amount,
    coalesce(e.eligible_amount, s.eligible_amount) as eligible_amount,
    s.total_amount as settlement_amount, s.fund_amount as settlement_fund,
    f.amount, f.fund_amount, f.counted_amount, f.counted_fund, f.also_in,
    {title} as title, f.certainty, {sentence} as explanation, c.clause,
    -- 行政处罚法 36: two years from the act; five only where life, health or finance is harmed, which no record tells
    cast(f.occurred_on + interval 2 year as date) as limitation,
    case when cast(f.occurred_on + interval 2 year as date) < cast($run_on as date) then $limitation_beyond end
        as limitation_note,
    coalesce(json_extract_string(f.detail, '$.loss'), case when g.settlement_id is not null then $loss_uncounted end)
        as loss,
    f.settlement_id, f.line_id, coalesce(f.encounter_id, s.encounter_id) as encounter_id,
    coalesce(f.person_id, s.person_id) as person_id, coalesce(f.institution_id, s.institution_id) as institution_id,
    coalesce(f.practitioner_id, e.practitioner_id, n.attending_practitioner_id) as practitioner_id,
    f.finding_id, f.source
from listed as f
left join feature.settlement as s on s.settlement_id = f.settlement_id
left join paid_by_case as g on g.settlement_id = f.settlement_id
left join law_clause as c
    on c.source = f.source and c.subject_type = f.subject_type
    and coalesce(f.occurred_on, f.first_on, date '2021-05-01') between c.begins and c.ends
left join feature.fee_line as e on e.settlement_id = f.settlement_id and e.line_id = f.line_id
left join record.encounter as n on n.encounter_id = coalesce(f.encounter_id, s.encounter_id)
left join feature.institution as o on o.institution_id = coalesce(f.institution_id, s.institution_id)
left join feature.department as d
    on d.institution_id = coalesce(f.institution_id, s.institution_id)
    and d.department_code
        = coalesce(e.department_code, n.admitting_department_code, n.discharge_department_code)
left join person_name as i on i.person_id = coalesce(f.person_id, s.person_id)
left join feature.practitioner as p
    on p.practitioner_id = coalesce(f.practitioner_id, e.practitioner_id, n.attending_practitioner_id)
order by f.lead_id, f.source, f.occurred_on, f.settlement_id, f.line_id, f.finding_id
