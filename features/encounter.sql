-- One row: one encounter that stands, a stay merged over its interim settlements.
-- is_inpatient: a stay in hospital
-- started_on, ended_on: first and last day; ended_on null while in hospital
-- days: nights in hospital, at least 1 for a stay; null outside hospital or while in hospital
-- area: whose knowledge and parameters hold, that of its settlements
-- settlements: standing settlements of the encounter
-- total_amount, eligible_amount, fund_amount: yuan, over all its settlements
-- principal_diagnosis_code: coded and Western, the encounter's, else the settlement list's; null where only a diagnosis
--     of Chinese medicine or in words was delivered (principal_diagnosis_name then has the words)
-- calendar_days: calendar days from the first to the last, of any care: 1 for a visit; null while it lasts
-- is_posted_in_bulk: care of several calendar days whose lines, two or more, all bear one date
-- is_posted_outside: no line is dated on a day of the encounter: the whole bill was posted before or after it
-- is_operated: a line of an operation, by category or among treatments by name, or a coded procedure
-- is_newborn: the care is a newborn's, under whoever's number (feature.settlement): beside care of the same number that
--     is none's, of another person
-- is_day_care: day surgery or a day ward, by the medical category
-- is_emergency_start: a stay that began as an emergency: by the medical category, or the person was in the emergency
--     department or its observation ward there (or within the community) on the day of admission or the day before
-- is_observation: emergency care of several calendar days
-- is_outbreak_disease: an acute notifiable infection or mass poisoning, which comes to many at once and must be reported
--     to the disease control within hours, so that a made-up one is soon found: flu, hand-foot-and-mouth, measles, mumps,
--     chickenpox, dysentery, hepatitis A and E, red eye. A common cold is none
-- is_dialysis, is_in_course: dialysis; any course that is given on fixed days wherever the person otherwise is
--     (course_sign), by diagnosis, 病种 or item; null where nothing tells: no diagnosis, no 病种, and either chronic care
--     (whose lines may be anything) or no line
-- is_package: a check-up, a vaccination or a family doctor's package by item name, or herbal patches on the hottest and
--     coldest days of the year: many come at once and pay alike
-- previous_encounter_id, previous_institution_id, previous_ended_on: the person's stay that ended last before this began
-- is_continued: the stay goes on: it began within a day of the previous one's end at the same place, and that end was a
--     settlement: in mid-stay (by the flag, or without one by whole months on end), at the turn of the year, or because the insurance changed; or its bill bears the first day of
--     the one before and ends later; or the place they lay in closed in the week after (a move under a new code, a
--     merger), and its patients were carried over, wherever to; or it began on New Year's Day and no emergency, when
--     everybody in bed is registered anew: their stay of the old year may be in no delivery
-- is_cut: one bill of several of a stay: it goes on from the one before, another goes on from it, or it is flagged as a
--     settlement in mid-stay, so its length and its first and last day are the cashier's
-- is_transferred_in: came from a stay elsewhere: on a referral, by the medical category, or begun within a day of a
--     discharge as transfer or of a discharge within the same community of hospitals
-- level_step: of a stay begun within a day of one elsewhere: 1 up to a higher level (it got worse), -1 down to a lower one,
--     to a rehabilitation or nursing institution, a community centre or township hospital (it got better), 0 the same
--     level; whatever the way of leaving says; null where a level is unknown or no such stay went before
with paid as (
    select encounter_id, max(person_id) as person_id, max(institution_id) as institution_id, max(area) as area,
        max(care_setting) as care_setting, max(medical_category) as medical_category,
        max(insurance_type) as insurance_type, max(payment_method) as payment_method,
        max(payment_location) as payment_location, min(started_on) as started_on, max(ended_on) as ended_on,
        max(case when is_newborn then 1 else 0 end) as is_newborn,
        count(*) as settlements, sum(total_amount) as total_amount, sum(eligible_amount) as eligible_amount,
        sum(fund_amount) as fund_amount
    from feature.settlement
    where encounter_id is not null
    group by encounter_id
),

-- Only coded Western diagnoses; the encounter's own before the settlement list's.
principal as (
    select encounter_id, source, min(diagnosis_code) as diagnosis_code, min(diagnosis_name) as diagnosis_name
    from feature.delivered_diagnosis
    where is_principal and kind = 'coded'
    group by encounter_id, source
),

listed as (
    select encounter_id, diagnosis_code, diagnosis_name from principal where source = 'list'
),

