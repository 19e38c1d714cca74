-- One row: one practitioner and one natural year with a confirmed matter; points start again on 1 January.
-- Repair and upheld objections without a matter count on their day: they take back what stands then, never more, and
-- nothing is saved up for later.
with cap as (
    select max_points, valid_from, valid_to
    from knowledge.points_repair
    where period = 'year'
),

repair as (
    select n.subject_id, n.acted_on, n.number, extract(year from n.acted_on) as year, n.kind,
        sum(case when n.kind = 'repair' then n.points end) over (
            partition by n.subject_id, extract(year from n.acted_on) order by n.acted_on, n.number
        ) as so_far,
        n.points, c.max_points
    from casebook.points_note as n
    left join cap as c on n.acted_on >= coalesce(c.valid_from, n.acted_on) and n.acted_on <= coalesce(c.valid_to, n.acted_on)
    where n.subject_type = 'practitioner' and n.points is not null
        and (n.kind = 'repair' or (n.kind = 'objection' and n.matter is null))
),

moved as (
    select subject_id, year, decided_on as day, 0 as later, row_number() over (order by decided_on, matter) as number,
        points as delta, 'score' as kind
    from points_event
    where points is not null
    union all
    select subject_id, year, acted_on, 1, number,
        case
            when kind = 'objection' or max_points is null then -points
            else -(least(so_far, max_points) - least(so_far - points, max_points))
        end, kind
    from repair
),

summed as (
    select *, sum(delta) over (
        partition by subject_id, year order by day, later, number rows between unbounded preceding and current row
    ) as balance
    from moved
),

-- Never below nothing: the lowest the balance ever was is what repair had too much.
floored as (
    select s.*, s.balance - min(least(s.balance, 0)) over (
            partition by s.subject_id, s.year order by s.day, s.later, s.number
            rows between unbounded preceding and current row
        ) as standing,
        row_number() over (partition by s.subject_id, s.year order by s.day desc, s.later desc, s.number desc) as place
    from summed as s
),

-- What a repair took back: of more than stood then, what stood.
eased as (
    select *, coalesce(
            lag(standing) over (partition by subject_id, year order by day, later, number), 0
        ) - standing as taken
    from floored
),

ended as (
    select subject_id, year, max(case when place = 1 then standing end) as standing,
        sum(case when kind = 'score' then delta else 0 end) as scored,
        sum(case when kind = 'repair' then taken else 0 end) as repaired,
        max(standing) as highest
    from eased
    group by subject_id, year
),

reached as (
    select f.subject_id, f.year, max(l.points) as line
    from floored as f
    join knowledge.points_line as l
        on f.standing >= l.points and f.day >= coalesce(l.valid_from, f.day) and f.day <= coalesce(l.valid_to, f.day)
    group by f.subject_id, f.year
),

matter as (
    select subject_id, year, count(*) as matters, count(points) as scored_matters,
        sum(taken_back) as taken_back, bool_or(share is null and not is_decided) as is_share_open,
        bool_or(lacks_clause) as lacks_clause, max(institution_id) as institution_id,
        string_agg(
            cast(decided_on as varchar) || '，' || matter || '：' || case
                when points is null then '当日无记分办法，不计分'
                when is_decided then '已作出记分' || printf('%g', cast(scored as double)) || '分'
                else band_zh || '档' || case
                    when share_zh is null then '，责任程度未认定，暂按最低' else '，' || share_zh
                end || '计' || printf('%g', cast(scored as double)) || '分'
            end || case when taken_back > 0
                then '，异议成立减' || printf('%g', cast(taken_back as double)) || '分' else '' end
            || case when lacks_clause then '，处罚未写明条款' else '' end,
            '；' order by decided_on, matter
        ) as reasons_zh,
        string_agg(
            cast(decided_on as varchar) || ' ' || matter || ': ' || case
                when points is null then 'no rule of points that day, none counted'
                when is_decided then printf('%g', cast(scored as double)) || ' points as decided'
                else printf('%g', cast(scored as double)) || ' points, band ' || printf('%g-%g', cast(points_from as double), cast(points_to as double))
                    || coalesce(', ' || share || ' responsibility', ', responsibility not settled, so the least')
            end || case when taken_back > 0
                then ', ' || printf('%g', cast(taken_back as double)) || ' taken back by an objection upheld' else '' end
            || case when lacks_clause then ', the penalty names no clause' else '' end,
            '; ' order by decided_on, matter
        ) as reasons
    from points_event
    group by subject_id, year
),

noted as (
    select subject_id, extract(year from acted_on) as year,
        string_agg(case when kind = 'repair' then cast(acted_on as varchar) || ' ' || text end, '；' order by number)
            as repairs,
        string_agg(case when kind = 'objection' then cast(acted_on as varchar) || ' ' || text end, '；' order by number)
            as objections,
        count(case when kind = 'objection' and points is null then 1 end) as open_objections
    from casebook.points_note
    where subject_type = 'practitioner'
    group by subject_id, extract(year from acted_on)
)

select cast(m.year as integer) as year, m.subject_id, coalesce(m.institution_id, p.institution_id) as institution_id, m.matters,
    coalesce(e.scored, 0) as scored, coalesce(m.taken_back, 0) as taken_back, coalesce(e.repaired, 0) as repaired,
    least(coalesce(e.standing, 0), 12) as points, r.line, m.is_share_open, m.lacks_clause,
    m.scored_matters < m.matters as is_without_rule, coalesce(n.open_objections, 0) as open_objections,
    m.reasons_zh, m.reasons, n.repairs, n.objections
from matter as m
left join ended as e on e.subject_id = m.subject_id and e.year = m.year
left join reached as r on r.subject_id = m.subject_id and r.year = m.year
left join noted as n on n.subject_id = m.subject_id and n.year = m.year
left join (
    select practitioner_id, min(institution_id) as institution_id from feature.practitioner group by practitioner_id
) as p on p.practitioner_id = m.subject_id
where $year is null or m.year = $year
order by m.year, points desc, m.subject_id
