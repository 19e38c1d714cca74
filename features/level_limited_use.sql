-- One row: one fee line of an item paid only from an institution level up (knowledge.item_institution_level).
-- official, min_level, point_id, layer: the limit in force on the day of charge
-- is_first_only: the level is asked of the first prescription of the drug only
-- institution_level: 1 to 3, 0 for a place registered as ungraded, null unknown; the highest of what the register's grade
--     and level say by now and what it settled this line as: a place that came down was in its right before
-- is_registered: the register of institutions has the place; else its level stands in its bills alone, where an old one may
--     have stayed
-- is_moved, is_tested_outside: on a prescription moved from elsewhere; tested at another institution
-- days_since_first: days since the person's first fill of the drug in the record, at whatever place; null unless
--     is_first_only
-- first_after_days: days before that first fill from which the record would show the person's care
with graded as (
    select i.institution_id, i.origin = 'register' as is_registered,
        coalesce(i.highest_level, i.institution_level, case when g.institution_grade is not null then 0 end) as institution_level
    from feature.institution as i
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
),

limited as (
    select l.settlement_id, l.line_id, l.encounter_id, l.person_id, l.institution_id, l.practitioner_id,
        l.charged_on, l.is_pharmacy, l.item_code, l.item_name, l.eligible_amount, k.official, k.min_level, k.point_id,
        k.layer, coalesce(k.is_first_only, false) as is_first_only
    from feature.fee_line as l
    join knowledge.item_institution_level as k
        on k.item_code = l.item_code
        and l.charged_on >= coalesce(k.valid_from, l.charged_on) and l.charged_on <= coalesce(k.valid_to, l.charged_on)
    where l.eligible_amount > 0
),

-- A drug is its generic: the first ten characters of its code.
first_fill as (
    select person_id, substr(item_code, 1, 10) as generic, min(charged_on) as first_on
    from feature.fee_line
    where substr(item_code, 1, 10) in (
            select substr(item_code, 1, 10) from knowledge.item_institution_level where is_first_only
        )
    group by person_id, substr(item_code, 1, 10)
),

settled_as as (
    select s.settlement_id, coalesce(g.institution_level, 0) as institution_level
    from record.settlement as s
    join knowledge.institution_grade as g on g.institution_grade = s.institution_grade
    where s.settlement_id in (select settlement_id from limited)
),

marked as (
    select encounter_id, line_id, is_outside_prescription, is_tested_outside
    from record.fee_line
    where is_outside_prescription or is_tested_outside
)

select
    l.settlement_id,
    l.line_id,
    l.encounter_id,
    l.person_id,
    l.institution_id,
    l.practitioner_id,
    l.charged_on,
    coalesce(l.is_pharmacy, false) as is_pharmacy,
    l.item_code,
    l.item_name,
    l.eligible_amount,
    l.official,
    l.min_level,
    l.point_id,
    l.layer,
    l.is_first_only,
    greatest(
        coalesce(g.institution_level, o.institution_level), coalesce(o.institution_level, g.institution_level)
    ) as institution_level,
    coalesce(g.is_registered, false) as is_registered,
    coalesce(r.is_outside_prescription, false) as is_moved,
    coalesce(r.is_tested_outside, false) as is_tested_outside,
    case when l.is_first_only then date_diff('day', f.first_on, l.charged_on) end as days_since_first,
    case when l.is_first_only then date_diff('day', h.covered_from, f.first_on) end as first_after_days
from limited as l
left join feature.person_history as h on h.person_id = l.person_id
left join graded as g on g.institution_id = l.institution_id
left join settled_as as o on o.settlement_id = l.settlement_id
left join marked as r on r.encounter_id = l.encounter_id and r.line_id = l.line_id
left join first_fill as f on f.person_id = l.person_id and f.generic = substr(l.item_code, 1, 10)