-- A course is told by what the encounter is registered for, named after, or charges.
named as (
    select l.encounter_id, s.course
    from (select distinct encounter_id, item_name from feature.fee_line where encounter_id is not null) as l
    join knowledge.course_sign as s on s.field = 'item_name' and l.item_name like '%' || s.sign || '%'
    union
    select d.encounter_id, s.course
    from (
        select encounter_id, disease_code, disease_name from record.encounter where coalesce(is_valid, true)
        union
        select encounter_id, disease_code, disease_name from record.settlement where coalesce(is_valid, true)
    ) as d
    join knowledge.course_sign as s
        on (s.field = 'disease_code' and substr(d.disease_code, 1, length(s.sign)) = s.sign)
        or (s.field = 'disease_name' and d.disease_name like '%' || s.sign || '%')
    union
    select coalesce(e.encounter_id, l.encounter_id), s.course
    from (
        select encounter_id, principal_diagnosis_name as diagnosis_name from record.encounter
    ) as e
    full join listed as l on l.encounter_id = e.encounter_id
    join knowledge.course_sign as s
        on s.field = 'diagnosis_name'
        and (e.diagnosis_name like '%' || s.sign || '%' or l.diagnosis_name like '%' || s.sign || '%')
),

course as (
    select encounter_id, max(case when course = 'dialysis' then 1 else 0 end) as is_dialysis
    from named
    group by encounter_id
),

registered as (
    select encounter_id, max(disease_code) as disease_code
    from record.settlement
    where coalesce(is_valid, true) and encounter_id is not null
    group by encounter_id
),

line as (
    select encounter_id, count(*) as lines, count(item_name) as named_lines, min(charged_on) as first_on,
        max(charged_on) as last_on, max(
            -- 0033 is the chapter of operations and anaesthesia, where no category is delivered.
            case when fee_category = '06' or (fee_category is null and item_code like '0033%')
                or (coalesce(fee_category, '05') = '05' and regexp_matches(item_name, '术|套扎|栓塞|植皮|碎石'))
                then 1 else 0 end
        ) as is_operated,
        max(case when regexp_matches(item_name, '体检|健康检查|疫苗|接种|家庭医生|签约')
            or (regexp_matches(item_name, '贴敷|敷贴|天灸|三伏|三九') and month(charged_on) in (1, 7, 8, 12))
            then 1 else 0 end) as is_package
    from feature.fee_line
    where encounter_id is not null
    group by encounter_id
),

coded as (
    select distinct coalesce(p.encounter_id, s.encounter_id) as encounter_id
    from record.procedure as p
    left join feature.settlement as s on s.settlement_id = p.settlement_id
),

category as (
    select medical_category, area,
        max(case when name_zh like '%日间%' then 1 else 0 end) as is_day_care,
        max(case when name_zh like '%急诊%' and care_setting = 'inpatient' then 1 else 0 end) as is_emergency,
        max(case when name_zh like '%转外诊治%' then 1 else 0 end) as is_transfer
    from (
        select c.medical_category, c.area, k.name_zh, k.care_setting,
            row_number() over (
                partition by c.medical_category, c.area, k.code_prefix
                order by length(coalesce(k.area, '')) desc
            ) as nearness
        from (select distinct medical_category, coalesce(area, '') as area from paid) as c
        join knowledge.medical_category as k
            on substr(c.medical_category, 1, length(k.code_prefix)) = k.code_prefix
            and substr(c.area, 1, length(coalesce(k.area, ''))) = coalesce(k.area, '')
    ) as alike
    where nearness = 1
    group by medical_category, area
),

-- A place that fell silent a month and more before the delivery ends has closed, whatever the register says.
silent as (
    select institution_id, max(ended_on) as silent_from
    from paid
    group by institution_id
    having date_diff('day', max(ended_on), (select max(ended_on) from paid)) > 30
),

