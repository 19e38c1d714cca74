-- One row: one earlier inspection, or the verdict that stands, about one subject (and rule).
-- kind: place for hospitals and drugstores, else the subject type; subject_id of a group: its lead
-- rule: as delivered, null for the whole subject; sources: those that go by this name
-- conclusion: null where nobody knows the word
-- An inspection that was imported as a verdict too is one case.
with called as (
    select name, string_agg(source, ';' order by source) as sources
    from source_name
    group by name
)

select case when s.subject_type in ('institution', 'pharmacy') then 'place' else s.subject_type end as kind,
    i.subject_id, i.inspected_on as decided_on, i.case_id as case_no, i.rule_id as rule, n.sources, c.conclusion,
    i.result as conclusion_said, i.violation_amount as confirmed_amount, i.recovered_amount, i.penalty_amount,
    i.transferred_to, cast(null as varchar) as reason
from record.inspection_result as i
join subject_word as s on s.word = lower(i.subject_type)
left join conclusion_word as c on c.word = lower(replace(replace(i.result, '—', '-'), '－', '-'))
left join called as n on n.name = i.rule_id
where not exists (
    select 1 from casebook.current_verdict as v where v.case_no = i.case_id and v.subject_id = i.subject_id
)
union all
select case when v.subject_type in ('institution', 'pharmacy') then 'place' else v.subject_type end, v.subject_id,
    v.decided_on, coalesce(v.case_no, v.lead_id), v.rule, case when v.rule is not null then v.sources end,
    v.conclusion, v.conclusion_said, v.confirmed_amount, v.recovered_amount, v.penalty_amount, v.transferred_to,
    v.reason
from casebook.current_verdict as v
