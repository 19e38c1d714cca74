-- Lent: word_of_conclusion, word_of_subject
-- present: a person at a place on a day, outside stays, on days that say something.
create temp table present as
select distinct person_id, institution_id, settled_on, institution_id || '|' || strftime(settled_on, '%Y%m%d') as slot
from feature.visit_bill
where person_id is not null and institution_id is not null and not is_course
    and care_setting in ('outpatient', 'chronic', 'drugstore') and not coalesce(is_pharmacy and is_family_money, false)
qualify count(distinct person_id) over (partition by institution_id, settled_on) <= $max_persons;

-- judged_bill: a settlement of such a person there and then.
create temp table judged_bill as
select b.settlement_id, b.encounter_id, b.person_id, b.institution_id, b.settled_on, b.eligible_amount
from feature.visit_bill as b
where b.care_setting in ('outpatient', 'chronic', 'drugstore') and not b.is_course
    and not coalesce(b.is_pharmacy and b.is_family_money, false)
    and exists (
        select 1 from present as p
        where p.person_id = b.person_id and p.institution_id = b.institution_id and p.settled_on = b.settled_on
    );

-- confirmed_person: by a verdict on them or their group, or by an inspection delivered with the record.
create temp table confirmed_person as
with plain_inspection as (
    select subject_id,
        lower(regexp_replace(regexp_replace(subject_type, $dashes, '-', 'g'), $edges, '', 'g')) as subject_type,
        lower(regexp_replace(regexp_replace(result, $dashes, '-', 'g'), $edges, '', 'g')) as result
    from record.inspection_result
),
confirmed as (
    select subject_id as person_id
    from casebook.current_verdict
    where subject_type = 'person' and conclusion in ('confirmed', 'partly_confirmed')
    union
    select unnest(string_split(members, ';'))
    from casebook.current_verdict
    where subject_type = 'group' and members is not null and conclusion in ('confirmed', 'partly_confirmed')
    union
    select i.subject_id
    from plain_inspection as i
    join word_of_subject as s on s.word = i.subject_type and s.subject_type = 'person'
    join word_of_conclusion as c on c.word = i.result and c.conclusion in ('confirmed', 'partly_confirmed')
)
select distinct trim(person_id) as person_id
from confirmed
where trim(person_id) in (select person_id from present);

select p.person_id, p.slot, c.person_id is not null as is_seed
from present as p
left join confirmed_person as c on c.person_id = p.person_id
order by p.person_id, p.slot;
