-- warn: A trace code without encounter names a line number that only one bill has.
-- zh: 未关联就诊ID的追溯码，所指流水号仅见于一张账单
-- of: record.trace_code
-- do: Deliver drug_trac_d with mdtrt_id: a line number alone does not tell the bill.
select t.line_id, t.trace_code, min(t.institution_id) as institution_id, count(distinct l.encounter_id) as bills
from record.trace_code as t
join record.fee_line as l on l.line_id = t.line_id and coalesce(t.institution_id, l.institution_id) = l.institution_id
where t.encounter_id is null
group by t.line_id, t.trace_code
having count(distinct l.encounter_id) > 1
