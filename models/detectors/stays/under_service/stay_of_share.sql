create temp table stay_of_share as
with kind_of_stay as (
    select institution_id, encounter_id, chapter, stratum, cast(null as decimal(16, 2)) as amount,
        case when is_sent_home
            then coalesce(date_diff('day', ended_on, next_on) between 0 and $back_days, false)
                and not coalesce(is_next_continued, false) end as back,
        is_sent_on as sent_on
    from feature.stay
    where days is not null and not is_expected and not is_ward_day
        and is_case_paid
)
select * from kind_of_stay unpivot (is_flagged for share in (back, sent_on));
