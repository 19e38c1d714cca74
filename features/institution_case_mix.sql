-- One row: one institution, and the speciality that carries most of its money: whoever treats one kind of illness is no
--     outlier beside those who treat everything, whatever its licence calls it (a general hospital that lives from
--     dialysis, a community centre with the county's haemophiliacs, a drugstore of the second channel).
-- focus: the illness (admission_exception's reason, dialysis, course, eye, dental, child) that holds at least half of the
--     eligible money of its visits and stays; for a drugstore special_drugs, bought under a registered disease, on a
--     hospital's prescription or against tumours; null where none does
-- focus_share: the share of the money that the largest such speciality holds, 0 to 1
with diagnosed as (
    select distinct principal_diagnosis_code as diagnosis_code
    from feature.encounter
    where principal_diagnosis_code is not null
),

treated as (
    select d.diagnosis_code, min(x.reason) as focus
    from diagnosed as d
    join knowledge.admission_exception as x on substr(d.diagnosis_code, 1, length(x.diagnosis_prefix)) = x.diagnosis_prefix
    group by d.diagnosis_code
),

cared as (
    select e.institution_id, e.eligible_amount,
        case
            when coalesce(e.is_dialysis, false) then 'dialysis'
            when t.focus is not null then t.focus
            when coalesce(e.is_in_course, false) then 'course'
            when regexp_matches(e.principal_diagnosis_code, '^H[0-5]') then 'eye'
            when regexp_matches(e.principal_diagnosis_code, '^K(0|1[0-4])') then 'dental'
            when p.birth_on is not null and date_diff('day', p.birth_on, e.started_on) < 5479 then 'child'
        end as focus
    from feature.encounter as e
    left join treated as t on t.diagnosis_code = e.principal_diagnosis_code
    left join feature.person as p on p.person_id = e.person_id
    left join feature.institution as i on i.institution_id = e.institution_id
    where e.institution_id is not null and not coalesce(i.is_pharmacy, false)
    union all
    -- ATC L01, L02, L04: against tumours, hormones against them, immunosuppressants.
    select l.institution_id, l.eligible_amount,
        case when coalesce(b.is_dispensed, false) or coalesce(b.is_chronic_drugs, false) or b.diagnosis is not null
            or regexp_matches(l.item_code, '^XL0[124]') then 'special_drugs' end
    from feature.fee_line as l
    left join feature.visit_bill as b on b.settlement_id = l.settlement_id
    where l.is_pharmacy and l.institution_id is not null
),

summed as (
    select institution_id, focus, sum(eligible_amount) as amount
    from cared
    group by institution_id, focus
),

shared as (
    select institution_id, focus, amount, sum(amount) over (partition by institution_id) as whole,
        row_number() over (
            partition by institution_id order by case when focus is null then 1 else 0 end, amount desc, focus
        ) as place
    from summed
)

select institution_id,
    case when cast(amount as double) >= 0.5 * cast(whole as double) then focus end as focus,
    case when focus is null then 0.0 else cast(amount as double) / nullif(cast(whole as double), 0) end as focus_share
from shared
where place = 1
