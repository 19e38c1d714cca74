-- One row: one hospital or drugstore, one natural year in which it was judged, and one item of its score card.
-- Confirmed verdicts and delivered inspections about the place alone take points off; a place that nobody judged in the year has no card.
with matter as (
    select subject_type, subject_id, year, matter, bool_or(is_penalised and not is_fraud) as penalty,
        bool_or(is_fraud) as fraud, bool_or(is_repeat) as repeated, max(confirmed_fund_amount) as fund,
        max(confirmed_amount) as amount, max(decided_on) as decided_on
    from (
        select subject_type, subject_id, year, matter, rule, max(is_penalised) as is_penalised, max(is_fraud) as is_fraud,
            max(is_repeat) as is_repeat, sum(confirmed_fund_amount) as confirmed_fund_amount,
            sum(confirmed_amount) as confirmed_amount, max(decided_on) as decided_on
        from scored_verdict
        where subject_type in ('institution', 'pharmacy')
        group by subject_type, subject_id, year, matter, rule
    ) as by_rule
    group by subject_type, subject_id, year, matter
),

judged as (
    select distinct subject_type, subject_id, extract(year from decided_on) as year
    from casebook.current_verdict
    where subject_type in ('institution', 'pharmacy') and conclusion <> 'unsure'
    union
    select i.subject_type, i.subject_id, extract(year from r.inspected_on)
    from inspection as i
    join record.inspection_result as r on r.case_id = i.case_id
    where i.subject_type in ('institution', 'pharmacy') and i.conclusion <> 'unsure' and r.inspected_on is not null
),

paid as (
    select institution_id, extract(year from settled_on) as year, sum(fund_amount) as fund_amount
    from feature.settlement
    group by institution_id, extract(year from settled_on)
),

summed as (
    select j.subject_type, j.subject_id, j.year, count(m.matter) as matters,
        count(case when m.penalty then 1 end) as penalties, count(case when m.fraud then 1 end) as frauds,
        count(case when m.repeated then 1 end) as repeats, sum(m.fund) as confirmed_fund,
        sum(m.amount) as confirmed_amount, max(p.fund_amount) as fund_paid,
        count(case when m.fund is null and m.amount > 0 then 1 end) as fund_unknown
    from judged as j
    left join matter as m
        on m.subject_type = j.subject_type and m.subject_id = j.subject_id and m.year = j.year
    left join paid as p on p.institution_id = j.subject_id and p.year = j.year
    group by j.subject_type, j.subject_id, j.year
),

counted as (
    select s.subject_type, s.subject_id, s.year, i.item, i.name_zh, i.deduction, i.most, i.basis,
        case i.item
            when 'matter' then cast(s.matters as double)
            when 'penalty' then s.penalties
            when 'fraud' then s.frauds
            when 'repeat' then s.repeats
            when 'amount_share' then case
                -- Money without its part of the funds cannot be held against what the funds paid.
                when s.fund_unknown > 0 then null
                when s.confirmed_fund is null then 0
                when s.fund_paid > 0 then floor(100 * cast(s.confirmed_fund as double) / cast(s.fund_paid as double))
            end
        end as times
    from summed as s
    join knowledge.tier_item as i
        on i.subject_type = s.subject_type
        and make_date(cast(s.year as integer), 12, 31) between coalesce(i.valid_from, date '0001-01-01')
            and coalesce(i.valid_to, date '9999-12-31')
)

select cast(year as integer) as year, subject_type, subject_id, item, name_zh, times,
    cast(least(coalesce(times, 0) * deduction, most) as decimal(8,2)) as taken, times is null as cannot_judge, basis
from counted
order by year, subject_type, subject_id, item
