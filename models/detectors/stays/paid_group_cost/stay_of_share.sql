create temp table stay_of_share as
with kind_of_stay as (
    select institution_id, encounter_id, chapter, stratum, cast(null as decimal(16, 2)) as amount,
        ratio < $low as cheap, ratio > $high as dear
    from group_ratio
    where is_case_paid
        and is_sent_home and days > 1 and not is_expected
)
select * from kind_of_stay unpivot (is_flagged for share in (cheap, dear));
