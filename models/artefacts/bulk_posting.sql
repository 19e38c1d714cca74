-- Daily limits and idle days in an institution that charges most stays' lines all on one day.
-- 集中记账：机构超过六成住院的全部明细记在同一天，每日限量与空床天数类疑点不成立。
with stay as (
    select e.encounter_id, e.institution_id, count(*) as lines, count(distinct l.charged_on) as days
    from feature.encounter as e
    join feature.fee_line as l on l.encounter_id = e.encounter_id
    where e.is_inpatient and e.days >= 3
    group by e.encounter_id, e.institution_id
    having count(*) >= 3
),

poster as (
    select institution_id, count(*) as stays, sum(case when days = 1 then 1 else 0 end) as one_day
    from stay
    group by institution_id
    having count(*) >= 10 and sum(case when days = 1 then 1 else 0 end) > 0.6 * count(*)
)

select f.finding_id,
    'on ' || cast(p.one_day as varchar) || ' of ' || cast(p.stays as varchar)
        || ' stays the institution posted every line on one day' as reason,
    '该机构' || cast(p.stays as varchar) || '次住院中有' || cast(p.one_day as varchar)
        || '次全部明细记在同一天' as reason_zh
from model.finding as f
join poster as p on p.institution_id = f.institution_id
left join stay as s on s.encounter_id = f.encounter_id
where (f.encounter_id is null or s.days = 1)
    and (
        f.source like '%daily%' or f.source like '%idle%' or f.source like '%impossible_day%'
        or f.source like '%frequency%' or f.source in ('item_period_too_short', 'exclusive_items_together')
    )
