-- note: A line of a western or patent drug says for how many days it is.
-- zh: 西药中成药明细有周期天数
-- of: record.fee_line where catalogue_type = '101' and amount > 0
-- needs: record.fee_line.supply_days record.fee_line.catalogue_type
select line_id, institution_id
from record.fee_line
where catalogue_type = '101' and amount > 0 and coalesce(supply_days, 0) = 0
