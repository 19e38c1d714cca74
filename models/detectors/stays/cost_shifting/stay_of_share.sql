create temp table stay_of_share as
with kind_of_stay as (
    select institution_id, encounter_id, chapter, stratum, cast(null as decimal(16, 2)) as amount,
        around_amount >= $around_share * total_amount as around,
        self_paid_amount >= $self_share * total_amount as self_paid
    from feature.stay
    where days is not null and not is_expected and not is_ward_day and total_amount > 0
)
select * from kind_of_stay unpivot (is_flagged for share in (around, self_paid));