dated as (
    select p.*,
        coalesce(cast(e.started_at as date), p.started_on) as first_on,
        case when not coalesce(e.is_in_hospital, false)
            then coalesce(cast(e.ended_at as date), p.ended_on) end as last_on,
        coalesce(w.way = 'sent_on', false) as is_sent_on, e.referred_from_encounter_id,
        coalesce(i.owner, p.institution_id) as place, i.community_id,
        coalesce(i.contract_to, z.silent_from) as place_closed_on,
        coalesce(i.institution_level, case when g.institution_grade is not null then 0 end) as institution_level,
        case
            when substr(i.institution_kind, 1, 1) in ('B', 'C') then 0
            when substr(i.institution_kind, 1, 4) = 'A527' or substr(i.institution_kind, 1, 2) = 'A7' then 1
            else 2
        end as aftercare
    from paid as p
    left join record.encounter as e on e.encounter_id = p.encounter_id and coalesce(e.is_valid, true)
    left join knowledge.discharge_way as w on w.code = e.discharge_way
    left join feature.institution as i on i.institution_id = p.institution_id
    left join knowledge.institution_grade as g on g.institution_grade = i.institution_grade
    left join silent as z on z.institution_id = p.institution_id
),

cut as (
    select encounter_id, max(case when is_interim then 1 when is_interim is not null then 0 end) as is_interim
    from record.settlement
    where coalesce(is_valid, true) and not coalesce(is_refund, false)
    group by encounter_id
),

sequence as (
    select d.*, c.is_interim,
        lag(d.encounter_id) over (partition by d.person_id order by d.first_on, d.last_on, d.encounter_id)
            as previous_encounter_id
    from dated as d
    left join cut as c on c.encounter_id = d.encounter_id
    where d.care_setting = 'inpatient' and d.person_id is not null
),

followed as (
    select l.encounter_id, p.encounter_id as previous_encounter_id, p.institution_id as previous_institution_id,
        p.last_on as previous_ended_on,
        coalesce(substr(cast(l.first_on as varchar), 6, 5) = '01-01', false) and p.encounter_id is null
            as is_new_year,
        coalesce(p.place = l.place and p.first_on = l.first_on and p.last_on < l.last_on, false)
        or date_diff('day', p.last_on, l.first_on) in (0, 1) and (
            (p.place = l.place and (
                p.is_interim = 1 or p.insurance_type <> l.insurance_type
                -- No flag is filled in, and the bills follow on one another by the month or the quarter.
                or (
                    p.is_interim is null and p.last_on = l.first_on and (
                        month(p.last_on) <> month(p.last_on + interval 1 day)
                        or date_diff('day', p.first_on, p.last_on) between 28 and 31
                        or date_diff('day', p.first_on, p.last_on) between 59 and 62
                        or date_diff('day', p.first_on, p.last_on) between 88 and 92
                    )
                )
                or year(p.last_on) <> year(l.first_on)
                or substr(cast(p.last_on as varchar), 6, 5) = '12-31'
                or substr(cast(l.first_on as varchar), 6, 5) = '01-01'
            ))
            or coalesce(
                p.institution_id <> l.institution_id
                and date_diff('day', p.last_on, p.place_closed_on) between -1 and 7, false
            )
        ) as is_continued,
        date_diff('day', p.last_on, l.first_on) in (0, 1) and p.place <> l.place
            and (p.is_sent_on or coalesce(p.community_id = l.community_id, false)) as is_transferred,
        case
            when date_diff('day', p.last_on, l.first_on) in (0, 1) and p.place <> l.place then case
                when l.aftercare < p.aftercare then -1
                when l.institution_level > p.institution_level then 1
                when l.institution_level < p.institution_level then -1
                when l.institution_level = p.institution_level then 0
            end
        end as level_step
    from sequence as l
    left join sequence as p on p.encounter_id = l.previous_encounter_id
),

gone_on as (
    select distinct previous_encounter_id as encounter_id from followed where is_continued
),

emergency as (
    select distinct l.encounter_id
    from dated as l
    join dated as v
        on v.person_id = l.person_id and v.care_setting = 'emergency'
        and (v.place = l.place or v.community_id = l.community_id)
        and v.first_on <= l.first_on and date_diff('day', coalesce(v.last_on, v.first_on), l.first_on) <= 1
        and date_diff('day', v.first_on, l.first_on) <= 7
    where l.care_setting = 'inpatient'
)


