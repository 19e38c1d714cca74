-- One row: one line that an institution appealed and nobody has reviewed yet, as it was sent, with the latest answer.
select l.*, case when $step = 'review' then '复审' else '终审' end as step, n.accepted_amount,
    n.explained_amount, n.cut_amount as cut_before, e.reason, e.attachment
from casebook.appeal_standing as n
join casebook.appeal_line as l on l.appeal_id = n.appeal_id and l.line_key = n.line_key
join (
    select appeal_id, line_key, max_by(reason, event_number) as reason,
        max_by(attachment, event_number) as attachment
    from casebook.appeal_event where step in ('answer', 'second_answer') group by appeal_id, line_key
) as e on e.appeal_id = n.appeal_id and e.line_key = n.line_key
where n.institution_id = $institution and n.state = 'appealing'
    and (n.step = 'second_answer') = ($step = 'second_review')
order by l.appeal_id, l.place
