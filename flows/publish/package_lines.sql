-- One row: one line (or one settlement as a whole) of a hospital or drugstore that a live rule about the place itself hit,
-- with the place's own facts of it and nothing else: no person, no practitioner, no score, no rank, no tip, no words of
-- the finding, which may name other places. Detectors compare a place with others, so they are not here; neither is what
-- was judged before, what is taken for a slip of data, or what the office left off its lists.
select f.source, f.certainty, f.institution_id, f.settlement_id, f.line_id, f.encounter_id, f.person_id,
    coalesce(l.charged_on, f.occurred_on, s.settled_on) as occurred_on, l.item_code, l.item_name, l.quantity,
    l.unit_price, coalesce(l.amount, s.total_amount) as amount, f.amount as amount_at_issue
from model.finding as f
join model.coverage as c on c.source = f.source
join feature.settlement as s on s.settlement_id = f.settlement_id and s.institution_id = f.institution_id
left join feature.fee_line as l on l.line_id = f.line_id and l.settlement_id = f.settlement_id
where f.subject_type in ('institution', 'pharmacy') and f.subject_id = f.institution_id and f.outcome = 'hit'
    and c.kind = 'rule' and c.status = 'live'
    and not exists (select 1 from model.artefact as a where a.finding_id = f.finding_id)
    and not exists (select 1 from casebook.judged_finding as j where j.finding_id = f.finding_id)
    and not exists (
        select 1 from casebook.current_suppression as x
        where x.subject_type = f.subject_type and x.subject_id = f.subject_id
            and coalesce(x.source, f.source) = f.source and coalesce(f.occurred_on <= x.until, true)
    )
    and ($institution is null or f.institution_id = $institution)
order by f.institution_id, f.source, f.settlement_id, f.line_id
