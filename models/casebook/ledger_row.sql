-- One row: one entry of the ledger (ledger_entry.sql) between the days, with what every table sums by; nature_frame is
-- natures.by_source's. The kind of an institution is in words a director reads; the letters are the national code's.
-- item_id: the self-check item the file names (12, hospital-12; a bare number is of the list for the place's kind), else
--     the first that the source's card names
with entry as ({entries}),

placed as (
    select e.*, coalesce(i.institution_name, e.institution_id) as institution_name,
        substr(i.division, 1, 9) as township,
        case
            when i.is_pharmacy then '零售药店'
            when i.institution_kind like 'A%' then coalesce(
                case i.institution_level when 3 then '三级' when 2 then '二级' when 1 then '一级' end, '未定级'
            ) || '医院'
            when i.institution_kind like 'B%' then '社区卫生服务机构'
            when i.institution_kind like 'C%' then '乡镇卫生院'
            when i.institution_kind like 'D%' then '门诊部、诊所、村卫生室'
            when i.institution_kind is not null then '其他医疗机构'
            when i.institution_level is not null then '医疗机构（类别未知）'
            else '类别未知'
        end as institution_kind,
        case
            when regexp_full_match(e.problem_item, '(hospital|pharmacy|hospital2026)-[0-9]+') then e.problem_item
            when regexp_full_match(e.problem_item, '[0-9]{1,4}') then
                case when i.is_pharmacy then 'pharmacy-' else 'hospital-' end
                || cast(cast(e.problem_item as bigint) as varchar)
        end as named_item
    from entry as e
    left join feature.institution as i on i.institution_id = e.institution_id
)

select p.* exclude (named_item), strftime(p.on_day, '%Y-%m') as month,
    case when n.kind = 'rule' then p.source end as rule, case when n.kind = 'detector' then p.source end as detector,
    coalesce(n.title, p.source) as title, coalesce(n.title_zh, p.source) as title_zh, n.nature_zh,
    coalesce(p.named_item, n.item_id) as item_id
from placed as p
left join nature_frame as n on n.source = p.source
where ($since is null or p.on_day >= $since) and ($until is null or p.on_day <= $until)
