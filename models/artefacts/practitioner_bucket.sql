-- A practitioner who is a collecting place: an id of zeros, a number named for a desk, or one id on most lines of a place of many.
-- 归集用医师编码：编码全为零或空值，登记姓名为科室、岗位或自助设备（公用工号），或在多医师机构中一个编码占大部分明细且跨多个科室。
with bound as (
    select
        10 as min_practitioners,  -- of the place, by lines or by the register; in a small one somebody does most
        200 as min_lines,         -- of the place; fewer tell nothing of who works there
        0.6 as min_share,         -- of the lines, beside others who also sign: nobody does the work of most of ten
        0.95 as min_only,         -- of the lines, where the others of the register sign next to nothing: a default
        3 as min_departments      -- that the id signs in; a specialist's many lines lie in one or two
),

worked as (
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

-- Who works there: by the register, and who signs there without being in it.
registered as (
    select institution_id, count(distinct practitioner_id) as practitioners
    from (
        select institution_id, practitioner_id
        from record.practitioner
        where coalesce(is_valid, true) and left_on is null
        union all
        select institution_id, practitioner_id
        from feature.practitioner
        where origin <> 'register'
    ) as staff
    group by institution_id
),

bucket as (
    select w.institution_id, w.practitioner_id, w.lines, p.lines as all_lines,
        greatest(p.practitioners, coalesce(r.practitioners, 0)) as practitioners
    from worked as w
    join place as p on p.institution_id = w.institution_id
    left join registered as r on r.institution_id = w.institution_id
    cross join bound as b
    where p.lines >= b.min_lines and (w.departments >= b.min_departments or p.departments = 0)
        and (
            (p.practitioners >= b.min_practitioners and w.lines >= b.min_share * p.lines)
            or (coalesce(r.practitioners, 0) >= b.min_practitioners and w.lines >= b.min_only * p.lines)
        )
),

-- A number for a room, a shift or a machine: several persons sign with it, and the rota tells who.
shared as (
    select practitioner_id, practitioner_name
    from feature.practitioner
    where regexp_matches(
        practitioner_name,
        '公用|共用|公共|通用|值班|护士站|门诊|急诊|发热|诊室|科室|病区|病房|药房|窗口|自助|工号|测试|管理员|系统|机器'
    )
),

-- What is found about the practitioner, and about the place because of the practitioner's work.
asked as (
    select finding_id, institution_id, subject_id as practitioner_id
    from model.finding
    where subject_type = 'practitioner'
    union all
    select finding_id, institution_id, practitioner_id
    from model.finding
    where subject_type <> 'practitioner' and practitioner_id is not null
        and source in (select source from model.source_judges where what = 'practitioner')
)

select f.finding_id,
    case when h.practitioner_id is not null then 'the practitioner id ' || f.practitioner_id || ' is shared: ' || h.practitioner_name
        when b.practitioner_id is null then 'the practitioner id ' || f.practitioner_id || ' stands for nobody'
        else 'the practitioner id ' || f.practitioner_id || ' is on ' || cast(b.lines as varchar) || ' of '
            || cast(b.all_lines as varchar) || ' lines of an institution of '
            || cast(b.practitioners as varchar) || ' practitioners' end
        || '. Have the institution send who ordered and who performed' as reason,
    case when h.practitioner_id is not null then '医师编码' || f.practitioner_id || '为公用编码（' || h.practitioner_name || '）'
        when b.practitioner_id is null then '医师编码' || f.practitioner_id || '不对应任何医师'
        else '医师编码' || f.practitioner_id || '占该机构' || cast(b.all_lines as varchar) || '条明细中的'
            || cast(b.lines as varchar) || '条，而该机构有' || cast(b.practitioners as varchar) || '名医师'
    end || '。请机构按实际开单、执行医师重传' as reason_zh
from asked as f
left join bucket as b
    on b.practitioner_id = f.practitioner_id and b.institution_id = coalesce(f.institution_id, b.institution_id)
left join shared as h on h.practitioner_id = f.practitioner_id
where b.practitioner_id is not null or h.practitioner_id is not null
    or trim(f.practitioner_id) in ('', '-', '/', '无', 'null', 'NULL', 'none', 'NONE')
    or regexp_matches(trim(f.practitioner_id), '^[A-Za-z]{0,2}0+$')
    or regexp_matches(trim(f.practitioner_id), '^[A-Za-z]?9{6,}$')
