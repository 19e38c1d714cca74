-- One row: one official item of one self-check return, or one set of items that the same findings may fall under: what the
-- institution declares beside what our scan finds in the same period. What we find is a suspicion until somebody has looked.
-- item_id: of a set its items joined by ;, any of which would have covered the findings; only items of the editions that
-- the return itself is made of are asked for
-- state: not_declared (found, and nothing said), declared_and_found, declared_beyond (declared, and not found),
-- declared_elsewhere (found, and declared under another item), not_screened (no live rule screens it), cannot_judge (the
-- rules that do lack their data), none (declared as nothing, and nothing found)
-- found_amount: each yuan once within the row, definite_amount of it; elsewhere_amount: of it in a declared item's row too
-- missing_amount: found and not declared; beyond_amount: declared beyond what is found
-- missing_once, found_once: the same, each yuan once over all rows of the return; declared_of_found: of found_once declared
with filed as (
    select institution_id, period_from, period_to, max(declared_on) as declared_on
    from casebook.current_self_check
    group by institution_id, period_from, period_to
),

place as (
    select f.*, i.institution_name, i.division as region,
        case when i.is_pharmacy then 'pharmacy' else 'institution' end as subject
    from filed as f
    left join feature.institution as i on i.institution_id = f.institution_id
),

declared as (
    select institution_id, period_from, period_to, item_id, is_found, cases, amount, returned_amount
    from casebook.current_self_check
),

edition as (
    select distinct institution_id, period_from, period_to, split_part(item_id, '-', 1) as edition
    from declared
),

asking as (
    select p.institution_id, p.period_from, p.period_to, s.source, s.item_id, coalesce(d.amount, 0) as declared_amount
    from place as p
    join official_item as i on i.subject = p.subject
    join item_source as s on s.item_id = i.item_id
    join edition as e
        on e.institution_id = p.institution_id and e.period_from = p.period_from and e.period_to = p.period_to
        and e.edition = split_part(i.item_id, '-', 1)
    left join declared as d
        on d.institution_id = p.institution_id and d.period_from = p.period_from and d.period_to = p.period_to
        and d.item_id = s.item_id
),

-- Whose row a source's findings are in: the declared one of its items, of several the largest; else all of its items.
owner as (
    select institution_id, period_from, period_to, source, max(declared_amount) > 0 as is_declared,
        case
            when max(declared_amount) > 0 then max_by(item_id, (declared_amount, item_id))
            else string_agg(item_id, ';' order by length(item_id), item_id)
        end as item_id
    from asking
    group by institution_id, period_from, period_to, source
),

unit as (
    select o.institution_id, o.period_from, o.period_to, o.item_id, o.is_declared, f.settlement_id,
        coalesce(f.line_id, '') as line_id, max(f.amount) as amount,
        max(case when f.certainty = 'definite' then f.amount else 0 end) as definite
    from owner as o
    join model.finding as f
        on f.source = o.source and f.institution_id = o.institution_id
        and f.occurred_on between o.period_from and o.period_to
    where f.outcome = 'hit' and f.settlement_id is not null and f.amount > 0
    group by o.institution_id, o.period_from, o.period_to, o.item_id, o.is_declared, f.settlement_id,
        coalesce(f.line_id, '')
),

owned as (
    select u.*,
        not u.is_declared and max(case when u.is_declared then 1 else 0 end) over (
            partition by u.institution_id, u.period_from, u.period_to, u.settlement_id, u.line_id
        ) = 1 as is_elsewhere
    from unit as u
),

-- A settlement contains its lines.
settled as (
    select institution_id, period_from, period_to, item_id, is_declared, settlement_id,
        greatest(sum(case when line_id = '' then amount else 0 end), sum(case when line_id = '' then 0 else amount end))
            as amount,
        greatest(sum(case when line_id = '' then definite else 0 end), sum(case when line_id = '' then 0 else definite end))
            as definite,
        greatest(
            sum(case when line_id = '' and is_elsewhere then amount else 0 end),
            sum(case when line_id <> '' and is_elsewhere then amount else 0 end)
        ) as elsewhere
    from owned
    group by institution_id, period_from, period_to, item_id, is_declared, settlement_id
),

-- Over all rows a settlement stands once, under the item that is declared, else under what holds most of it.
placed as (
    select *, row_number() over (
        partition by institution_id, period_from, period_to, settlement_id
        order by is_declared desc, amount desc, item_id
    ) as place
    from settled
),

found as (
    select institution_id, period_from, period_to, item_id, sum(amount) as found_amount, sum(definite) as definite_amount,
        sum(elsewhere) as elsewhere_amount, count(distinct settlement_id) as found_settlements,
        sum(case when place = 1 then amount else 0 end) as found_once
    from placed
    group by institution_id, period_from, period_to, item_id
),

