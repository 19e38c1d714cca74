-- Findings about the day of a charge where an institution posts in bulk: a stay's lines on one day, or after its end.
-- 集中记账：机构住院明细集中记在同一天，或多次就诊的明细在其结束后同一时刻补记，按日计算的疑点不成立。
with bound as (
    select
        3 as min_days,         -- a shorter stay may well be charged on one day
        3 as min_lines,        -- of a stay; one or two always lie on one day
        10 as min_stays,       -- of the place, and encounters of its moments: fewer show no habit
        3 as min_together,     -- encounters of a moment; two may coincide
        0.6 as min_share,      -- of them posted so: the place's way, not the ward's
        0.9 as min_whole       -- of them with nothing on their own days; what is added to a charged stay is no posting
),

stay as (
    select e.encounter_id, e.institution_id, count(*) as lines, count(distinct l.charged_on) as days
    from feature.encounter as e
    join feature.fee_line as l on l.encounter_id = e.encounter_id
    cross join bound as b
    where e.is_inpatient and e.days >= b.min_days
    group by e.encounter_id, e.institution_id
    having count(*) >= max(b.min_lines)
),

poster as (
    select s.institution_id, count(*) as stays, sum(case when s.days = 1 then 1 else 0 end) as one_day
    from stay as s
    cross join bound as b
    group by s.institution_id
    having count(*) >= max(b.min_stays) and sum(case when s.days = 1 then 1 else 0 end) > max(b.min_share) * count(*)
),

daily as (
    select finding_id, settlement_id, line_id, encounter_id, institution_id
    from model.finding
    where source in (select source from model.source_judges where what = 'day')
),

late as (
    select f.finding_id, l.institution_id, l.charged_at
    from model.finding as f
    join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
    where f.source in (select source from model.source_judges where what in ('day', 'moment'))
),

-- Every encounter with lines of such a moment: was it over, and was anything charged on its own days?
moment as (
    select distinct institution_id, charged_at
    from late
    where charged_at is not null
),

touched as (
    select m.institution_id, m.charged_at, e.encounter_id, max(e.started_on) as started_on,
        max(e.ended_on) as ended_on, count(*) as lines,
        count(*) over (partition by m.institution_id, m.charged_at) as together
    from moment as m
    join feature.fee_line as l on l.institution_id = m.institution_id and l.charged_at = m.charged_at
    join feature.encounter as e on e.encounter_id = l.encounter_id
    group by m.institution_id, m.charged_at, e.encounter_id
),

own_day as (
    select distinct l.encounter_id
    from feature.fee_line as l
    join (select distinct encounter_id, started_on, ended_on from touched) as t on t.encounter_id = l.encounter_id
    left join moment as m on m.institution_id = l.institution_id and m.charged_at = l.charged_at
    where m.charged_at is null and l.charged_on >= t.started_on and l.charged_on <= coalesce(t.ended_on, l.charged_on)
),

posted as (
    select t.institution_id, t.charged_at, sum(t.lines) as lines, count(*) as encounters,
        sum(case when cast(t.charged_at as date) > t.ended_on then 1 else 0 end) as ended,
        sum(case when o.encounter_id is null then 1 else 0 end) as whole
    from touched as t
    left join own_day as o on o.encounter_id = t.encounter_id
    cross join bound as b
    where t.together >= b.min_together
    group by t.institution_id, t.charged_at
),

late_poster as (
    select p.institution_id
    from posted as p
    cross join bound as b
    group by p.institution_id
    having sum(p.encounters) >= max(b.min_stays) and sum(p.ended) > max(b.min_share) * sum(p.encounters)
        and sum(p.whole) >= max(b.min_whole) * sum(p.encounters)
)

select f.finding_id,
    'on ' || cast(p.one_day as varchar) || ' of ' || cast(p.stays as varchar)
        || ' stays the institution posted every line on one day. Have it send the days on which things were done'
        as reason,
    '该机构' || cast(p.stays as varchar) || '次住院中有' || cast(p.one_day as varchar)
        || '次全部明细记在同一天。请机构按实际发生日期重传' as reason_zh
from daily as f
join poster as p on p.institution_id = f.institution_id
left join stay as s on s.encounter_id = f.encounter_id
where f.encounter_id is null or s.days = 1
union all
select f.finding_id,
    'the institution posted ' || cast(p.lines as varchar) || ' lines of ' || cast(p.encounters as varchar)
        || ' visits and stays at one moment, ' || cast(p.charged_at as varchar) || ', ' || cast(p.ended as varchar)
        || ' of which had ended before. Have it send the days on which things were done' as reason,
    '该机构于' || cast(p.charged_at as varchar) || '同一时刻记入' || cast(p.encounters as varchar) || '次就诊的'
        || cast(p.lines as varchar) || '条明细，其中' || cast(p.ended as varchar)
        || '次就诊此前已结束。请机构按实际发生日期重传' as reason_zh
from late as f
join posted as p on p.institution_id = f.institution_id and p.charged_at = f.charged_at
where p.institution_id in (select institution_id from late_poster)
