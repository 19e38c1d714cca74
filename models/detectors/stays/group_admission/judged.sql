-- Lent: group_window
create temp table stay_in_window as
select w.*, g.encounter_id, g.person_id, g.started_on,
    -- Who admitted one or two of them may not have known.
    case when count(*) over (partition by g.kind, g.institution_id, g.practitioner_id) >= $min_signed
        then g.practitioner_id end as practitioner_id,
    sum(cast(coalesce(substr(g.diagnosis_code, 1, 3) = w.diagnosis, false) as integer)) over one_window as alike,
    max(case when substr(g.diagnosis_code, 1, 3) = w.diagnosis then g.diagnosis_name end) over one_window
        as diagnosis_name
from group_window as w
join stay_of_group as g on g.kind = w.kind and g.group_id = w.group_id and g.institution_id = w.institution_id
    and g.started_on between w.first_on and w.first_on + cast($days - 1 as integer) and not g.is_course
window one_window as (partition by w.kind, w.group_id, w.institution_id, w.first_on);

select 'hit' as outcome, s.settlement_id, m.encounter_id, m.person_id, m.institution_id, m.practitioner_id,
    m.started_on as occurred_on,
    cast(s.eligible_amount * greatest(1 - m.usual / m.persons, 0) as decimal(16, 2)) as amount,
    m.kind || '|' || m.group_id || '|' || m.first_on as part, m.exponent, m.persons, m.first_on, m.last_on,
    round(m.usual, 1) as usual, m.stays, m.span_days as days, cast(m.alike as integer) as alike,
    coalesce(m.diagnosis_name, m.diagnosis, '-') as diagnosis_text, round(m.exponent, 1) as surprise,
    case m.kind when 'employer' then 'employer ' else 'division ' end || m.group_id as group_text,
    case m.kind when 'employer' then '单位' else '居住地区划' end || m.group_id as group_text_zh
from stay_in_window as m
join feature.settlement as s on s.encounter_id = m.encounter_id

union all by name
select 'cannot_judge' as outcome, case when is_unknown then kind || ' unknown' else kind || ' group too large' end
    as reason, count(*) as units
from stay_of_group
where not is_judged
group by kind, is_unknown

union all by name
select 'clear' as outcome, count(*) as units
from stay_of_group as g
where g.is_judged and not exists (
    select 1 from stay_in_window as m where m.encounter_id = g.encounter_id and m.kind = g.kind
)
having count(*) > 0;
