-- note: A hospital's fee line names who ordered it.
-- zh: 医疗机构费用明细有开单医师
-- of: record.fee_line where coalesce(medical_category, '') not in ('41', '9929')
-- needs: record.fee_line.ordering_practitioner_id
select line_id, institution_id
from record.fee_line
where coalesce(medical_category, '') not in ('41', '9929') and ordering_practitioner_id is null
