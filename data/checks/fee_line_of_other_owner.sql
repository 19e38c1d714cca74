-- warn: A fee line and its settlement name the same person and the same institution.
-- zh: 费用明细与其结算记录的人员、机构一致
-- of: record.fee_line where settlement_id is not null
-- stop above: 0.5
-- needs: record.fee_line.settlement_id record.settlement
-- do: Deliver fee lines and settlements whose person numbers and institution codes are written alike.
select l.settlement_id, l.line_id, l.institution_id, s.institution_id as settlement_institution_id
from record.fee_line as l
join record.settlement as s on s.settlement_id = l.settlement_id
where l.person_id <> s.person_id or l.institution_id <> s.institution_id
