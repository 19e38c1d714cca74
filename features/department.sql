-- One row: one department code of one institution, and what the institution calls it.
-- department_name: its most frequent name in encounters and fee lines, the first by alphabet of equals
with named as (
    select institution_id, admitting_department_code as department_code, admitting_department_name as department_name
    from record.encounter
    union all
    select institution_id, discharge_department_code, discharge_department_name from record.encounter
    union all
    select institution_id, ordering_department_code, ordering_department_name from record.fee_line
    union all
    select institution_id, performing_department_code, performing_department_name from record.fee_line
),

counted as (
    select institution_id, department_code, department_name,
        row_number() over (
            partition by institution_id, department_code order by count(*) desc, department_name
        ) as place
    from named
    where department_code is not null and department_name is not null and institution_id is not null
    group by institution_id, department_code, department_name
)

select institution_id, department_code, department_name
from counted
where place = 1
