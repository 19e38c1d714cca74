-- One row: one tip about a subject that somebody still has to handle: no closed lead of the subject rested on it, and
-- nobody has left the subject off the lists since it came.
select s.subject_type, s.subject_id, s.tip_id, s.kind, t.received_on
from tip_subject as s
join casebook.heard_tip as t on t.tip_id = s.tip_id
where s.subject_id is not null
    and not exists (
        select 1 from casebook.judged_finding as j
        join casebook.lead_register as r on r.lead_id = j.lead_id
        where j.finding_id = 'tip:' || s.tip_id and r.subject_type = s.subject_type and r.subject_key = s.subject_id
    )
    -- A suppression without end is about what was known when it was made: a later tip is news. Its time
    -- is UTC, the day a tip came is China's.
    and not exists (
        select 1 from casebook.current_suppression as p
        where p.subject_type = s.subject_type and p.subject_id = s.subject_id and p.source is null
            and coalesce(t.received_on <= coalesce(p.until, cast(p.made_at + interval 8 hour as date)), true)
    )
