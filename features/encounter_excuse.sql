-- One row: one encounter, with what is an ordinary reason for its length, its day or its end, for every rule of that kind
-- is_exception: the principal diagnosis brings people back, or keeps them long, by its nature: treated in courses, a
--     pregnancy, a newborn, a mental disorder (admission_exception)
-- is_exception_of_body: the same, for another reason than a mental disorder
-- is_expected: is_exception, or the encounter is one of a course by what it is registered for, named after or charges
--     (feature.encounter.is_in_course). Where a visit or a stay beside other care must be excused, this is the fact to ask;
--     that one line of a course stands on it does not excuse a stay for being split or begun too often: is_exception does
-- payment_way: what the funds pay for: item, case (disease, points, groups), bed_day, head; null where the code is unknown
-- is_bed_day_paid, is_case_paid: by that way; false where it is unknown
-- is_sent_on: left for another hospital or an institution of the community, on a doctor's order
-- is_died: ended in death
-- is_sent_home: neither; an unknown way of leaving counts as one, as most are
with exception as (
    select c.principal_diagnosis_code, max(case when k.reason <> 'mental_disorder' then 1 else 0 end) as is_of_body
    from (select distinct principal_diagnosis_code from feature.encounter) as c
    join knowledge.admission_exception as k
        on substr(c.principal_diagnosis_code, 1, length(k.diagnosis_prefix)) = k.diagnosis_prefix
    group by c.principal_diagnosis_code
),

method as (
    select payment_method, area, way
    from (
        select c.payment_method, c.area, k.way, row_number() over (
                partition by c.payment_method, c.area
                order by length(coalesce(k.area, '')) desc
            ) as nearness
        from (select distinct payment_method, coalesce(area, '') as area from feature.encounter) as c
        join knowledge.payment_method as k
            on k.code = c.payment_method and substr(c.area, 1, length(coalesce(k.area, ''))) = coalesce(k.area, '')
    ) as alike
    where nearness = 1
)

select
    e.encounter_id,
    x.principal_diagnosis_code is not null as is_exception,
    coalesce(x.is_of_body = 1, false) as is_exception_of_body,
    x.principal_diagnosis_code is not null or coalesce(e.is_in_course, false) as is_expected,
    m.way as payment_way,
    coalesce(m.way = 'bed_day', false) as is_bed_day_paid,
    coalesce(m.way = 'case', false) as is_case_paid,
    coalesce(d.way = 'sent_on', false) as is_sent_on,
    coalesce(d.way = 'died', false) as is_died,
    coalesce(d.way not in ('sent_on', 'died'), true) as is_sent_home
from feature.encounter as e
left join exception as x on x.principal_diagnosis_code = e.principal_diagnosis_code
left join method as m on m.payment_method = e.payment_method and m.area = coalesce(e.area, '')
left join knowledge.discharge_way as d on d.code = e.discharge_way
