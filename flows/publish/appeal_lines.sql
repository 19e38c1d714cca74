-- One row: one line of one institution that no list has sent yet, as it goes out; evidence_frame is evidence.sql's of
-- the leads, nature_frame says how inspection teams class each source.
-- A line's quantity is that of the line; a settlement as a whole has none.
with described as (
    select lead_id, finding_id, max(record_number) as record_number, max(case_number) as case_number,
        max(department_name) as department_name, max(practitioner_id) as practitioner_id, max(item_code) as item_code,
        max(item_name) as item_name, max(explanation) as explanation, max(clause) as clause, max(quantity) as quantity
    from evidence_frame
    group by lead_id, finding_id
),

typed as (
    select settlement_id, line_id, max(catalogue_type) as catalogue_type
    from feature.fee_line
    where settlement_id in (select settlement_id from unsent where institution_id = $institution)
    group by settlement_id, line_id
)

select u.line_key, row_number() over (order by n.nature_zh, u.source, u.occurred_on, u.settlement_id, u.line_id) as place,
    u.institution_id, u.lead_id, u.subject_type, u.subject_id, u.finding_id, u.source, u.also, u.settlement_id,
    u.line_id, u.encounter_id, d.record_number, d.case_number, d.department_name,
    coalesce(u.practitioner_id, d.practitioner_id) as practitioner_id, u.occurred_on,
    coalesce(n.nature_zh, '其他') as nature_zh, coalesce(n.title_zh, u.source) as title_zh, d.item_code,
    coalesce(d.item_name, '整次结算') as item_name,
    case when u.line_id is null then '整次结算'
        else case substr(t.catalogue_type, 1, 1) when '1' then '药品' when '2' then '诊疗' when '3' then '耗材'
            else '其他' end
    end as item_class,
    d.explanation, d.clause, cast(d.quantity as decimal(16, 4)) as quantity, cast(1 as bigint) as persons, u.amount,
    u.fund_amount
from unsent as u
left join described as d on d.lead_id = u.lead_id and d.finding_id = u.finding_id
left join nature_frame as n on n.source = u.source
left join typed as t on t.settlement_id = u.settlement_id and t.line_id = u.line_id
where u.institution_id = $institution
order by place
