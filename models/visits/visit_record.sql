-- One row: one record (an encounter) at a place that something was found about.
-- natures: how many different natures of problem stand in it; the rest says how to find the file and the moment
-- clock, moments: the earliest clock times of what is not settled by the record, as the camera needs them, and how many
-- there are: of a line that has one, else of the settlement; of a stay, whose lines mostly have none, of the admission
-- number_missing: the record brings neither number
with person_name as (
    select person_id, arg_min(person_name, source_table) as person_name
    from record.person_identity
    where person_name is not null
    group by person_id
),

seated as (
    select u.*, coalesce(u.department_code, n.admitting_department_code, n.discharge_department_code) as seat
    from visit_unit as u
    left join record.encounter as n on n.encounter_id = u.encounter_id
),

by_seat as (
    select institution_id, encounter_id, seat,
        row_number() over (
            partition by institution_id, encounter_id
            order by sum(counted_amount) desc, count(*) desc, seat nulls last
        ) as place
    from seated
    group by institution_id, encounter_id, seat
),

by_doctor as (
    select institution_id, encounter_id, practitioner_id,
        row_number() over (
            partition by institution_id, encounter_id
            order by sum(counted_amount) desc, count(*) desc, practitioner_id
        ) as place
    from visit_unit
    where practitioner_id is not null
    group by institution_id, encounter_id, practitioner_id
),

named as (
    select institution_id, encounter_id, count(*) as natures, string_agg(nature, '; ' order by nature) as nature,
        string_agg(nature_zh, '；' order by nature_zh) as nature_zh
    from (
        select distinct f.institution_id, f.encounter_id, t.nature, t.nature_zh
        from visit_finding as f
        join visit_source as t on t.source = f.source
        where f.settlement_id is not null
    ) as each_nature
    group by institution_id, encounter_id
),

typed as (
    select institution_id, encounter_id, string_agg(source, ';' order by source) as sources
    from (
        select distinct institution_id, encounter_id, source from visit_finding where settlement_id is not null
    ) as each_source
    group by institution_id, encounter_id
),

moment as (
    select institution_id, encounter_id, clock_at,
        row_number() over (partition by institution_id, encounter_id order by clock_at) as place
    from (
        select distinct institution_id, encounter_id,
            date_trunc(
                'minute', case when care_setting = 'inpatient' then charged_at else coalesce(charged_at, settled_at) end
            ) as clock_at
        from visit_unit
        where is_doubtful
    ) as moments
    where clock_at is not null
),

admitted as (
    select encounter_id, started_at
    from record.encounter
    where cast(started_at as time) <> time '00:00:00'
),

timed as (
    select institution_id, encounter_id, count(*) as moments,
        string_agg(strftime(clock_at, '%m-%d %H:%M'), ', ' order by clock_at) filter (where place <= 3) as clock
    from moment
    group by institution_id, encounter_id
),

summed as (
    select institution_id, encounter_id, min(person_id) as person_id, min(care_setting) as care_setting,
        count(*) as lines, sum(counted_amount) as counted_amount, sum(counted_fund) as counted_fund,
        sum(case when certainty = 'definite' then counted_amount else 0 end) as desk_amount,
        bool_or(is_doubtful) as is_doubtful, min(settlement_id) as settlement_id,
        count(distinct settlement_id) as settlements
    from visit_unit
    group by institution_id, encounter_id
)

select m.institution_id, m.encounter_id, m.settlement_id, m.person_id, {name} as person_name, m.care_setting,
    s.seat as department_code,
    coalesce(d.department_name, case when n.admitting_department_code = s.seat then n.admitting_department_name end)
        as department_name,
    n.record_number, n.case_number, coalesce(b.practitioner_id, n.attending_practitioner_id) as practitioner_id,
    coalesce(p.practitioner_name, n.attending_practitioner_name) as practitioner_name,
    coalesce(cast(n.started_at as date), t.started_on) as admitted_on,
    case when not coalesce(n.is_in_hospital, false) then coalesce(cast(n.ended_at as date), t.ended_on) end
        as discharged_on,
    n.inpatient_days as days, k.natures, k.nature, k.nature_zh, y.sources, m.lines, m.settlements,
    cast(m.counted_amount as decimal(16, 2)) as counted_amount, cast(m.counted_fund as decimal(16, 2)) as counted_fund,
    cast(m.desk_amount as decimal(16, 2)) as desk_amount, m.is_doubtful,
    coalesce(c.moments, case when m.is_doubtful and a.encounter_id is not null then 1 end) as moments,
    coalesce(c.clock, case when m.is_doubtful then strftime(a.started_at, '%m-%d %H:%M') end) as clock,
    n.record_number is null and n.case_number is null as is_number_missing
from summed as m
join named as k on k.institution_id = m.institution_id and k.encounter_id = m.encounter_id
join typed as y on y.institution_id = m.institution_id and y.encounter_id = m.encounter_id
join feature.settlement as t on t.settlement_id = m.settlement_id
left join record.encounter as n on n.encounter_id = m.encounter_id
left join by_seat as s on s.institution_id = m.institution_id and s.encounter_id = m.encounter_id and s.place = 1
left join by_doctor as b on b.institution_id = m.institution_id and b.encounter_id = m.encounter_id and b.place = 1
left join timed as c on c.institution_id = m.institution_id and c.encounter_id = m.encounter_id
left join admitted as a on a.encounter_id = m.encounter_id
left join feature.department as d on d.institution_id = m.institution_id and d.department_code = s.seat
left join feature.practitioner as p on p.practitioner_id = coalesce(b.practitioner_id, n.attending_practitioner_id)
left join person_name as i on i.person_id = m.person_id
