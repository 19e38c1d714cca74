-- One row: one stay that ended in the period, with what it is grouped by and its bill net of refunds. payment: the
-- way of payment as delivered, unstated where the bill does not say; finding: hit where a source found something in it;
-- size: large are the largest bills that together hold half of the institution's money.
with hit as (
    select distinct coalesce(f.encounter_id, s.encounter_id) as encounter_id
    from model.finding as f
    left join feature.settlement as s on s.settlement_id = f.settlement_id
    where f.outcome = 'hit' and coalesce(f.encounter_id, s.encounter_id) is not null
),

stay as (
    select e.encounter_id, e.institution_id, e.person_id, e.started_on, e.ended_on, e.department_code,
        e.payment_method, e.total_amount, coalesce(e.eligible_amount, e.total_amount) as amount, e.fund_amount
    from feature.encounter as e
    where e.is_inpatient and e.institution_id is not null and not coalesce(e.is_in_hospital, false)
        and e.ended_on between cast($from as date) and cast($to as date)
),

ordered as (
    select s.*,
        sum(s.amount) over (partition by s.institution_id) as institution_amount,
        sum(s.amount) over (
            partition by s.institution_id order by s.amount desc, s.encounter_id
            rows between unbounded preceding and current row
        ) as running_amount
    from stay as s
    where s.amount > 0
)

select s.institution_id, i.institution_name, s.encounter_id, s.person_id,
    coalesce(n.record_number, n.case_number) as record_number,
    coalesce(d.department_name, n.discharge_department_name, n.admitting_department_name) as department_name,
    s.started_on, s.ended_on, s.total_amount, s.amount, s.fund_amount, coalesce(s.payment_method, 'unstated') as payment,
    case when h.encounter_id is null then 'none' else 'hit' end as finding,
    case when s.running_amount - s.amount < s.institution_amount / 2 then 'large' else 'small' end as size
from ordered as s
left join hit as h on h.encounter_id = s.encounter_id
left join feature.institution as i on i.institution_id = s.institution_id
left join record.encounter as n on n.encounter_id = s.encounter_id
left join feature.department as d
    on d.institution_id = s.institution_id and d.department_code = s.department_code
order by s.institution_id, s.encounter_id