screening as (
    select s.item_id, sum(c.judged) as judged, string_agg(s.source, ';' order by s.source) as screened_by
    from item_source as s
    join model.coverage as c on c.source = s.source
    group by s.item_id
),

-- A declared item whose findings stand in the row of another declared one.
shared as (
    select distinct a.institution_id, a.period_from, a.period_to, a.item_id
    from asking as a
    join owner as o
        on o.institution_id = a.institution_id and o.period_from = a.period_from and o.period_to = a.period_to
        and o.source = a.source and o.is_declared and o.item_id <> a.item_id
    join found as f
        on f.institution_id = o.institution_id and f.period_from = o.period_from and f.period_to = o.period_to
        and f.item_id = o.item_id
    where a.declared_amount > 0
),

asked as (
    select institution_id, period_from, period_to, item_id
    from declared
    union
    select institution_id, period_from, period_to, item_id
    from found
),

stated as (
    select a.institution_id, p.institution_name, p.region, a.period_from, a.period_to, p.declared_on, a.item_id,
        d.is_found, d.cases, coalesce(d.amount, 0) as declared_amount, d.returned_amount,
        coalesce(f.found_amount, 0) as found_amount, coalesce(f.definite_amount, 0) as definite_amount,
        coalesce(f.found_settlements, 0) as found_settlements, coalesce(f.elsewhere_amount, 0) as elsewhere_amount,
        coalesce(f.found_once, 0) as found_once, s.screened_by, coalesce(s.judged, 0) as judged,
        h.item_id is not null as is_shared
    from asked as a
    join place as p
        on p.institution_id = a.institution_id and p.period_from = a.period_from and p.period_to = a.period_to
    left join declared as d
        on d.institution_id = a.institution_id and d.period_from = a.period_from and d.period_to = a.period_to
        and d.item_id = a.item_id
    left join found as f
        on f.institution_id = a.institution_id and f.period_from = a.period_from and f.period_to = a.period_to
        and f.item_id = a.item_id
    left join shared as h
        on h.institution_id = a.institution_id and h.period_from = a.period_from and h.period_to = a.period_to
        and h.item_id = a.item_id
    left join screening as s on s.item_id = a.item_id
),

told as (
    select *,
        case
            when found_amount > 0 and declared_amount > 0 then 'declared_and_found'
            when found_amount - elsewhere_amount > 0 then 'not_declared'
            when found_amount > 0 or is_shared then 'declared_elsewhere'
            when screened_by is null then 'not_screened'
            when judged = 0 then 'cannot_judge'
            when declared_amount > 0 then 'declared_beyond'
            else 'none'
        end as state
    from stated
),

worded as (
    select t.item_id, string_agg(i.area_zh, '；' order by length(i.item_id), i.item_id) as area_zh,
        string_agg(i.problem_zh, '；或 ' order by length(i.item_id), i.item_id) as problem_zh
    from (select distinct item_id from told) as t
    join official_item as i on list_contains(string_split(t.item_id, ';'), i.item_id)
    group by t.item_id
),

counted as (
    select *,
        case
            when state = 'declared_and_found' then greatest(0, found_amount - declared_amount)
            when state = 'not_declared' then found_amount - elsewhere_amount
            else 0
        end as missing_amount,
        case when state in ('declared_and_found', 'declared_beyond') then greatest(0, declared_amount - found_amount) else 0 end
            as beyond_amount
    from told
)

select c.institution_id, c.institution_name, c.region, c.period_from, c.period_to, c.declared_on, c.item_id, w.area_zh,
    w.problem_zh, c.state, c.cases, cast(c.declared_amount as decimal(16, 2)) as declared_amount, c.returned_amount,
    c.found_settlements, cast(c.found_amount as decimal(16, 2)) as found_amount,
    cast(c.definite_amount as decimal(16, 2)) as definite_amount,
    cast(c.elsewhere_amount as decimal(16, 2)) as elsewhere_amount,
    cast(c.missing_amount as decimal(16, 2)) as missing_amount,
    cast(least(c.missing_amount, c.found_once) as decimal(16, 2)) as missing_once,
    cast(c.beyond_amount as decimal(16, 2)) as beyond_amount, cast(c.found_once as decimal(16, 2)) as found_once,
    cast(least(c.found_once, c.declared_amount) as decimal(16, 2)) as declared_of_found, c.screened_by
from counted as c
left join worded as w on w.item_id = c.item_id
order by c.missing_amount desc, c.declared_amount desc, c.institution_id, c.period_from, c.period_to, c.item_id
