-- Lent: jumped
with item as (
    select j.kind, j.institution_id, j.unit_id, l.item_name,
        sum(case when cast(date_trunc('month', l.charged_on) as date) between j.month and j.last_month
            then l.eligible_amount else 0 end) / j.months
        - sum(case when cast(date_trunc('month', l.charged_on) as date) between j.month and j.last_month
            then 0 else l.eligible_amount end) / j.other_months as more
    from jumped as j
    join feature.fee_line as l on l.institution_id = j.institution_id
        and case j.kind when 'department' then l.department_code else l.practitioner_id end = j.unit_id
    where l.fee_category in ('09', '10', '11') and l.item_name is not null
    group by j.kind, j.institution_id, j.unit_id, j.months, j.other_months, l.item_name
),
carrier as (
    select * from item
    qualify row_number() over (partition by kind, institution_id, unit_id order by more desc, item_name) = 1
)
select 'hit' as outcome, j.institution_id, case when j.kind = 'practitioner' then j.unit_id end as practitioner_id,
    cast(j.month as date) as occurred_on, cast(j.excess as decimal(16, 2)) as amount, j.strength,
    j.kind || '|' || j.unit_id as part, strftime(j.month, '%Y-%m') as month, strftime(j.last_month, '%Y-%m') as last_month,
    'drug_share_of_months' as indicator, 'share of drugs beside the own other months' as indicator_title,
    '药占比（对照自身其他月份）' as indicator_title_zh, '%' as unit, round(100 * j.own, 1) as own,
    round(100 * j.usual, 1) as usual, round(j.own / j.usual, 1) as times, j.odds,
    case when j.rest_change is null then 'unseen' when abs(j.rest_change) < 0.02 then 'on as before'
        else 'from ' || round(100 * j.rest_usual, 1) || '% to ' || round(100 * j.rest_own, 1) || '%' end as rest,
    case when j.rest_change is null then '无数据' when abs(j.rest_change) < 0.02 then '基本不变'
        else '由' || round(100 * j.rest_usual, 1) || '%变为' || round(100 * j.rest_own, 1) || '%' end as rest_zh,
    coalesce(c.item_name, '-') as item_name,
    case j.kind when 'department' then 'department ' || coalesce(d.department_name, j.unit_id)
        else 'doctor ' || j.unit_id end as who,
    case j.kind when 'department' then '科室“' || coalesce(d.department_name, j.unit_id) || '”'
        else '医师' || j.unit_id end as who_zh,
    'a new drug, a new colleague or another kind of illness in the department' as innocent,
    '新药使用、人员变动或病种变化' as innocent_zh
from jumped as j
left join carrier as c on c.kind = j.kind and c.institution_id = j.institution_id and c.unit_id = j.unit_id
left join feature.department as d on j.kind = 'department' and d.institution_id = j.institution_id
    and d.department_code = j.unit_id
