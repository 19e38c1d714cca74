-- One item of one institution mapped to the wrong national code: nearly all its lines hit one source, names unlike.
-- 目录对码错误：一家机构某一院内项目几乎全部明细命中同一规则，且国家名称与院内名称不同。
with item as (
    select institution_id, institution_item_code, institution_item_name, item_code, item_name, count(*) as lines
    from feature.fee_line
    where institution_item_code is not null and institution_item_name is not null and item_name is not null
    group by institution_id, institution_item_code, institution_item_name, item_code, item_name
    having count(*) >= 20
),

-- Line numbers may start anew in every settlement: a line is told by both.
hit as (
    select f.finding_id, f.source, f.settlement_id || '|' || f.line_id as line, l.institution_id, l.institution_item_code,
        l.institution_item_name, l.item_code, l.item_name
    from model.finding as f
    join feature.fee_line as l on l.settlement_id = f.settlement_id and l.line_id = f.line_id
),

struck as (
    select i.institution_id, i.institution_item_code, i.institution_item_name, i.item_code, i.item_name, i.lines,
        h.source, count(distinct h.line) as hits
    from item as i
    join hit as h
        on h.institution_id = i.institution_id and h.institution_item_code = i.institution_item_code
        and h.institution_item_name = i.institution_item_name and h.item_code = i.item_code
        and h.item_name = i.item_name
    group by i.institution_id, i.institution_item_code, i.institution_item_name, i.item_code, i.item_name, i.lines,
        h.source
    having count(distinct h.line) >= 0.9 * i.lines
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
    from struck
),

likeness as (
    select n.item_name, n.institution_item_name,
        avg(case when pair.is_held then 1.0 else 0.0 end) as held
    from named as n
    join (
        select m.shorter, m.longer, m.longer like '%' || substr(m.shorter, p.first_char, 2) || '%' as is_held
        from named as m
        join place as p on p.first_char < length(m.shorter)
    ) as pair on pair.shorter = n.shorter and pair.longer = n.longer
    group by n.item_name, n.institution_item_name
)

select h.finding_id,
    cast(s.hits as varchar) || ' of ' || cast(s.lines as varchar) || ' lines of ' || s.institution_item_name
        || ' are mapped to ' || s.item_name || ' and hit the same rule' as reason,
    '院内项目“' || s.institution_item_name || '”对码为“' || s.item_name || '”，' || cast(s.lines as varchar)
        || '条明细中' || cast(s.hits as varchar) || '条命中同一规则' as reason_zh
from struck as s
join likeness as k on k.item_name = s.item_name and k.institution_item_name = s.institution_item_name
join hit as h
    on h.source = s.source and h.institution_id = s.institution_id
    and h.institution_item_code = s.institution_item_code and h.institution_item_name = s.institution_item_name
    and h.item_code = s.item_code and h.item_name = s.item_name
where k.held <= 0.2
