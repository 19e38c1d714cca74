create temp table stay_of_share as
with kind_of_stay as (
    select institution_id, encounter_id, chapter, stratum, cast(null as decimal(16, 2)) as amount,
        ratio < $low as cheap, ratio > $high as dear
    from group_ratio
    where list_contains(string_split($methods, ','), coalesce(payment_method, ''))
        and coalesce(discharge_way, '1') not in ('2', '3', '5') and days > 1 and not is_expected
)
select * from kind_of_stay unpivot (is_flagged for share in (cheap, dear));
