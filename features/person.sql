-- One row: one insured person, as the register and the settlements and encounters know them.
-- origin: who knows the person: register, settlement (settlements and encounters)
-- sex: 1 male, 2 female, null unknown; the register's word before the settlements', theirs before the encounters'
-- birth_on: date of birth, of the same sources; 1900-01-01 and before fill an empty field
-- id_sex: sex that the identity number implies, null without a sound number
-- id_birth_on: date of birth that the identity number implies
-- is_sex_contradicted, is_birth_contradicted: register, settlements, encounters and identity numbers name more than one: a
--     slip, a number corrected, a sex changed in the register. Whatever rests on it cannot be judged
-- died_on: first day dead, from other departments' registers, else from the stay that ended in death; a death that the
--     register ended again was declared in error
-- is_death_registered: another department has the death
-- is_death_contradicted: registers or a stay that ended in death name another day, more than a week later
-- residence_division: division where the person lives, by the register alone
-- area: where the person is insured (统筹区), by the latest enrolment, else as settlements say
-- employer_id: the unit the person is insured through, by the enrolment, else the latest that settlements and
--     encounters name
-- insured_from, insured_to: first and last day insured, by the enrolment (insured_to null while it runs), else the
--     days of care that the record has: who is seen only then may have been insured for longer
-- insured_origin: what tells the days: register, settlement
with seen as (
    select person_id, max(case when sex in ('1', '2') then sex end) as sex,
        min(case when sex in ('1', '2') then sex end) as other_sex,
        max(case when birth_on > date '1900-01-01' then birth_on end) as birth_on,
        min(case when birth_on > date '1900-01-01' then birth_on end) as other_birth_on,
        min(started_on) as first_on, max(ended_on) as last_on, max(insured_division) as insured_division
    from record.settlement
    where person_id is not null
    group by person_id
),

met as (
    select person_id, max(case when sex in ('1', '2') then sex end) as sex,
        min(case when sex in ('1', '2') then sex end) as other_sex,
        max(case when birth_on > date '1900-01-01' then birth_on end) as birth_on,
        min(case when birth_on > date '1900-01-01' then birth_on end) as other_birth_on
    from record.encounter
    where person_id is not null
    group by person_id
),

register as (
    select person_id, max(case when sex in ('1', '2') then sex end) as sex,
        min(case when sex in ('1', '2') then sex end) as other_sex,
        max(case when birth_on > date '1900-01-01' then birth_on end) as birth_on,
        min(case when birth_on > date '1900-01-01' then birth_on end) as other_birth_on,
        max(residence_division) as residence_division
    from record.person
    group by person_id
),

enrolled as (
    select person_id, max(employer_id) as employer_id, min(coalesce(enrolled_from, first_enrolled_on)) as insured_from,
        case when count(enrolled_to) = count(*) then max(enrolled_to) end as insured_to
    from record.enrolment
    where person_id is not null
    group by person_id
),

insured as (
    select person_id, coalesce(division, pooling_area) as area, row_number() over (
            partition by person_id
            order by coalesce(enrolled_from, first_enrolled_on, date '0001-01-01') desc,
                coalesce(division, pooling_area)
        ) as place
    from record.enrolment
    where person_id is not null and coalesce(division, pooling_area) is not null
),

employed as (
    select person_id, employer_id, row_number() over (
            partition by person_id
            order by coalesce(max(on_date), date '0001-01-01') desc, employer_id desc
        ) as place
    from (
        select person_id, employer_id, started_on as on_date from record.settlement
        union all
        select person_id, employer_id, cast(started_at as date) from record.encounter
    ) as named
    where person_id is not null and employer_id is not null
    group by person_id, employer_id
),

implied as (
    select person_id, max(id_sex) as id_sex, min(id_sex) as other_id_sex, max(id_birth_on) as id_birth_on,
        min(id_birth_on) as other_id_birth_on
    from record.person_identity
    group by person_id
),

-- One row: one person, with what its sources agree upon.
agreed as (
    select person_id, min(other_sex) <> max(sex) as is_sex_contradicted,
        min(other_birth_on) <> max(birth_on) as is_birth_contradicted
    from (
        select person_id, sex, other_sex, birth_on, other_birth_on from seen
        union all
        select person_id, sex, other_sex, birth_on, other_birth_on from met
        union all
        select person_id, sex, other_sex, birth_on, other_birth_on from register
        union all
        select person_id, id_sex, other_id_sex, id_birth_on, other_id_birth_on from implied
    ) as sources
    group by person_id
),

-- An end far ahead, or that of the day itself, fills an empty field.
registered_death as (
    select person_id, min(status_from) as died_on, max(status_from) as last_died_on
    from record.person_status
    where status_type = 'death' and status_from >= date '1950-01-01'
        and (status_to is null or status_to <= status_from or status_to >= date '2900-01-01')
    group by person_id
),

-- A newborn's death on the mother's number is not the mother's: of the maternity stays none counts, nor one for what
-- began around a birth. A day before 1950 fills an empty field.
death_in_care as (
    select e.person_id, min(coalesce(
            case when e.died_on >= date '1950-01-01' then e.died_on end, cast(e.ended_at as date)
        )) as died_on,
        max(coalesce(
            case when e.died_on >= date '1950-01-01' then e.died_on end, cast(e.ended_at as date)
        )) as last_died_on
    from record.encounter as e
    left join knowledge.discharge_way as w on w.code = e.discharge_way
    where (e.died_on >= date '1950-01-01' or w.way = 'died') and coalesce(e.is_valid, true)
        and not coalesce(
            substr(e.medical_category, 1, 2) = '52' or substr(e.principal_diagnosis_code, 1, 1) = 'P', false
        )
    group by e.person_id
),

everybody as (
    select person_id from seen
    union
    select person_id from met
    union
    select person_id from register
)

select
    e.person_id,
    case when r.person_id is not null then 'register' else 'settlement' end as origin,
    coalesce(r.sex, s.sex, m.sex) as sex,
    coalesce(r.birth_on, s.birth_on, m.birth_on) as birth_on,
    i.id_sex,
    i.id_birth_on,
    a.is_sex_contradicted,
    a.is_birth_contradicted,
    coalesce(d.died_on, c.died_on) as died_on,
    d.died_on is not null as is_death_registered,
    date_diff(
        'day', coalesce(d.died_on, c.died_on),
        greatest(coalesce(d.last_died_on, c.last_died_on), coalesce(c.last_died_on, d.last_died_on))
    ) > 7 as is_death_contradicted,
    r.residence_division,
    coalesce(l.area, s.insured_division) as area,
    coalesce(n.employer_id, w.employer_id) as employer_id,
    case when n.person_id is not null then n.insured_from else s.first_on end as insured_from,
    case when n.person_id is not null then n.insured_to else s.last_on end as insured_to,
    case when n.person_id is not null then 'register' when s.person_id is not null then 'settlement' end
        as insured_origin
from everybody as e
left join seen as s on s.person_id = e.person_id
left join met as m on m.person_id = e.person_id
left join register as r on r.person_id = e.person_id
left join enrolled as n on n.person_id = e.person_id
left join insured as l on l.person_id = e.person_id and l.place = 1
left join employed as w on w.person_id = e.person_id and w.place = 1
left join implied as i on i.person_id = e.person_id
left join agreed as a on a.person_id = e.person_id
left join registered_death as d on d.person_id = e.person_id
left join death_in_care as c on c.person_id = e.person_id
