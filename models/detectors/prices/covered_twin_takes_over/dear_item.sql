-- ended_item: an item that is not covered (the twin) and is charged at an institution until month, no more after.
create temp table ended_item as
with span as (
    select min(month) as first_month, max(month) as last_month from feature.item_price_month
)
select m.institution_id, m.item_code as twin_code, max(m.item_name) as twin, max(m.month) as month,
    cast(sum(m.amount) as double) as money,
    date_diff('month', min(s.first_month), max(m.month)) + 1 as months_before,
    date_diff('month', max(m.month), max(s.last_month)) as months_after
from feature.item_price_month as m
cross join span as s
group by m.institution_id, m.item_code
having sum(m.eligible_amount) = 0 and count(*) >= $min_months
    and date_diff('month', max(m.month), max(s.last_month)) >= $min_after
    and cast(sum(m.amount) as double) / (date_diff('month', min(s.first_month), max(m.month)) + 1) >= $min_money;

-- grown_item: a covered item that grows there, not elsewhere, by about what vanished; yuan a month before and after.
create temp table grown_item as
with month_of_item as (
    select e.*, m.item_code, m.institution_id = e.institution_id as is_here, cast(m.amount as double) as amount,
        m.month > e.month as is_after
    from ended_item as e
    join feature.item_price_month as m on m.eligible_amount > 0 and m.item_code in (
        select o.item_code from feature.item_price_month as o where o.institution_id = e.institution_id
    )
),
course as (
    select institution_id, twin_code, item_code, any_value(twin) as twin, any_value(month) as month,
        any_value(money) / any_value(months_before) as twin_before,
        coalesce(sum(amount) filter (where is_here and not is_after), 0) / any_value(months_before) as before,
        coalesce(sum(amount) filter (where is_here and is_after), 0) / any_value(months_after) as after,
        coalesce(sum(amount) filter (where not is_here and not is_after), 0)
            / any_value(months_before) as elsewhere_before,
        coalesce(sum(amount) filter (where not is_here and is_after), 0)
            / any_value(months_after) as elsewhere_after
    from month_of_item
    group by institution_id, twin_code, item_code
)
select *
from course
where after >= $min_growth * before and elsewhere_after <= $max_elsewhere * elsewhere_before
    and after - before between $share_from * twin_before and $share_to * twin_before;

-- taken_over: such a pair that goes to the same persons: share of those of the covered item who had had the other.
create temp table taken_over as
with person_before as (
    select distinct e.institution_id, e.twin_code, l.person_id
    from ended_item as e
    join feature.fee_line as l on l.institution_id = e.institution_id and l.item_code = e.twin_code
),
person_after as (
    select distinct g.institution_id, g.twin_code, g.item_code, l.person_id
    from grown_item as g
    join feature.fee_line as l on l.institution_id = g.institution_id and l.item_code = g.item_code
        and l.charged_on >= g.month + interval 1 month
),
shared as (
    select a.institution_id, a.twin_code, a.item_code, avg(cast(b.person_id is not null as integer)) as share
    from person_after as a
    left join person_before as b on b.institution_id = a.institution_id and b.twin_code = a.twin_code
        and b.person_id = a.person_id
    group by a.institution_id, a.twin_code, a.item_code
)
select g.*, s.share
from grown_item as g
join shared as s on s.institution_id = g.institution_id and s.twin_code = g.twin_code and s.item_code = g.item_code
where s.share >= $min_shared;

-- All of the lines is at issue, not only what is dearer.
create temp table dear_item as
select institution_id, item_code as item_key, 0.0 as allowed, 0.0 as above,
    cast(t.month + interval 1 month as date) as from_on, cast(null as date) as until_on,
    twin_code || '|' || item_code as part, share, twin, strftime(t.month, '%Y-%m') as month,
    round(t.before) as before, round(t.after) as after, round(t.twin_before) as twin_before,
    round(100 * share) as shared
from taken_over as t;

select 'clear' as outcome, count(*) as units
from ended_item as e
where not exists (
    select 1 from taken_over as t where t.institution_id = e.institution_id and t.twin_code = e.twin_code
)
having count(*) > 0;
