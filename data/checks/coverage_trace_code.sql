-- note: A line of a western or patent drug has a trace code.
-- zh: 西药中成药明细有追溯码
-- of: record.fee_line where catalogue_type = '101' and amount > 0
-- needs: record.trace_code record.fee_line.catalogue_type
select l.line_id, l.institution_id
from record.fee_line as l
where l.catalogue_type = '101' and l.amount > 0
    and not exists (
        select 1 from record.trace_code as t
        where t.line_id = l.line_id and coalesce(t.encounter_id, l.encounter_id) = l.encounter_id
            and coalesce(t.institution_id, l.institution_id, '') = coalesce(l.institution_id, '')
    )
