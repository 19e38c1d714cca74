-- One row: what one source says about one lead.
-- certainty: definite where any of its findings is
-- is_doubtful: each of its findings names an ordinary reading that no field tells from it: it alone lifts nobody
-- places: distinct settlements (or reasons, where a finding names no settlement) at issue
-- amount: yuan, each line once within the source; excess: yuan that a finding without settlement puts at issue
select r.lead_id, r.subject_type, f.source, max(f.family) as family, min(f.certainty) as certainty,
    min(case when nullif(json_extract_string(f.detail, '$.innocent'), '') is null then 0 else 1 end) = 1 as is_doubtful,
    count(*) as findings, count(distinct coalesce(f.settlement_id, f.detail)) as places,
    count(distinct f.person_id) as persons, count(distinct f.settlement_id) as settlements,
    max(f.weight) as weight,
    cast(sum(case when f.settlement_id is not null then f.amount else 0 end) as decimal(16, 2)) as amount,
    cast(max(case when f.settlement_id is null then f.amount end) as decimal(16, 2)) as excess,
    min(f.occurred_on) as first_on, max(f.occurred_on) as last_on
from listed_finding as f
join ranked_subject as r on r.subject_type = f.subject_type and r.subject_id = f.subject_id
group by r.lead_id, r.subject_type, f.source
