-- Lent: strongest_value
with worded as (
    select *, format('{:g}', value) as value_text, case what when 'nights' then 'stays' else what end as what_text,
        case what when 'nights' then '次住院' when 'bills' then '张门诊或购药账单' else '张住院账单' end as what_zh,
        case what
            when 'nights' then 'last exactly ' || format('{:g}', value) || ' nights'
            else 'are just below ' || format('{:g}', value) || ' yuan'
        end as where_text,
        case what
            when 'nights' then '恰为' || format('{:g}', value) || '天'
            else '紧贴' || format('{:g}', value) || '元以下'
        end as where_zh
    from strongest_value
)
select 'hit' as outcome, institution_id, what || '|' || value_text as part,
    -- Records fitted to a limit are one reading of many: half as much as others at first, never more than four fifths.
    round(0.8 - 0.3 * pow(2, -surprise / 10), 4) as weight,
    case what when 'nights' then 'stays_at_length' else 'bills_below_limit' end as indicator,
    what_text || ' that ' || where_text as indicator_title,
    where_zh || '的' || substr(what_zh, 2) || '数' as indicator_title_zh, '' as unit, hits as own,
    round(usual, 1) as usual, peers, events, what_text as what, what_zh, where_text, where_zh, round(100.0 * hits / events, 1) || '%' as share_text,
    case what
        when 'nights' then beside || ' one or two nights shorter or longer'
        else beside || ' as much above it'
    end as beside_text,
    case what when 'nights' then '前后各两天共' || beside else '同宽度之上仅' || beside end as beside_zh, value,
    round(surprise, 1) as surprise
from worded
where is_hit

union all by name
select 'cannot_judge' as outcome, 'too few others of its kind' as reason, institution_id
from strongest_value
where not is_hit and peers < $min_peers

union all by name
select 'clear' as outcome, count(*) as units
from strongest_value
where not is_hit and peers >= $min_peers
having count(*) > 0
