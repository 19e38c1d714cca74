-- One row: one finding that a lead rests on, with its place, act and money, each yuan once. What stands in braces is SQL:
-- title, made of the cards (over f). Of a closed lead, whose findings no run ranks any more, the findings it was judged
-- by and a later run still finds. Persons are told apart by a number that holds in this package alone; id and name stand
-- only where the person is the lead's subject. Tips, sentences and notes are not read: they may tell of others.
with subject as (
    select lead_id, subject_type, subject_key
    from casebook.lead_register
    where lead_id = $lead
),

subject_person as (
    select subject_key as person_id
    from subject
    where subject_type = 'person'
    union
    select person_id
    from casebook.group_membership
    where lead_id = $lead
),

ranked as (
    select finding_id, counted_amount, counted_fund
    from model.finding_counted
    where lead_id = $lead
),

chosen as (
    select finding_id, counted_amount, counted_fund, true as is_counted
    from ranked
    union all
    select distinct finding_id, cast(null as decimal(16, 2)), cast(null as decimal(16, 2)), false
    from casebook.judged_finding
    where lead_id = $lead and not exists (select 1 from ranked)
),

held as (
    select f.*, c.is_counted, c.counted_amount, c.counted_fund,
        row_number() over (
            partition by f.settlement_id, f.line_id order by f.amount desc nulls last, f.finding_id
        ) as turn
    from chosen as c
    join model.finding as f on f.finding_id = c.finding_id
    where f.outcome = 'hit'
),

person_name as (
    select person_id, arg_min(person_name, source_table) as person_name
    from record.person_identity
    where person_name is not null
    group by person_id
),

placed as (
    select f.*, coalesce(f.person_id, s.person_id) as about_person, s.settled_at,
        coalesce(f.encounter_id, s.encounter_id) as visit_id, s.started_on, s.ended_on,
        coalesce(f.institution_id, s.institution_id) as at_institution
    from held as f
    left join feature.settlement as s on s.settlement_id = f.settlement_id
)

select row_number() over (order by f.occurred_on, f.settlement_id, f.line_id, f.source, f.finding_id) as place,
    f.at_institution as institution_id, o.institution_name, d.department_name,
    coalesce(f.practitioner_id, e.practitioner_id, n.attending_practitioner_id) as practitioner_id,
    -- who treated a suspected person is no suspect: there the code alone tells one from another
    case when b.subject_type in ('institution', 'pharmacy')
            or b.subject_key = coalesce(f.practitioner_id, e.practitioner_id, n.attending_practitioner_id)
        then p.practitioner_name end as practitioner_name,
    case when f.about_person is not null
        then dense_rank() over (order by f.about_person is null, md5($lead || f.about_person)) end as person,
    u.person_id as subject_person_id, case when u.person_id is not null then i.person_name end as subject_person_name,
    coalesce(n.record_number, n.case_number) as record_number,
    coalesce(cast(n.started_at as date), f.started_on) as admitted_on,
    case when not coalesce(n.is_in_hospital, false) then coalesce(cast(n.ended_at as date), f.ended_on) end
        as discharged_on,
    case when e.has_clock then strftime(e.charged_at, '%Y-%m-%d %H:%M:%S')
        else strftime(e.charged_at, '%Y-%m-%d') end as charged_at,
    strftime(f.settled_at, '%Y-%m-%d %H:%M:%S') as settled_at, f.occurred_on, e.item_code, e.item_name, e.quantity,
    e.unit_price, e.amount as line_amount,
    case when f.is_counted then f.counted_amount when f.turn = 1 then f.amount else 0 end as counted_amount,
    case when f.is_counted then f.counted_fund when f.turn = 1 then f.fund_amount else 0 end as counted_fund,
    {title} as title, f.certainty, c.clause, r.invoice_number, f.settlement_id, f.line_id
from placed as f
cross join subject as b
left join feature.fee_line as e on e.settlement_id = f.settlement_id and e.line_id = f.line_id
left join record.settlement as r on r.settlement_id = f.settlement_id
left join record.encounter as n on n.encounter_id = f.visit_id
left join feature.institution as o on o.institution_id = f.at_institution
left join feature.department as d
    on d.institution_id = f.at_institution
    and d.department_code = coalesce(e.department_code, n.admitting_department_code, n.discharge_department_code)
left join feature.practitioner as p
    on p.practitioner_id = coalesce(f.practitioner_id, e.practitioner_id, n.attending_practitioner_id)
left join subject_person as u on u.person_id = f.about_person
left join person_name as i on i.person_id = u.person_id
left join law_clause as c
    on c.source = f.source and c.subject_type = f.subject_type
    and coalesce(f.occurred_on, date '2021-05-01') between c.begins and c.ends
order by place
