-- One row: one finding of the domain, and by what it belongs to it (the first of: source, setting, item, department,
-- diagnosis). A finding about a whole settlement belongs by its visit, never by single lines of it.
with scope as (
    select kind, part, valid_from, valid_to from knowledge.domain_part where domain = $domain
),

hit as (
    select f.finding_id, f.source, f.settlement_id, f.line_id, f.encounter_id, s.care_setting,
        s.medical_category, e.principal_diagnosis_code,
        substr(s.insured_division, 1, 4) <> substr(s.institution_division, 1, 4) as is_out_of_area,
        l.item_code, l.item_name, r.is_negotiated_drug, f.occurred_on,
        coalesce(d.department_name, r.ordering_department_name, n.admitting_department_name) as department_name
    from model.finding as f
    left join feature.settlement as s on s.settlement_id = f.settlement_id
    left join feature.encounter as e on e.encounter_id = coalesce(f.encounter_id, s.encounter_id)
    left join record.encounter as n on n.encounter_id = coalesce(f.encounter_id, s.encounter_id)
    left join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
    left join record.fee_line as r on r.encounter_id = l.encounter_id and r.line_id = l.line_id
    left join feature.department as d
        on d.institution_id = coalesce(l.institution_id, s.institution_id)
        and d.department_code
            = coalesce(l.department_code, n.admitting_department_code, n.discharge_department_code)
    where f.outcome = 'hit'
),

belonging as (
    select h.finding_id, h.source,
        min(
            case
                when p.kind = 'source' and p.part = h.source then 1
                when p.kind = 'setting' and (
                    (p.part in ('chronic', 'care') and h.care_setting = p.part)
                    or (p.part = 'out_of_area' and h.is_out_of_area)
                    or (p.part = 'negotiated' and h.is_negotiated_drug)
                ) then 2
                when p.kind = 'medical_category' and starts_with(h.medical_category, p.part) then 2
                when p.kind = 'item_prefix' and starts_with(h.item_code, p.part) then 3
                when p.kind = 'name_word' and contains(h.item_name, p.part) then 3
                when p.kind = 'department_word' and contains(h.department_name, p.part) then 4
                when p.kind = 'diagnosis_prefix' and starts_with(h.principal_diagnosis_code, p.part) then 5
            end
        ) as place
    from hit as h
    join scope as p on coalesce(h.occurred_on >= p.valid_from, true) and coalesce(h.occurred_on <= p.valid_to, true)
    group by h.finding_id, h.source
)

select finding_id, source, ['source', 'setting', 'item', 'department', 'diagnosis'][place] as belongs_by
from belonging
where place is not null
