-- One row: one drugstore purchase and who sent the buyer there: the prescriber on the bill, else the practitioner
--     whom the person saw last, at most three days before.
-- store_id: the drugstore
-- bought_on: day of the purchase
-- practitioner_id, hospital_id: who sent and where; the hospital is the practitioner's of that visit
-- days_between: days from the visit to the purchase; null where only the bill names the prescriber
-- is_named: the prescriber is on the drugstore's own bill
-- visit_settlement_id: the settlement of the visit, null where the person was not seen to visit
-- has_choice: at least half of the purchase's money is for items that three drugstores or more sell, this one to
--     less than half of their buyers
-- total_amount, eligible_amount: yuan of the purchase
with purchase as (
    select settlement_id, encounter_id, person_id, institution_id as store_id, settled_on as bought_on, settled_at,
        total_amount, eligible_amount
    from feature.settlement
    where is_pharmacy and person_id is not null and institution_id is not null
),

buyer as (
    select item_code, institution_id, count(distinct person_id) as persons
    from feature.fee_line
    where is_pharmacy
    group by item_code, institution_id
),

sold as (
    select item_code, institution_id, persons, count(*) over (partition by item_code) as stores,
        sum(persons) over (partition by item_code) as all_persons
    from buyer
),

free as (
    select l.settlement_id,
        sum(case when s.stores >= 3 and s.persons * 2 < s.all_persons then l.eligible_amount else 0 end) * 2 >= sum(l.eligible_amount) as has_choice
    from feature.fee_line as l
    join sold as s on s.item_code = l.item_code and s.institution_id = l.institution_id
    where l.is_pharmacy
    group by l.settlement_id
),

named as (
    select settlement_id, max(practitioner_id) as practitioner_id
    from feature.fee_line
    where is_pharmacy and practitioner_id is not null
    group by settlement_id
),

ordered as (
    select settlement_id, practitioner_id,
        row_number() over (
            partition by settlement_id order by sum(eligible_amount) desc, practitioner_id
        ) as place
    from feature.fee_line
    where not is_pharmacy and practitioner_id is not null
    group by settlement_id, practitioner_id
),

visit as (
    select s.settlement_id, s.person_id, s.institution_id as hospital_id, s.settled_on, s.settled_at,
        o.practitioner_id
    from feature.settlement as s
    join ordered as o on o.settlement_id = s.settlement_id and o.place = 1
    where not s.is_pharmacy and coalesce(s.care_setting, '') <> 'inpatient'
),

seen as (
    select p.settlement_id, v.settlement_id as visit_settlement_id, v.hospital_id, v.practitioner_id,
        date_diff('day', v.settled_on, p.bought_on) as days_between,
        row_number() over (partition by p.settlement_id order by v.settled_at desc, v.settlement_id) as place
    from purchase as p
    join visit as v on v.person_id = p.person_id and v.settled_at <= p.settled_at
        and date_diff('day', v.settled_on, p.bought_on) <= 3
),

-- Where a prescriber works: the hospital of most of the visits.
works as (
    select practitioner_id, hospital_id,
        row_number() over (partition by practitioner_id order by count(*) desc, hospital_id) as place
    from visit
    group by practitioner_id, hospital_id
)

select
    p.settlement_id,
    p.encounter_id,
    p.person_id,
    p.store_id,
    p.bought_on,
    coalesce(n.practitioner_id, s.practitioner_id) as practitioner_id,
    case when n.practitioner_id is null or n.practitioner_id = s.practitioner_id then s.hospital_id
        else w.hospital_id end as hospital_id,
    case when n.practitioner_id is null or n.practitioner_id = s.practitioner_id then s.days_between end
        as days_between,
    n.practitioner_id is not null as is_named,
    case when n.practitioner_id is null or n.practitioner_id = s.practitioner_id then s.visit_settlement_id end
        as visit_settlement_id,
    coalesce(c.has_choice, true) as has_choice,
    p.total_amount,
    p.eligible_amount
from purchase as p
left join free as c on c.settlement_id = p.settlement_id
left join named as n on n.settlement_id = p.settlement_id
left join seen as s on s.settlement_id = p.settlement_id and s.place = 1
left join works as w on w.practitioner_id = n.practitioner_id and w.place = 1
where n.practitioner_id is not null or s.practitioner_id is not null
