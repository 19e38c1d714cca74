-- One row: one contracted institution or drugstore: how often it is to be checked in the year, how often it was, what is
-- owed and until when. Days on which somebody was there or judged it count once, whatever was found.
-- self_check: good, poor, none: how its return of the year compares with what we find
-- due_by: of what is owed the end of the month in which its turn comes, the riskiest first
with lead as (
    select subject_id, min(tier) as tier
    from model.lead
    where subject_type in ('institution', 'pharmacy')
    group by subject_id
),

check_day as (
    select subject_id, inspected_on as day
    from record.inspection_result
    union
    select subject_id, decided_on
    from casebook.verdict
    where subject_type in ('institution', 'pharmacy')
),

checked as (
    select subject_id, count(*) as done, max(day) as last_on
    from check_day
    where day between make_date(cast($year as integer), 1, 1)
        and least(cast($on as date), make_date(cast($year as integer), 12, 31))
    group by subject_id
),

place as (
    select i.institution_id as subject_id, case when i.is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
        i.institution_name as subject_name, i.division as region, coalesce(l.tier, 'none') as tier,
        coalesce(q.quality, 'none') as self_check, coalesce(c.done, 0) as done, c.last_on
    from feature.institution as i
    left join lead as l on l.subject_id = i.institution_id
    left join checked as c on c.subject_id = i.institution_id
    left join self_check_quality as q on q.institution_id = i.institution_id
    where coalesce(i.contract_to, date '9999-12-31') >= make_date(cast($year as integer), 1, 1)
        and coalesce(i.contract_from, date '1900-01-01') <= make_date(cast($year as integer), 12, 31)
),

wanting as (
    select p.*, w.checks as wanted, greatest(0, w.checks - p.done) as owed
    from place as p
    join coverage_rule as w on w.tier = p.tier and w.self_check = p.self_check
),

-- The turn of whoever is owed: the riskiest first, spread over the months of the year from its beginning.
turn as (
    select subject_id,
        row_number() over (order by case tier when 'A' then 1 when 'B' then 2 when 'C' then 3 else 4 end,
            case self_check when 'poor' then 1 when 'none' then 2 else 3 end, subject_id) as place,
        count(*) over () as places
    from wanting
)

select w.subject_type, w.subject_id, w.subject_name, w.region, w.tier, w.self_check, w.wanted, w.done, w.last_on, w.owed,
    case
        when w.owed > 0 then last_day(make_date(cast($year as integer), cast(1 + ((t.place - 1) * 12) // t.places as integer), 1))
    end as due_by
from wanting as w
join turn as t on t.subject_id = w.subject_id
order by w.owed = 0, t.place
