-- One row: one settlement that began while a register has the person in custody or abroad.
-- status_type: custody, overseas
-- status_from, status_to: the latest such period of the register; both days themselves are outside; status_to null
--     while it lasts
-- is_medicine_only: nothing but medicines and the fees for prescribing them: a relative may have come for them with both
--     papers (委托他人代为购药)
-- is_internet: a visit over the internet
-- is_charged_inside: a line was charged inside the period; false where all care lay before or after and only the bill
--     inside; null without lines
-- is_by_hand: paid back at the counter, with the day typed in
-- is_face_seen: a check-in with matching face at the place on the first day of care
-- what, what_zh: the kind of care in words
-- A day before 1950 fills an empty field.
with period as (
    select person_id, status_type, status_from, source_department,
        case when status_to >= date '1950-01-01' then status_to end as status_to
    from record.person_status
    where status_type in ('custody', 'overseas') and status_from >= date '1950-01-01'
),

met as (
    select s.settlement_id, p.status_type, p.status_from, p.status_to, p.source_department,
        row_number() over (partition by s.settlement_id, p.status_type order by p.status_from desc) as place
    from period as p
    join feature.settlement as s
        on s.person_id = p.person_id and s.started_on > p.status_from
        and (p.status_to is null or s.started_on < p.status_to)
),

-- Medicines 09 to 11; consultation 02, general fee 12, registration 13.
line as (
    select m.settlement_id, m.status_type,
        max(case when l.fee_category in ('09', '10', '11')
            or (l.fee_category is null and regexp_matches(l.item_code, '^[XZT]')) then 1 else 0 end) as has_medicine,
        max(case when coalesce(l.fee_category, '') in ('02', '09', '10', '11', '12', '13')
            or (l.fee_category is null and regexp_matches(l.item_code, '^([XZT]|001101|001102)')) then 0 else 1 end)
            as has_other,
        max(case when l.charged_on > m.status_from and coalesce(l.charged_on < m.status_to, true) then 1 else 0 end)
            as is_charged_inside
    from met as m
    join feature.fee_line as l on l.settlement_id = m.settlement_id
    where m.place = 1
    group by m.settlement_id, m.status_type
),

seen as (
    select distinct m.settlement_id
    from met as m
    join feature.settlement as s on s.settlement_id = m.settlement_id
    join record.check_in as c
        on c.person_id = s.person_id and c.institution_id = s.institution_id
        and cast(c.checked_in_at as date) = s.started_on
    where c.is_face_match
)

select
    m.settlement_id,
    m.status_type,
    m.status_from,
    m.status_to,
    m.source_department,
    coalesce(l.has_medicine = 1 and l.has_other = 0 and s.care_setting <> 'inpatient', false) as is_medicine_only,
    v.settlement_id is not null as is_internet,
    l.is_charged_inside = 1 as is_charged_inside,
    coalesce(r.settlement_type, '2') = '1' or coalesce(r.manual_reimbursement_reason, '') <> '' as is_by_hand,
    f.settlement_id is not null as is_face_seen,
    case
        when s.is_pharmacy then 'a purchase at a drugstore'
        when s.care_setting = 'inpatient' then 'a stay begun'
        else 'a visit'
    end as what,
    case when s.is_pharmacy then '购药' when s.care_setting = 'inpatient' then '入院' else '门诊就医' end as what_zh
from met as m
join feature.settlement as s on s.settlement_id = m.settlement_id
left join record.settlement as r on r.settlement_id = m.settlement_id
left join feature.internet_visit as v on v.settlement_id = m.settlement_id
left join line as l on l.settlement_id = m.settlement_id and l.status_type = m.status_type
left join seen as f on f.settlement_id = m.settlement_id
where m.place = 1
