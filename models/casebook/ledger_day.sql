-- One row: one hand, and a last row of all, with the inspector-days that were told and the money of those entries.
with told as (
    select coalesce(lead_id, subject_type || '|' || subject_id || '|' || coalesce(case_no, '')) as entry_key,
        max(handled_by) as hand, sum(effort_days) as effort_days
    from casebook.current_verdict
    where effort_days > 0
    group by 1
    union all
    select 'problem ' || problem_id, handled_by, effort_days
    from casebook.current_problem
    where effort_days > 0 and not is_void
),
money as (
    select entry_key, sum(case when step = 'confirmed' then amount else 0 end) as confirmed,
        sum(case when step = 'recovered' then amount else 0 end) as recovered
    from ledger_entry
    group by entry_key
),
summed as (
    select t.hand, grouping(t.hand) = 1 as is_total, count(*) as entries,
        cast(sum(t.effort_days) as decimal(16, 2)) as effort_days,
        cast(coalesce(sum(m.confirmed), 0) as decimal(16, 2)) as confirmed_amount,
        cast(coalesce(sum(m.recovered), 0) as decimal(16, 2)) as recovered_amount
    from told as t
    join money as m on m.entry_key = t.entry_key
    group by grouping sets ((t.hand), ())
)
select *, cast(cast(confirmed_amount as double) / cast(effort_days as double) as decimal(16, 2)) as confirmed_a_day,
    cast(cast(recovered_amount as double) / cast(effort_days as double) as decimal(16, 2)) as recovered_a_day
from summed
where entries > 0 and effort_days > 0
order by is_total, recovered_a_day desc, hand
