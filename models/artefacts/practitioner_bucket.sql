-- A practitioner who is a collecting place: an id of zeros, or one id on most lines of a place of many practitioners.
-- 归集用医师编码：编码全为零或空值，或在多医师机构中一个编码占大部分明细且跨多个科室。
with worked as (
    select institution_id, practitioner_id, count(*) as lines, count(distinct department_code) as departments
    from feature.fee_line
    where practitioner_id is not null
    group by institution_id, practitioner_id
),

place as (
    select institution_id, sum(lines) as lines, count(*) as practitioners, max(departments) as departments
    from worked
    group by institution_id
),

bucket as (
    select w.institution_id, w.practitioner_id, w.lines, p.lines as all_lines, p.practitioners
    from worked as w
    join place as p on p.institution_id = w.institution_id
    where p.practitioners >= 10 and p.lines >= 200 and w.lines >= 0.6 * p.lines
        and (w.departments >= 3 or p.departments = 0)
)

select f.finding_id,
    case when b.practitioner_id is null then 'practitioner id ' || f.subject_id || ' stands for nobody'
        else 'practitioner id ' || f.subject_id || ' is on ' || cast(b.lines as varchar) || ' of '
            || cast(b.all_lines as varchar) || ' lines of an institution of '
            || cast(b.practitioners as varchar) || ' practitioners' end as reason,
    case when b.practitioner_id is null then '医师编码' || f.subject_id || '不对应任何医师'
        else '医师编码' || f.subject_id || '占该机构' || cast(b.all_lines as varchar) || '条明细中的'
            || cast(b.lines as varchar) || '条，而该机构有' || cast(b.practitioners as varchar) || '名医师'
    end as reason_zh
from model.finding as f
left join bucket as b
    on b.practitioner_id = f.subject_id and b.institution_id = coalesce(f.institution_id, b.institution_id)
where f.subject_type = 'practitioner'
    and (
        b.practitioner_id is not null
        or trim(f.subject_id) in ('', '-', '/', '无', 'null', 'NULL', 'none', 'NONE')
        or regexp_matches(trim(f.subject_id), '^[A-Za-z]{0,2}0+$')
        or regexp_matches(trim(f.subject_id), '^[A-Za-z]?9{6,}$')
    )
