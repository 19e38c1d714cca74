-- note: A fee line carries a time of day, not only a date.
-- zh: 费用明细有时分秒
-- of: record.fee_line
-- needs: record.fee_line.charged_at
select line_id, institution_id
from record.fee_line
where charged_at is null or charged_at = cast(cast(charged_at as date) as timestamp)
