-- stay_of_group: a stay, once by the person's employer and once by the division where the person lives (kind says
-- which, group_id whom).
create temp table stay_of_group as
with employed as (
    select s.encounter_id, coalesce(max(r.employer_id), max(e.employer_id)) as employer_id
    from feature.settlement as s
    join record.settlement as r on r.settlement_id = s.settlement_id
    left join record.encounter as e on e.encounter_id = s.encounter_id
    where s.care_setting = 'inpatient'
    group by s.encounter_id
),
stay as (
    select s.*, coalesce(m.employer_id, p.employer_id) as employer_id, p.residence_division
    from feature.stay as s
    left join employed as m on m.encounter_id = s.encounter_id
    left join feature.person as p on p.person_id = s.person_id
    where s.institution_id is not null and s.person_id is not null and s.started_on is not null
),
grouped as (
    select 'employer' as kind, employer_id as group_id, * exclude (employer_id, residence_division) from stay
    union all
    select 'residence', residence_division, * exclude (employer_id, residence_division) from stay
),
sized as (
    select *, count(distinct person_id) over (partition by kind, group_id) as members,
        count(distinct person_id) over (partition by kind) as everybody
    from grouped
)
select kind, group_id, encounter_id, institution_id, person_id, practitioner_id, started_on, diagnosis_code,
    diagnosis_name, is_expected or is_ward_day or coalesce(is_continued, false)
        -- Carried over from elsewhere on the day, as when a house is moved or emptied.
        or coalesce(date_diff('day', left_on, started_on) in (0, 1) and left_institution_id <> institution_id, false)
        as is_course, is_operated,
    -- One cause for all: an outbreak, food, mushrooms, gas, heat (T36 to T78), an accident of many (S, T, V to Y), or the
    -- emergency department through which they came.
    regexp_matches(coalesce(diagnosis_code, ''), '^(A|B|J0|J1|J20|J21|J22|K52|U07|S|T0|T1|T2|T3|T4|T5|T6|T7|V|W|X|Y)')
        or coalesce(is_emergency_start, false) as is_outbreak,
    group_id is not null and members <= greatest($max_group * everybody, 30) as is_judged,
    group_id is null as is_unknown
from sized;
