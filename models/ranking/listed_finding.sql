-- One row: one finding that may make a lead: a hit of a live source that no verdict and no decided appeal has dealt with
-- yet and nobody has a reason to leave off the lists.
-- An appeal deals with the line for everybody it implicates, and with the sources that its sheet named.
select f.*
from model.finding as f
join model.coverage as c on c.source = f.source
where f.outcome = 'hit' and c.status = 'live'
    and not exists (select 1 from casebook.judged_finding as j where j.finding_id = f.finding_id)
    and not exists (
        select 1 from casebook.appeal_standing as a
        join casebook.appeal_line as l on l.appeal_id = a.appeal_id and l.line_key = a.line_key
        where a.state in ('won', 'stands', 'paid') and l.settlement_id = f.settlement_id
            and coalesce(l.line_id, '') = coalesce(f.line_id, '')
            and (l.source = f.source or list_contains(string_split(l.also, ';'), f.source))
    )
    and not exists (
        select 1 from casebook.current_suppression as s
        where s.subject_type = f.subject_type and s.subject_id in (
                -- the code under which it stands, or the one it came with
                f.subject_id,
                case f.subject_type when 'person' then f.person_id when 'practitioner' then f.practitioner_id
                    when 'group' then f.subject_id else f.institution_id end
            )
            and coalesce(s.source, f.source) = f.source and coalesce(f.occurred_on <= s.until, true)
    )
