-- One row: one finding that a lead of a published run rests on, in words. What stands in braces is SQL: title and
-- sentence made of the cards (over f). published_finding is the run's findings file; the clause is the law of the day
-- of the act.
select f.finding_id, f.source, f.occurred_on, f.amount, f.fund_amount, f.counted_amount, f.counted_fund,
    {title} as title, f.certainty, {sentence} as explanation, c.clause,
    f.settlement_id, f.line_id, f.encounter_id, f.person_id, f.institution_id, f.practitioner_id
from published_finding as f
left join law_clause as c
    on c.source = f.source and c.subject_type = f.subject_type
    and coalesce(f.occurred_on, cast($first_on as date), date '2021-05-01') between c.begins and c.ends
where f.lead_id = $lead_id and f.outcome = 'hit' and f.status = 'live'
order by f.source, f.occurred_on, f.settlement_id, f.line_id, f.finding_id
