-- warn: A fee arises between the first and the last day of its encounter.
-- zh: 费用发生时间在就诊开始与结束日期之间
-- of: record.fee_line where charged_at is not null
-- needs: record.fee_line.charged_at record.encounter.started_at
select l.settlement_id, l.line_id, l.institution_id, l.charged_at, e.started_at, e.ended_at
from record.fee_line as l
join record.encounter as e on e.encounter_id = l.encounter_id
where l.amount > 0
    and (cast(l.charged_at as date) < cast(e.started_at as date) or cast(l.charged_at as date) > cast(e.ended_at as date))
