-- person_place: persons with the groups they are compared in: of the same chronic disease registered, or none, those of
-- the same insurance, sex and age, then of the age. A disease that few have is compared with no other.
create temp table person_place as
with keyed as (
    select person_id, coalesce(disease, 'none') as key_3, coalesce(age_band, '-') as age,
        coalesce(insurance_type, '-') || '|' || coalesce(sex, '-') as insurance_and_sex
    from feature.person_indicator
    where bills >= $min_visits
)
select person_id, key_3 || '|' || age || '|' || insurance_and_sex as key_1, key_3 || '|' || age as key_2, key_3,
    'all' as key_4, 1 as breadth, cast(null as varchar) as kind, false as is_special
from keyed;
