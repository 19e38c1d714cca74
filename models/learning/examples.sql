-- One row: one verdict on a whole lead that confirms or dismisses and keeps its evidence: what the lead looked like then.
-- owner: who answers for the place where most of the money was; the place itself where nobody knows
-- day: of the verdict; run_id: the run whose list it was on
-- A later verdict in place of an earlier one is about the lead as the earlier one saw it.
with seen as (
    select *
    from (
        select lead_id, amount_at_risk, findings, settlements, persons, tips, prior_confirmed, first_on, last_on,
            selection_probability, run_id, institution_id,
            row_number() over (partition by lead_id order by event_number, verdict_id) as place
        from casebook.verdict
        where lead_id is not null and amount_at_risk is not null
    ) as ordered
    where place = 1
)

select v.verdict_id as key, v.subject_type, cast(s.amount_at_risk as double) as amount,
    cast(s.findings as double) as findings, cast(s.settlements as double) as settlements,
    cast(coalesce(s.persons, 0) as double) as persons, cast(coalesce(s.tips, 0) as double) as tips,
    cast(coalesce(s.prior_confirmed, 0) as double) as history,
    cast(date_diff('day', s.first_on, s.last_on) as double) as days,
    case v.conclusion when 'confirmed' then 1.0 when 'partly_confirmed' then 0.5 else 0.0 end as truth,
    coalesce(s.selection_probability, 1) as probability, s.run_id, v.decided_on as day,
    coalesce(h.legal_representative, p.legal_representative, h.credit_code, p.credit_code, s.institution_id, v.lead_id)
        as owner
from casebook.current_verdict as v
join seen as s on s.lead_id = v.lead_id
left join (
    select institution_id, min(legal_representative) as legal_representative, min(credit_code) as credit_code
    from record.hospital group by institution_id
) as h on h.institution_id = s.institution_id
left join (
    select institution_id, min(legal_representative) as legal_representative, min(credit_code) as credit_code
    from record.pharmacy group by institution_id
) as p on p.institution_id = s.institution_id
where v.conclusion <> 'unsure' and v.rule is null
    and exists (select 1 from casebook.verdict_evidence as e where e.verdict_id = v.verdict_id)
order by v.verdict_id
