-- note: A trace code says whether the pack was sold in parts.
-- zh: 追溯码有拆零标志
-- of: record.trace_code
-- needs: record.trace_code
select line_id, trace_code
from record.trace_code
where is_split is null
