-- Own items sent under another item's national code: all lines for a time, names unlike, at their own price.
-- 目录对码错误：院内项目在一段时间内全部按另一国家编码上传，名称不同而价格仍为原项目价格。
with bound as (
    select
        20 as min_lines,      -- fewer lines of an own item show no habit, where nobody tells what it stands for
        5 as min_known,       -- fewer are enough where the name is another item's
        0.9 as min_share,     -- of the own item's lines meanwhile; a name billed now this way, now that is no slip
        0.2 as max_likeness,  -- share of pairs of characters held; a brand or a pack size leaves most of them
        0.5 as max_known,     -- the same where the name is another item's: words such as 'injection' are shared
        2 as min_users,       -- other institutions that send the name under one code: it stands for that item
        1.2 as max_ratio,     -- of the price to that of what the name stands for; above, somebody gained
        0.2 as max_gain,      -- of the eligible share to that of what the name stands for; above, the same
        0.9 as min_struck,    -- of the lines hit, where nobody tells what the name stands for
        0.05 as min_hits,     -- of the lines hit, where the name is another item's: less may be chance
        0.1 as max_usual,     -- of that: as often the item the name stands for is hit under its right code
        0.5 as min_cause      -- of what a source hit of a code at the place: beyond, it hit the rest because of these
),

-- Line numbers may start anew in every settlement: a line is told by both.
hit as (
    select f.finding_id, f.source, f.family, f.settlement_id || '|' || f.line_id as line, l.institution_id,
        l.institution_item_code, l.institution_item_name, l.item_code, l.item_name
    from model.finding as f
    join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
),

suspect as (
    select distinct institution_id, institution_item_code, institution_item_name, item_code, item_name
    from hit
    where institution_item_code is not null and institution_item_name is not null and item_name is not null
        and institution_item_name <> item_name
),

place as (
    select first_char
    from (
        values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16),
            (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32)
    ) as positions (first_char)
),

-- How much of the shorter name's pairs of characters the longer one has; a brand or a pack size adds, it takes none.
named as (
    select distinct item_name, institution_item_name,
        case when length(item_name) <= length(institution_item_name) then item_name else institution_item_name
        end as shorter,
        case when length(item_name) <= length(institution_item_name) then institution_item_name else item_name
        end as longer
    from suspect
),

likeness as (
    select n.item_name, n.institution_item_name, avg(case when pair.is_held then 1.0 else 0.0 end) as held
    from named as n
    join (
        select m.shorter, m.longer, m.longer like '%' || substr(m.shorter, p.first_char, 2) || '%' as is_held
        from named as m
        join place as p on p.first_char < length(m.shorter)
    ) as pair on pair.shorter = n.shorter and pair.longer = n.longer
    group by n.item_name, n.institution_item_name
),

unlike as (
    select s.*, k.held
    from suspect as s
    join likeness as k on k.item_name = s.item_name and k.institution_item_name = s.institution_item_name
    cross join bound as b
    where k.held <= b.max_known
),

mapped as (
    select u.institution_id, u.institution_item_code, u.institution_item_name, u.item_code, u.item_name, u.held,
        count(*) as lines, min(l.charged_on) as first_on, max(l.charged_on) as last_on,
        quantile_cont(cast(l.unit_price as double), 0.5) as unit_price,
        cast(sum(l.eligible_amount) as double) / nullif(cast(sum(l.amount) as double), 0) as eligible_share
    from unlike as u
    join feature.fee_line as l
        on l.institution_id = u.institution_id and l.institution_item_code = u.institution_item_code
        and l.institution_item_name = u.institution_item_name and l.item_code = u.item_code
        and l.item_name = u.item_name
    group by u.institution_id, u.institution_item_code, u.institution_item_name, u.item_code, u.item_name, u.held
),

meanwhile as (
    select m.institution_id, m.institution_item_code, m.institution_item_name, m.item_code, m.item_name,
        count(*) as lines
    from mapped as m
    join feature.fee_line as l
        on l.institution_id = m.institution_id and l.institution_item_code = m.institution_item_code
        and l.institution_item_name = m.institution_item_name
        and l.charged_on >= m.first_on and l.charged_on <= m.last_on
    group by m.institution_id, m.institution_item_code, m.institution_item_name, m.item_code, m.item_name
),

