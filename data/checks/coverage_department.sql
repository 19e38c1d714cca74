-- note: A hospital's fee line names the department that ordered it.
-- zh: 医疗机构费用明细有开单科室
-- of: record.fee_line where coalesce(medical_category, '') not in ('41', '9929')
-- needs: record.fee_line.ordering_department_code
select line_id, institution_id
from record.fee_line
where coalesce(medical_category, '') not in ('41', '9929') and ordering_department_code is null
