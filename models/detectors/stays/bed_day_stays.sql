/*
title = "Bed-day stays that restart and never vary"
title_zh = "按床日、精神长期住院异常（循环出入院、日费用无差异、节日不减）"
violation = "bed_day_pattern"
family = "stay"
subjects = ["institution"]
certainty = "suspected"
scope = ["inpatient"]
window = "the whole delivered window"
law = ["regulation-15-1", "regulation-38-1-1"]
basis = ["筛查模型 B13 按床日/精神长期住院异常"]
needs = ["record.settlement.payment_method"]
sentence = "{stays} bed-day or mental stays of {persons} persons here: {relink}% began within {relink_days} days of the person's last one here, a day's cost varies by {spread}%{festival_text}"
sentence_zh = "本机构按床日或精神类住院{stays}次（{persons}人）：{relink}%在本院出院{relink_days}天内再入院，日均费用变异{spread}%{festival_text_zh}"
exclusions = [
    "places with one sign only: long mental care has no holiday, one price is one price",
    "stays that only went on: settled in mid-stay, at the turn of the year, or because the insurance changed",
    "few stays or persons: cannot judge",
    "a window without Spring Festival: that sign is not counted",
]
exclusions_zh = ["仅有一项特征的机构：长期精神住院本无假日，统一定价本无差异", "中途结算、跨年结算或险种变更后续住", "住院或人员较少：无法判定", "数据期内无春节：不计该项特征"]
limits = "Monthly settlement entered as discharge and admission looks the same, and is common where the system asks for it: ask how months are closed first. No amount."
limits_zh = "每月结算以出院再入院录入也会呈现相同情形，系统有此要求时较常见，应先询问月结方式。不列金额。"
status = "trial"

[params.min_stays]
value = 20
unit = "stays"
meaning = "of the kind; fewer: not judged"

[params.min_persons]
value = 5
unit = "persons"
meaning = "of the kind; fewer: not judged"

[params.max_relink]
value = 0.3
unit = "share"
meaning = "of stays that restart, above it counts"

[params.relink_days]
value = 3
unit = "days"
meaning = "after the person's last stay there"

[params.min_spread]
value = 0.05
unit = "share"
meaning = "of a day's cost (sd over mean), below it counts"

[params.max_festival]
value = 0.95
unit = "share"
meaning = "of the usual persons in bed at Spring Festival, above it counts"

[params.min_signs]
value = 2
unit = "signs"
meaning = "of three"
*/
-- bed_day_stay: a stay paid by the bed-day or for a mental disorder.
--   is_again  begun within days of the person's last one here
create temp table bed_day_stay as
select *, coalesce(left_institution_id = institution_id
        and date_diff('day', left_on, started_on) between 0 and $relink_days, false)
        and not coalesce(is_continued, false) as is_again,
    cast(total_amount as double) / days as day_cost
from feature.stay
where days is not null and (is_bed_day_paid or chapter = 'F');

-- place_with_signs: an institution with what its stays show.
--   relink    share of stays that restart
--   spread    standard deviation of a day's cost over its mean
--   festival  persons in bed at Spring Festival over those in the month from forty to ten days before it; only of a
--             festival with 45 days of data on either side
create temp table place_with_signs as
with festival as (
    select min(on_date) as first_on, max(on_date) as last_on
    from knowledge.calendar
    where kind = 'holiday' and name_zh like '%春节%' and on_date between
        (select min(started_on) + 45 from bed_day_stay) and (select max(ended_on) - 45 from bed_day_stay)
        and year(on_date) = (select max(year(ended_on)) from bed_day_stay)
),
census as (
    select b.institution_id,
        sum(greatest(date_diff('day', greatest(b.started_on, f.first_on), least(b.ended_on, f.last_on + 1)), 0))
            / (date_diff('day', f.first_on, f.last_on) + 1.0) as festive,
        sum(greatest(
            date_diff('day', greatest(b.started_on, f.first_on - 40), least(b.ended_on, f.first_on - 10)), 0
        )) / 30.0 as before
    from bed_day_stay as b
    cross join festival as f
    where f.first_on is not null
    group by b.institution_id, f.first_on, f.last_on
),
place as (
    select institution_id, count(*) as stays, count(distinct person_id) as persons,
        avg(cast(is_again as double)) as relink,
        stddev_samp(cast(day_cost as decimal(18, 4))) / nullif(avg(cast(day_cost as decimal(18, 4))), 0) as spread
    from bed_day_stay
    group by institution_id
)
select p.*, c.festive / nullif(c.before, 0) as festival,
    cast(p.relink > $max_relink as integer) + cast(coalesce(p.spread < $min_spread, false) as integer)
        + cast(coalesce(c.before >= 5 and c.festive > $max_festival * c.before, false) as integer) as signs,
    p.stays < $min_stays or p.persons < $min_persons as is_small
from place as p
left join census as c on c.institution_id = p.institution_id;

-- Each sign has an honest cause of its own, so it is their number that speaks: two weigh 0.7, three 0.9.
select 'hit' as outcome, institution_id, 'bed_day' as part, round(0.3 + 0.2 * signs, 4) as weight, stays, persons,
    $relink_days as relink_days, round(100 * relink, 0) as relink, round(100 * spread, 1) as spread,
    coalesce(', and at Spring Festival ' || cast(round(100 * festival, 0) as integer)
        || '% of the usual persons lay there', '') as festival_text,
    coalesce('，春节在院人数为平时的' || cast(round(100 * festival, 0) as integer) || '%', '') as festival_text_zh,
    signs
from place_with_signs
where not is_small and signs >= $min_signs

union all by name
select 'cannot_judge' as outcome, 'too few bed-day stays' as reason, institution_id
from place_with_signs
where is_small

union all by name
select 'clear' as outcome, count(*) as units
from place_with_signs
where not is_small and signs < $min_signs having count(*) > 0;
