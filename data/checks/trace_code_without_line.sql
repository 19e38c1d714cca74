-- warn: The fee line that a trace code names is in the record.
-- zh: 追溯码所指的费用明细存在
-- of: record.trace_code
-- above: 0.01
select t.line_id, t.encounter_id, t.trace_code
from record.trace_code as t
where not exists (
    select 1 from record.fee_line as l
    where l.line_id = t.line_id and coalesce(t.encounter_id, l.encounter_id) = l.encounter_id
        and coalesce(t.institution_id, l.institution_id, '') = coalesce(l.institution_id, '')
)
