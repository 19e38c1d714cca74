-- One row: one institution and self-check item (or rule, where no item names it) confirmed on two days or more.
-- times: distinct days of confirmation, so that what one check found at once is no recurrence; weight: D13 屡查屡犯: one and a half more each further time, halved each year since the last.
with confirmed as (
    select institution_id, institution_name, item_id, coalesce(item_id, source, nature_zh) as about,
        case when item_id is null then source end as source, entry_key, min(on_day) as on_day,
        sum(amount) as amount
    from ledger_entry
    where step = 'confirmed' and institution_id is not null and on_day <= $on
    group by all
)
select institution_id, max(institution_name) as institution_name, item_id, source,
    count(distinct on_day) as times, count(distinct year(on_day)) as years, min(on_day) as first_on,
    max(on_day) as last_on, cast(sum(amount) as decimal(16, 2)) as confirmed_amount,
    round((1 + 0.5 * (count(distinct on_day) - 1))
        * pow(0.5, date_diff('day', max(on_day), $on) / 365.0), 4) as weight
from confirmed
where about is not null
group by institution_id, about, item_id, source
having count(distinct on_day) >= 2
order by years desc, confirmed_amount desc, institution_id, item_id, source
