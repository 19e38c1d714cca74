/*
title = "More persons in hospital than approved beds"
title_zh = "日在院人数超批准床位数"
violation = "beds_exceeded"
family = "capacity"
subjects = ["institution"]
certainty = "suspected"
scope = ["inpatient"]
window = "month"
law = ["regulation-15-1", "regulation-38-1-1"]
basis = ["筛查模型 B08 日在院人数超编制床位"]
needs = ["record.hospital.approved_beds"]
sentence = "In {month} more than {most} persons a day were in hospital here on {over_days} days, {peak} on {peak_on}, on {beds} approved beds; use of the beds over the month {own}%, median of {peers} hospitals {usual}%; this stay was there on {own_days} days with more persons than beds"
sentence_zh = "{month}有{over_days}天在院人数超过{most}人（{peak_on}最多{peak}人），批准床位{beds}张；当月床位使用率{own}%，{peers}家医院中位数{usual}%；本次住院在超床日内{own_days}天"
exclusions = [
    "day surgery and day care, newborns beside their mothers",
    "stays still going on: the end is not known",
    "single days: only months with several of them count",
    "institutions without approved beds in the register: cannot judge",
]
exclusions_zh = ["日间手术、日间病房，母婴同室新生儿", "尚未结束的住院：出院日未知", "个别日期：仅看多日超出的月份", "登记中无批准床位的机构：无法判定"]
limits = "Persons insured elsewhere or paying themselves lie there too, so the true number is higher. The register may be older than an extension of the hospital: ask for the licence first. Who lay in no bed the counts do not say: the amount of each stay is the share of the persons beyond the beds in its bed, nursing and ward-round items on those days."
limits_zh = "异地参保人、自费人员同样占用床位，实际在院人数更多。登记可能早于医院扩建，应先核对许可证。人数本身不能说明谁没有床位：每次住院的金额为超床日内床位、护理、诊查费乘以超床人数占比。"

[strength]  # half the distance to certainty for every ten days over the beds
by = "over_days"
halving = 10

[params.max_use]
value = 1.1
unit = "x"
meaning = "persons a day over the approved beds, above it counts"

[params.min_over_days]
value = 5
unit = "days"
meaning = "such days in the month"

[params.min_over_persons]
value = 2
unit = "persons"
meaning = "beyond the beds on such a day, at least"

[params.max_month_use]
value = 1.0
unit = "x"
meaning = "of the beds over a whole month, above it counts"

[params.max_nights]
value = 180
unit = "nights"
meaning = "longer stays are left out: they may be entered wrongly"
*/
with counted as (
    select s.encounter_id, s.institution_id, s.started_on, s.started_on + cast(s.days as integer) as left_on,
        greatest(s.days, 1) as nights
    from feature.stay as s
    where s.days <= $max_nights and not s.is_ward_day and not (s.age_band = '0' and s.chapter in ('P', 'Z'))
),
place as (
    select c.institution_id, i.approved_beds as beds, min(c.started_on) as first_on, max(c.left_on) as last_on
    from counted as c
    join feature.institution as i on i.institution_id = c.institution_id
    group by c.institution_id, i.approved_beds
),
move as (
    select institution_id, started_on as on_date, 1 as change from counted
    union all
    select institution_id, left_on, -1 from counted
),
moved as (
    select institution_id, on_date, sum(change) as change from move group by institution_id, on_date
),
span as (
    select min(started_on) as first_on, max(left_on) as last_on from counted
),
calendar as (
    select cast(unnest(generate_series(cast(first_on as timestamp), cast(last_on as timestamp), interval 1 day))
        as date) as on_date
    from span
),
census as (
    select p.institution_id, p.beds, c.on_date,
        sum(coalesce(m.change, 0)) over (partition by p.institution_id order by c.on_date) as persons
    from place as p
    join calendar as c on c.on_date between p.first_on and p.last_on
    left join moved as m on m.institution_id = p.institution_id and m.on_date = c.on_date
    where p.beds > 0
),
monthly as (
    select institution_id, beds, strftime(on_date, '%Y-%m') as month, count(*) as days,
        max(persons) as peak, min_by(on_date, (-persons, on_date)) as peak_on, sum(persons) as bed_days,
        count(*) filter (where persons > $max_use * beds and persons >= beds + $min_over_persons) as over_days,
        sum(greatest(persons - beds, 0)) as beyond
    from census
    group by institution_id, beds, month
),
used as (
    select *, bed_days / (cast(days as double) * beds) as use from monthly where days >= 14
),
compared as (
    select *, median(use) over (partition by month) as peer_use, count(*) over (partition by month) - 1 as peers,
        over_days >= $min_over_days or (use > $max_month_use and bed_days >= days * (beds + 1)) as is_over
    from used
),
-- Stays on the days with more persons than beds, and which part of those persons had none.
crowded as (
    select c.institution_id, c.on_date, m.month,
        cast(1 - m.beds / cast(c.persons as double) as decimal(18, 9)) as beyond
    from census as c
    join compared as m on m.institution_id = c.institution_id and m.month = strftime(c.on_date, '%Y-%m')
    where m.is_over and c.persons > c.beds
),
there as (
    select s.encounter_id, c.institution_id, c.month, count(*) as own_days, sum(c.beyond) as beyond_days,
        any_value(s.nights) as nights
    from counted as s
    join crowded as c on c.institution_id = s.institution_id and c.on_date >= s.started_on and c.on_date < s.left_on
    group by s.encounter_id, c.institution_id, c.month
),
bed_money as (
    select l.encounter_id, sum(l.eligible_amount) as amount
    from feature.fee_line as l
    where l.fee_category in ('01', '02', '07') and l.encounter_id in (select encounter_id from there)
    group by l.encounter_id
),
paid as (
    select settlement_id, encounter_id, person_id,
        cast(eligible_amount as double) / nullif(cast(sum(eligible_amount) over (partition by encounter_id)
            as double), 0) as part_of_stay
    from feature.settlement
    where encounter_id in (select encounter_id from there)
)
select 'hit' as outcome, p.settlement_id, t.encounter_id, p.person_id, t.institution_id, m.peak_on as occurred_on,
    cast(b.amount * p.part_of_stay * cast(t.beyond_days as double) / t.nights as decimal(16, 2)) as amount,
    m.month as part, m.month, m.over_days,
    cast(floor(greatest($max_use * m.beds, m.beds + $min_over_persons - 1)) as bigint) as most,
    cast(m.peak as integer) as peak, m.peak_on, m.beds, cast(m.beyond as integer) as beyond,
    'bed_use' as indicator, 'bed use in ' || m.month as indicator_title, '床位使用率（' || m.month || '）' as indicator_title_zh,
    '%' as unit, round(100 * m.use, 0) as own, round(100 * m.peer_use, 0) as usual, m.peers, t.own_days
from there as t
join compared as m on m.institution_id = t.institution_id and m.month = t.month
join paid as p on p.encounter_id = t.encounter_id
left join bed_money as b on b.encounter_id = t.encounter_id

union all by name
select 'cannot_judge' as outcome, 'no approved beds in the register' as reason, count(*) as units
from place where coalesce(beds, 0) <= 0 having count(*) > 0

union all by name
select 'clear' as outcome, count(*) as units
from compared where not is_over having count(*) > 0
