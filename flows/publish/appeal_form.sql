-- One row: one kind of problem and item of one institution, as it stands: what was sent, agreed, explained, cut, what
-- is left, and the ground; voided lines are none.
-- left: accepted and, once reviewed, maintained; while an appeal runs, what may still be maintained is in it too
select row_number() over (order by l.nature_zh, l.title_zh, l.item_name) as place, l.nature_zh, l.title_zh, l.item_name,
    min_by(l.explanation, l.place) || case when count(*) > 1 then '（共' || cast(count(*) as varchar) || '条）' else '' end
        as explanation,
    count(distinct coalesce(l.encounter_id, l.settlement_id)) as persons, l.item_class,
    cast(sum(l.amount) as decimal(16, 2)) as sent_amount,
    cast(sum(coalesce(n.accepted_amount, 0)) as decimal(16, 2)) as accepted_amount,
    cast(sum(coalesce(n.explained_amount, 0)) as decimal(16, 2)) as explained_amount,
    cast(sum(coalesce(n.cut_amount, 0)) as decimal(16, 2)) as cut_amount,
    cast(sum(l.amount - coalesce(n.cut_amount, 0)) as decimal(16, 2)) as left_amount,
    cast(sum(l.fund_amount - coalesce(n.cut_fund, 0)) as decimal(16, 2)) as left_fund,
    min_by(coalesce(e.ground, l.clause), l.place) as ground
from casebook.appeal_standing as n
join casebook.appeal_line as l on l.appeal_id = n.appeal_id and l.line_key = n.line_key
left join (
    select appeal_id, line_key, max_by(ground, event_number) as ground
    from casebook.appeal_event
    where ground is not null
    group by appeal_id, line_key
) as e on e.appeal_id = n.appeal_id and e.line_key = n.line_key
where n.institution_id = $institution and n.state <> 'void'
group by l.nature_zh, l.title_zh, l.item_name, l.item_class, coalesce(e.ground, l.clause)
order by place
