-- stay_with_signs: a stay with what tells of which kind it is.
create temp table stay_with_signs as
with idle as (
    select encounter_id, count(*) as days
    from feature.stay_day
    where is_inside and has_bed and active_amount <= $idle_amount
    group by encounter_id
),
cheap as (
    select i.institution_level, quantile_cont(cast(s.total_amount as double), $cheap_share) as amount
    from feature.stay as s
    join feature.institution as i on i.institution_id = s.institution_id
    where s.days is not null
    group by i.institution_level
),
away as (
    select encounter_id,
        bool_or(substr(insured_division, 1, 4) <> substr(institution_division, 1, 4)) as is_away
    from feature.settlement
    where care_setting = 'inpatient'
    group by encounter_id
)
select s.*, coalesce(a.is_away, false) as is_away, coalesce(p.busiest_share > $bulk_share, false) as is_bulk,
    coalesce(d.days, 0) as idle_days,
    s.days is not null and not s.is_expected and not s.is_ward_day and not s.is_bed_day_paid as is_ordinary,
    -- An emergency, a transfer or a stay that only goes on chose neither its day nor its need.
    coalesce(s.is_emergency_start or s.is_transferred_in or s.is_continued, false) as is_led_in,
    s.lines > 0 and s.unsorted_lines = 0 as is_sorted,
    coalesce(cast(s.total_amount as double) <= c.amount, false) as is_cheap
from feature.stay as s
left join feature.institution as i on i.institution_id = s.institution_id
left join cheap as c on c.institution_level is not distinct from i.institution_level
left join feature.institution_posting as p on p.institution_id = s.institution_id
left join idle as d on d.encounter_id = s.encounter_id
left join away as a on a.encounter_id = s.encounter_id;

create temp table stay_of_share as
with kind_of_stay as (
    select institution_id, encounter_id, chapter, stratum, cast(null as decimal(16, 2)) as amount,
        case when is_ordinary and is_sorted and days >= 2 and not is_operated and not is_bulk
            and not is_died
            then idle_days >= $idle_days and idle_days >= $idle_share * charged_days end as idle,
        case when is_ordinary and days >= 2 then visits_elsewhere > 0 end as elsewhere,
        case when is_ordinary and is_sorted and is_sent_home and not is_operated and not is_led_in
            and age_years >= $child_years
            then cast(days <= $short_nights as integer) + cast(is_cheap as integer)
                + cast(coalesce(exam_share > 0.5, false) as integer) + cast(injections = 0 as integer) + 1
                >= $low_points end as low_threshold,
        case when is_ordinary and is_sorted and is_sent_home and not is_operated and not is_led_in
            then coalesce(exam_share >= $checkup_exams and care_share <= $checkup_care, false)
                and exam_kinds >= $checkup_kinds end as checkup,
        case when is_ordinary
            then coalesce(left_institution_id <> institution_id
                and date_diff('day', left_on, started_on) between 0 and 1
                and not was_sent_on and not coalesce(is_transferred_in, false)
                and not coalesce(is_continued, false)
                and coalesce(level_step, 0) = 0, false) end as relay,
        case when is_ordinary and is_sent_home and not is_operated and age_years >= $child_years and not is_led_in
            then days <= 1 end as one_day,
        case when is_ordinary and not is_away and not is_led_in then is_holiday_start end as holiday
    from stay_with_signs
)
select *
from kind_of_stay unpivot (is_flagged for share in (idle, elsewhere, low_threshold, checkup, relay, one_day, holiday));
