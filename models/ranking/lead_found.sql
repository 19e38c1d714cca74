-- One row: one finding of a lead at a settlement, with the yuan it puts at issue there.
-- amount: never more than the line was eligible for; a finding without an amount puts none at issue
-- settlement_eligible, fund_rate: of the whole settlement
select r.lead_id, f.finding_id, f.source, f.certainty, f.family, f.settlement_id, f.line_id, f.encounter_id,
    least(coalesce(f.amount, 0), coalesce(l.eligible_amount, f.amount, 0)) as amount,
    s.eligible_amount as settlement_eligible, s.fund_rate
from listed_finding as f
join ranked_subject as r on r.subject_type = f.subject_type and r.subject_id = f.subject_id
join feature.settlement as s on s.settlement_id = f.settlement_id
-- A line belongs to one delivery of its encounter; what it was eligible for bounds what it can be worth.
left join feature.fee_line as l on l.encounter_id = f.encounter_id and l.line_id = f.line_id