-- Under which codes a name goes at every institution, as its own name or the national one.
used as (
    select l.own_name, l.institution_id, l.item_code, l.item_name, count(*) as lines,
        quantile_cont(cast(l.unit_price as double), 0.5) as unit_price,
        cast(sum(l.eligible_amount) as double) / nullif(cast(sum(l.amount) as double), 0) as eligible_share
    from (
        select item_name as own_name, institution_id, item_code, item_name, unit_price, eligible_amount, amount
        from feature.fee_line
        where item_name in (select institution_item_name from mapped)
        union all
        select institution_item_name, institution_id, item_code, item_name, unit_price, eligible_amount, amount
        from feature.fee_line
        where institution_item_name in (select institution_item_name from mapped)
            and item_name <> institution_item_name
    ) as l
    where l.item_code is not null
    group by l.own_name, l.institution_id, l.item_code, l.item_name
),

users as (
    select own_name, item_code, item_name, count(distinct institution_id) as institutions
    from used
    group by own_name, item_code, item_name
),

-- What an own name stands for, priced at the place itself where it also bills it, else where it is dearest.
meaning as (
    select m.institution_id, m.institution_item_code, m.institution_item_name, m.item_code, m.item_name,
        min(u.item_name) as known_name,
        coalesce(
            max(case when u.institution_id = m.institution_id then u.unit_price end), max(u.unit_price)
        ) as known_price,
        coalesce(
            max(case when u.institution_id = m.institution_id then u.eligible_share end), max(u.eligible_share)
        ) as known_share
    from mapped as m
    join used as u on u.own_name = m.institution_item_name and u.item_code <> m.item_code
    join users as s on s.own_name = u.own_name and s.item_code = u.item_code and s.item_name = u.item_name
    cross join bound as b
    where u.item_name = m.institution_item_name or s.institutions >= b.min_users
    group by m.institution_id, m.institution_item_code, m.institution_item_name, m.item_code, m.item_name
),

-- An own item always sent under the same strange code; as far as is known at the price of what it is.
settled as (
    select m.*, k.known_name, k.known_price,
        sum(m.lines) over (partition by m.institution_id, m.item_code, k.known_name is not null) as code_lines,
        count(*) over (partition by m.institution_id, m.item_code, k.known_name is not null) as code_items
    from mapped as m
    join meanwhile as w
        on w.institution_id = m.institution_id and w.institution_item_code = m.institution_item_code
        and w.institution_item_name = m.institution_item_name and w.item_code = m.item_code
        and w.item_name = m.item_name
    left join meaning as k
        on k.institution_id = m.institution_id and k.institution_item_code = m.institution_item_code
        and k.institution_item_name = m.institution_item_name and k.item_code = m.item_code
        and k.item_name = m.item_name
    cross join bound as b
    where m.lines >= b.min_share * w.lines
        and (
            (k.known_name is null and m.held <= b.max_likeness)
            or (m.unit_price <= b.max_ratio * k.known_price and m.eligible_share <= k.known_share + b.max_gain)
        )
),

-- How often a source hits the lines of what the name stands for, under its right code.
rightly as (
    select u.own_name, sum(u.lines) as lines
    from used as u
    where u.item_name = u.own_name
    group by u.own_name
),

rightly_hit as (
    select item_name as own_name, source, count(distinct line) as hits
    from hit
    where item_name in (select own_name from rightly)
    group by item_name, source
),

