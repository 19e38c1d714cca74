-- One row: one person, and since when the record would show the person's care.
-- covered_from: the first day from which the absence of a drug, a test or a stay says anything: the later of the first
--     day of the record and the day since which the person is seen or enrolled here. Who has just moved in has a history
--     that other areas hold. Null for a person of whom neither an enrolment nor care is dated.
-- enrolled_from: since when the person is enrolled without a gap of more than 90 days; null where none is delivered
with spell as (
    select person_id, coalesce(enrolled_from, first_enrolled_on) as enrolled_from,
        coalesce(enrolled_to, date '9999-12-31') as enrolled_to
    from record.enrolment
    where coalesce(enrolled_from, first_enrolled_on) is not null
),

followed as (
    select person_id, enrolled_from,
        max(enrolled_to) over (
            partition by person_id order by enrolled_from, enrolled_to
            rows between unbounded preceding and 1 preceding
        ) as enrolled_before
    from spell
),

-- A new beginning is one after a gap longer than the three months in which a lapse can be mended.
begun as (
    select person_id, max(enrolled_from) as enrolled_from
    from followed
    where enrolled_before is null or date_diff('day', enrolled_before, enrolled_from) > 90
    group by person_id
),

seen as (
    select person_id, min(charged_on) as seen_from from feature.fee_line where person_id is not null group by person_id
),

record_start as (
    select min(charged_on) as first_on from feature.fee_line
)

select
    coalesce(s.person_id, b.person_id) as person_id,
    b.enrolled_from,
    greatest(r.first_on, least(coalesce(s.seen_from, b.enrolled_from), coalesce(b.enrolled_from, s.seen_from)))
        as covered_from
from seen as s
full join begun as b on b.person_id = s.person_id
cross join record_start as r
