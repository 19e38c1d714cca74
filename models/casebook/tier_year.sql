-- One row: one hospital or drugstore and one natural year, judged in it or not; tier null: nobody judged it.
-- tier_card is that query; repair and upheld objections give back at most what the items took.
with card as (
    select year, subject_type, subject_id, sum(taken) as taken,
        string_agg(
            case when taken > 0 then name_zh || '×' || cast(cast(times as integer) as varchar) || '，扣'
                || printf('%g', cast(taken as double)) || '分' end, '；' order by item
        ) as reasons_zh,
        string_agg(
            case when taken > 0 then name || ' x ' || cast(cast(times as integer) as varchar) || ', '
                || printf('%g', cast(taken as double)) || ' taken' end, '; ' order by item
        ) as reasons,
        string_agg(case when cannot_judge then name_zh end, '；' order by item) as unjudged_zh,
        string_agg(case when cannot_judge then name end, '; ' order by item) as unjudged
    from (
        select *,
            case item
                when 'matter' then 'confirmed matters'
                when 'penalty' then 'administrative penalties'
                when 'fraud' then 'penalties under article 40'
                when 'repeat' then 'the same problem again'
                when 'amount_share' then 'confirmed money by per cent of the year''s funds'
                else item
            end as name
        from tier_card
    ) as item
    group by year, subject_type, subject_id
),

confirmed as (
    select subject_type, subject_id, year, count(distinct matter) as matters, sum(confirmed_amount) as confirmed_amount
    from scored_verdict
    group by subject_type, subject_id, year
),

noted as (
    select subject_id, extract(year from acted_on) as year, sum(points) as points,
        string_agg(case when kind = 'repair' then cast(acted_on as varchar) || ' ' || text end, '；' order by number)
            as repairs,
        string_agg(case when kind = 'objection' then cast(acted_on as varchar) || ' ' || text end, '；' order by number)
            as objections,
        count(case when kind = 'objection' and points is null then 1 end) as open_objections
    from casebook.points_note
    where subject_type in ('institution', 'pharmacy')
    group by subject_id, extract(year from acted_on)
),

place as (
    select cast($year as integer) as year, case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        institution_id as subject_id, institution_name as subject_name, division as region
    from feature.institution
),

scored as (
    select p.*, c.taken, c.reasons, c.unjudged, c.reasons_zh, c.unjudged_zh, n.repairs, n.objections, coalesce(n.open_objections, 0) as open_objections,
        least(coalesce(n.points, 0), c.taken) as given_back, coalesce(f.matters, 0) as matters, f.confirmed_amount,
        100 - c.taken + least(coalesce(n.points, 0), c.taken) as score
    from place as p
    left join card as c on c.subject_type = p.subject_type and c.subject_id = p.subject_id and c.year = p.year
    left join confirmed as f on f.subject_type = p.subject_type and f.subject_id = p.subject_id and f.year = p.year
    left join noted as n on n.subject_id = p.subject_id and n.year = p.year
),

ranked as (
    select s.*, l.tier, row_number() over (partition by s.subject_type, s.subject_id order by l.score_from desc) as place
    from scored as s
    left join knowledge.tier_line as l
        on s.score is not null and greatest(s.score, 0) >= l.score_from
        and make_date(s.year, 12, 31) between coalesce(l.valid_from, date '0001-01-01')
            and coalesce(l.valid_to, date '9999-12-31')
)

select year, subject_type, subject_id, subject_name, region, tier, case when score < 0 then 0 else score end as score, matters, confirmed_amount,
    taken, given_back, open_objections,
    case
        when score is null then '本年无核查结论，不评定'
        else coalesce(reasons_zh, '本年核查未查实问题') || coalesce('；无法计分：' || unjudged_zh, '')
    end as reasons_zh,
    case
        when score is null then 'nobody judged it in the year, so it has no tier'
        else coalesce(reasons, 'checked in the year, nothing confirmed')
            || coalesce('; cannot be scored: ' || unjudged, '')
    end as reasons,
    repairs, objections
from ranked
where place = 1
order by subject_type, score nulls last, subject_id