struck as (
    select t.institution_id, t.institution_item_code, t.institution_item_name, t.item_code, t.item_name, t.lines,
        t.first_on, t.last_on, t.known_name, t.code_items, h.source, count(distinct h.line) as hits
    from settled as t
    join hit as h
        on h.institution_id = t.institution_id and h.institution_item_code = t.institution_item_code
        and h.institution_item_name = t.institution_item_name and h.item_code = t.item_code
        and h.item_name = t.item_name
    left join rightly as r on r.own_name = t.institution_item_name
    left join rightly_hit as g on g.own_name = t.institution_item_name and g.source = h.source
    cross join bound as b
    group by t.institution_id, t.institution_item_code, t.institution_item_name, t.item_code, t.item_name, t.lines,
        t.first_on, t.last_on, t.known_name, t.code_items, t.code_lines, h.source
    having (
        t.known_name is null and t.lines >= max(b.min_lines)
        and count(distinct h.line) >= max(b.min_struck) * t.lines
        and max(case when h.family = 'substitution' then 1 else 0 end) = 0
    ) or (
        t.known_name is not null and (t.lines >= max(b.min_known) or t.code_lines >= max(b.min_lines))
        and count(distinct h.line) >= max(b.min_hits) * t.lines
        and coalesce(max(g.hits) / nullif(cast(max(r.lines) as double), 0), 0)
            <= max(b.max_usual) * count(distinct h.line) / cast(greatest(t.lines, 1) as double)
    )
),

recognised as (
    select h.finding_id, s.institution_id, s.institution_item_code, s.institution_item_name, s.item_code, s.item_name,
        s.lines, s.hits, s.first_on, s.last_on, s.known_name, s.code_items, h.source, h.line
    from struck as s
    join hit as h
        on h.source = s.source and h.institution_id = s.institution_id
        and h.institution_item_code = s.institution_item_code and h.institution_item_name = s.institution_item_name
        and h.item_code = s.item_code and h.item_name = s.item_name
),

-- A source that measures how much of an item there is hits the rightly mapped lines as well.
swollen as (
    select c.institution_id, c.source, c.item_code, c.item_name, c.lines, c.wrong
    from (
        select h.institution_id, h.source, h.item_code, h.item_name, count(distinct h.line) as lines,
            count(distinct r.line) as wrong
        from hit as h
        left join recognised as r on r.finding_id = h.finding_id
        group by h.institution_id, h.source, h.item_code, h.item_name
    ) as c
    cross join bound as b
    where c.wrong > b.min_cause * c.lines
)

select finding_id,
    'the own item ' || institution_item_name || ' (' || institution_item_code || ') is sent under the code '
        || item_code || ', ' || item_name || ', in all ' || cast(lines as varchar) || ' lines from '
        || cast(first_on as varchar) || ' to ' || cast(last_on as varchar) || '; ' || cast(hits as varchar)
        || ' of them hit this rule'
        || case when code_items > 1 then '; ' || cast(code_items as varchar) || ' own items go under this code'
            else '' end
        || coalesce('. Elsewhere it is ' || known_name, '')
        || '. Have the mapping corrected and these lines sent anew' as reason,
    '院内项目“' || institution_item_name || '”（' || institution_item_code || '）自' || cast(first_on as varchar) || '至'
        || cast(last_on as varchar) || '的' || cast(lines as varchar) || '条明细全部对码为“' || item_name || '”（'
        || item_code || '），其中' || cast(hits as varchar) || '条命中本规则'
        || case when code_items > 1 then '，共' || cast(code_items as varchar) || '个院内项目归入该编码' else '' end
        || coalesce('；其他明细中该名称对应“' || known_name || '”', '') || '。请核对并更正对码后重传' as reason_zh
from recognised
union all
select h.finding_id,
    cast(s.wrong as varchar) || ' of the ' || cast(s.lines as varchar) || ' lines of ' || s.item_name
        || ' that hit this rule here are other items sent under its code. Have the mapping corrected and those'
        || ' lines sent anew' as reason,
    '本机构命中本规则的“' || s.item_name || '”' || cast(s.lines as varchar) || '条明细中，'
        || cast(s.wrong as varchar) || '条为其他项目误对码。请更正对码后重传' as reason_zh
from swollen as s
join hit as h
    on h.institution_id = s.institution_id and h.source = s.source and h.item_code = s.item_code
    and h.item_name = s.item_name
where h.finding_id not in (select finding_id from recognised)