select
    p.encounter_id,
    p.person_id,
    p.institution_id,
    p.care_setting,
    p.care_setting = 'inpatient' as is_inpatient,
    p.medical_category,
    p.area,
    p.insurance_type,
    p.payment_method,
    p.payment_location,
    coalesce(cast(e.started_at as date), p.started_on) as started_on,
    case when not coalesce(e.is_in_hospital, false)
        then coalesce(cast(e.ended_at as date), p.ended_on) end as ended_on,
    case when p.care_setting = 'inpatient' and not coalesce(e.is_in_hospital, false) then greatest(
        1, date_diff(
            'day', coalesce(cast(e.started_at as date), p.started_on), coalesce(cast(e.ended_at as date), p.ended_on)
        )
    ) end as days,
    p.settlements,
    cast(p.total_amount as decimal(16, 2)) as total_amount,
    cast(p.eligible_amount as decimal(16, 2)) as eligible_amount,
    cast(p.fund_amount as decimal(16, 2)) as fund_amount,
    coalesce(w.diagnosis_code, l.diagnosis_code) as principal_diagnosis_code,
    coalesce(w.diagnosis_name, l.diagnosis_name, e.principal_diagnosis_name) as principal_diagnosis_name,
    e.discharge_way,
    e.attending_practitioner_id,
    coalesce(e.admitting_department_code, e.discharge_department_code) as department_code,
    e.referred_from_encounter_id,
    coalesce(e.is_in_hospital, false) as is_in_hospital,
    date_diff('day', d.first_on, d.last_on) + 1 as calendar_days,
    coalesce(d.first_on < d.last_on and n.lines > 1 and n.first_on = n.last_on, false) as is_posted_in_bulk,
    coalesce(n.last_on < d.first_on or n.first_on > d.last_on, false) as is_posted_outside,
    coalesce(n.is_operated = 1, false) or o.encounter_id is not null or e.procedure_code is not null as is_operated,
    coalesce(p.is_newborn = 1, false) as is_newborn,
    coalesce(c.is_day_care = 1, false) as is_day_care,
    coalesce(c.is_emergency = 1, false) or m.encounter_id is not null as is_emergency_start,
    coalesce(p.care_setting = 'emergency' and d.first_on < d.last_on, false) as is_observation,
    coalesce(regexp_matches(
        coalesce(w.diagnosis_code, l.diagnosis_code),
        '^(A0|A27|A3[6-9]|A82|B0[156]|B08[.]?[45]|B15|B17[.]?2|B26|B30|J09|J1[01]|U07|H10[.]?[23]|T61|T62|A9[0-5]|A98)'
    ), false) as is_outbreak_disease,
    case
        when u.is_dialysis = 1 or substr(coalesce(w.diagnosis_code, l.diagnosis_code), 1, 3) = 'Z49' then true
        when coalesce(w.diagnosis_code, l.diagnosis_code, e.disease_code, g.disease_code) is not null
            or (p.care_setting <> 'chronic' and n.named_lines > 0) then false
    end as is_dialysis,
    case
        when u.encounter_id is not null
            or substr(coalesce(w.diagnosis_code, l.diagnosis_code), 1, 3) in ('Z49', 'Z50', 'Z51') then true
        when coalesce(w.diagnosis_code, l.diagnosis_code, e.disease_code, g.disease_code) is not null
            or (p.care_setting <> 'chronic' and n.named_lines > 0) then false
    end as is_in_course,
    coalesce(n.is_package = 1, false) as is_package,
    f.previous_encounter_id,
    f.previous_institution_id,
    f.previous_ended_on,
    coalesce(f.is_continued, false) or coalesce(f.is_new_year and coalesce(c.is_emergency, 0) = 0, false) as is_continued,
    coalesce(f.is_continued, false) or x.encounter_id is not null
        or (p.care_setting = 'inpatient' and coalesce(k.is_interim = 1, false)) as is_cut,
    coalesce(f.is_transferred, false) or coalesce(c.is_transfer = 1, false)
        or e.referred_from_encounter_id is not null as is_transferred_in,
    f.level_step
from paid as p
left join record.encounter as e on e.encounter_id = p.encounter_id and coalesce(e.is_valid, true)
left join cut as k on k.encounter_id = p.encounter_id
left join gone_on as x on x.encounter_id = p.encounter_id
left join principal as w on w.encounter_id = p.encounter_id and w.source = 'encounter'
left join listed as l on l.encounter_id = p.encounter_id
left join dated as d on d.encounter_id = p.encounter_id
left join course as u on u.encounter_id = p.encounter_id
left join registered as g on g.encounter_id = p.encounter_id
left join line as n on n.encounter_id = p.encounter_id
left join coded as o on o.encounter_id = p.encounter_id
left join category as c on c.medical_category = p.medical_category and c.area = coalesce(p.area, '')
left join followed as f on f.encounter_id = p.encounter_id
left join emergency as m on m.encounter_id = p.encounter_id
