-- One row: one row of visit_unit of a place with the names of the tally: item, person, doctor, file and days. What
-- stands in braces is SQL of how a person's name is written (over i).
with person_name as (
    select person_id, arg_min(person_name, source_table) as person_name
    from record.person_identity
    where person_name is not null
    group by person_id
),

-- A line that was delivered twice to an encounter stands once.
specified as (
    select r.encounter_id, r.line_id, min(r.specification) as specification
    from record.fee_line as r
    join visit_unit as u on u.encounter_id = r.encounter_id and u.line_id = r.line_id
    where u.institution_id = $place
    group by r.encounter_id, r.line_id
)

select u.institution_id, o.institution_name, coalesce(u.care_setting, 'other') as care_setting,
    case
        when u.line_id is null then 'whole'
        when u.catalogue_type in ('101', '103', '104') then 'drug'
        when u.catalogue_type = '102' then 'herb'
        when u.catalogue_type = '301' then 'consumable'
        else 'service'
    end as item_source,
    t.nature, t.nature_zh, t.title, t.title_zh, u.source, u.certainty, u.also, u.item_code, u.item_name,
    r.specification, u.quantity, u.unit_price, u.involved, u.involved_fund, u.counted_quantity, u.counted_amount,
    u.counted_fund, u.findings,
    coalesce(u.department_code, n.admitting_department_code, n.discharge_department_code) as department_code,
    coalesce(d.department_name, n.admitting_department_name) as department_name, u.practitioner_id,
    p.practitioner_name, n.record_number, n.case_number, {name} as person_name, s.sex,
    cast(s.age_years as integer) as age,
    coalesce(cast(n.started_at as date), s.started_on) as admitted_on,
    case when not coalesce(n.is_in_hospital, false) then coalesce(cast(n.ended_at as date), s.ended_on) end
        as discharged_on,
    u.occurred_on, strftime(u.charged_at, '%Y-%m-%d %H:%M:%S') as charged_at,
    strftime(u.settled_at, '%Y-%m-%d %H:%M:%S') as settled_at, n.principal_diagnosis_name as diagnosis,
    u.settlement_id, u.line_id, u.encounter_id, u.person_id
from visit_unit as u
join visit_source as t on t.source = u.source
join feature.settlement as s on s.settlement_id = u.settlement_id
left join feature.institution as o on o.institution_id = u.institution_id
left join record.encounter as n on n.encounter_id = u.encounter_id
left join specified as r on r.encounter_id = u.encounter_id and r.line_id = u.line_id
left join feature.department as d
    on d.institution_id = u.institution_id
    and d.department_code = coalesce(u.department_code, n.admitting_department_code, n.discharge_department_code)
left join feature.practitioner as p on p.practitioner_id = u.practitioner_id
left join person_name as i on i.person_id = u.person_id
where u.institution_id = $place
order by t.nature, u.source, u.counted_amount desc, u.settlement_id, u.line_id
