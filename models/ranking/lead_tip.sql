-- One row: one tip about one lead's subject; `beside` hides what its content says of who gave it.
-- is_open: the lead is there to handle it; otherwise an earlier lead did, or somebody left the subject off the lists
-- The name of a person it is about is masked like every person's.
select r.lead_id, r.subject_type, t.tip_id, t.received_on, t.channel, s.matched_by, o.tip_id is not null as is_open,
    case
        when s.subject_type = 'person' and length(t.subject_name) >= 2
            then replace(t.content, t.subject_name, substr(t.subject_name, 1, 1) || '**')
        else t.content
    end as content,
    t.kind, t.office, t.amount
from tip_subject as s
join casebook.heard_tip as t on t.tip_id = s.tip_id
join ranked_subject as r on r.subject_type = s.subject_type and r.subject_id = s.subject_id
left join open_tip as o on o.tip_id = s.tip_id
order by r.lead_id, t.received_on, t.tip_id
