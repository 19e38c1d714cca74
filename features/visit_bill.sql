-- One row: one settlement outside hospital stays, as a bill: what for, which items, how much.
-- settled_on, settled_at, has_clock: when; whether a time of day is known
-- settlement_type: 1 paid back at the counter, 2 at the institution
-- operator_id: who settled, null where the export does not say
-- diagnosis: first three characters of the principal diagnosis, the chronic disease's code without one
-- is_course: a course given on fixed days or a package (the encounter's is_in_course, is_package), or antenatal care
-- is_series: one of three visits or more of the person there for one treatment that is given day by day
--     (feature.serial_visit): the same items at the same price again are the rule
-- is_session: is_series of a treatment that a device or a lesson gives by appointment (oxygen chamber, magnetic
--     stimulation, counterpulsation, light, training of eye, ear and speech): the same persons in a row, day after day
-- is_chronic_drugs: drugs of a registered chronic disease or of the two diseases (高血压、糖尿病), by the medical
--     category; or nothing but medicines for four weeks and more each
-- is_dispensed: a drugstore only handed out what a hospital prescribed: every line is of a prescription that was sent
--     there, or a negotiated drug of the second channel
-- is_fetchable: a purchase, or nothing but medicines for a registered disease, high blood pressure or diabetes: a
--     relative may have fetched it, so it does not say where the person was
-- is_family_money: no fund money, or a relative's account paid part
-- is_entered_later: settled on a day after the care, or hours after it ended: booked from paper, after an outage, a round
--     or a market day, so that the clock of the settlement is the clerk's and not the person's
-- is_cash_only: the settlement's: no insurance money is in it
-- is_outbreak_disease: the encounter's: an acute notifiable infection
-- items, first_item, last_item: distinct items, and the first and last of their codes
-- total_amount, eligible_amount, fund_amount, account_amount: yuan
with line as (
    select l.settlement_id, count(distinct l.item_code) as items, min(l.item_code) as first_item,
        max(l.item_code) as last_item,
        max(case when coalesce(l.fee_category, '') in ('02', '09', '10', '11', '12') then 0 else 1 end) as has_care,
        min(case when l.fee_category in ('09', '10', '11') then coalesce(l.supply_days, 0) end) as least_supply_days,
        min(case when coalesce(r.is_outside_prescription, false) or coalesce(r.is_negotiated_drug, false)
            then 1 else 0 end) as is_dispensed
    from feature.fee_line as l
    left join record.fee_line as r
        on r.settlement_id = l.settlement_id and r.encounter_id = l.encounter_id and r.line_id = l.line_id
        and (r.is_outside_prescription or r.is_negotiated_drug)
    group by l.settlement_id
),

series as (
    select v.settlement_id, v.treatment,
        count(*) over (partition by s.person_id, s.institution_id, v.treatment) as visits
    from feature.serial_visit as v
    join feature.settlement as s on s.settlement_id = v.settlement_id
    where s.person_id is not null
),

category as (
    select medical_category, area
    from (
        select c.medical_category, c.area, k.name_zh, k.care_setting,
            row_number() over (
                partition by c.medical_category, c.area, k.code_prefix
                order by length(coalesce(k.area, '')) desc
            ) as nearness
        from (select distinct medical_category, coalesce(area, '') as area from feature.settlement) as c
        join knowledge.medical_category as k
            on substr(c.medical_category, 1, length(k.code_prefix)) = k.code_prefix
            and substr(c.area, 1, length(coalesce(k.area, ''))) = coalesce(k.area, '')
    ) as alike
    where nearness = 1
    group by medical_category, area
    having max(case when regexp_matches(name_zh, '高血压|糖尿病|慢') then 1 else 0 end) = 1
)

select
    s.settlement_id,
    s.encounter_id,
    s.person_id,
    s.institution_id,
    s.is_pharmacy,
    s.care_setting,
    s.settled_on,
    s.settled_at,
    s.has_clock,
    s.month,
    coalesce(r.settlement_type, '2') as settlement_type,
    s.operator_id,
    coalesce(substr(e.principal_diagnosis_code, 1, 3), r.disease_code) as diagnosis,
    coalesce(e.is_in_course or e.is_package, false)
        or coalesce(regexp_matches(e.principal_diagnosis_code, '^Z3[3-6]'), false) as is_course,
    coalesce(n.visits >= 3, false) as is_series,
    coalesce(n.visits >= 3 and n.treatment in (
        'course', 'hyperbaric_oxygen', 'neuromodulation', 'counterpulsation', 'phototherapy', 'vision_training',
        'rehabilitation'
    ), false) as is_session,
    coalesce(s.care_setting = 'chronic', false) or c.medical_category is not null
        or coalesce(l.has_care = 0 and l.least_supply_days >= 28, false) as is_chronic_drugs,
    s.is_pharmacy and coalesce(l.is_dispensed = 1, false) as is_dispensed,
    coalesce(s.is_pharmacy, false) or coalesce(
        l.has_care = 0 and coalesce(s.care_setting, '') <> 'emergency' and (
            s.care_setting = 'chronic' or s.medical_category = '9901' or r.disease_code is not null
            or regexp_matches(e.principal_diagnosis_code, '^(I1[0-5]|E1[0-4])')
        ), false
    ) as is_fetchable,
    s.is_family_money,
    coalesce(
        s.settled_on > s.ended_on
        or (m.ended_at <> cast(cast(m.ended_at as date) as timestamp)
            and m.ended_at + interval 2 hour < s.settled_at), false
    ) as is_entered_later,
    coalesce(s.is_cash_only, false) as is_cash_only,
    coalesce(e.is_outbreak_disease, false) as is_outbreak_disease,
    coalesce(l.items, 0) as items,
    l.first_item,
    l.last_item,
    s.total_amount,
    s.eligible_amount,
    s.fund_amount,
    s.account_amount
from feature.settlement as s
join record.settlement as r on r.settlement_id = s.settlement_id
left join feature.encounter as e on e.encounter_id = s.encounter_id
left join record.encounter as m on m.encounter_id = s.encounter_id and coalesce(m.is_valid, true)
left join line as l on l.settlement_id = s.settlement_id
left join series as n on n.settlement_id = s.settlement_id
left join category as c on c.medical_category = s.medical_category and c.area = coalesce(s.area, '')
where coalesce(s.care_setting, '') <> 'inpatient'
