-- One row: the money of some lists taken together, each yuan once.
-- first_list, last_list: the lists' places in the order of `listed`; all_between: those between them too, else just
-- the two; a list with itself: what its own leads say, once
with listed as (
    select 1 as place, 'institution' as subject_type
    union all select 2, 'pharmacy'
    union all select 3, 'practitioner'
    union all select 4, 'person'
    union all select 5, 'group'
),

together as (
    select a.place as first_list, b.place as last_list, false as all_between, c.subject_type
    from listed as a
    join listed as b on b.place >= a.place
    join listed as c on c.place = a.place or c.place = b.place
    union all
    select 1, b.place, true, c.subject_type
    from listed as b
    join listed as c on c.place <= b.place
),

unit as (
    select l.subject_type, u.settlement_id, u.line_id, max(u.amount) as amount, max(u.fund_amount) as fund_amount
    from model.lead_line as u
    join model.lead as l on l.lead_id = u.lead_id
    group by l.subject_type, u.settlement_id, u.line_id
),

best as (
    select t.first_list, t.last_list, t.all_between, u.settlement_id, u.line_id, max(u.amount) as amount,
        max(u.fund_amount) as fund_amount
    from together as t
    join unit as u on u.subject_type = t.subject_type
    group by t.first_list, t.last_list, t.all_between, u.settlement_id, u.line_id
),

-- A settlement contains its lines.
settled as (
    select first_list, last_list, all_between, settlement_id,
        greatest(
            sum(case when line_id is null then amount else 0 end),
            sum(case when line_id is null then 0 else amount end)
        ) as amount,
        greatest(
            sum(case when line_id is null then fund_amount else 0 end),
            sum(case when line_id is null then 0 else fund_amount end)
        ) as fund_amount
    from best
    group by first_list, last_list, all_between, settlement_id
)

select first_list, last_list, all_between, cast(sum(amount) as decimal(16, 2)) as amount,
    cast(sum(fund_amount) as decimal(16, 2)) as fund_amount
from settled
group by first_list, last_list, all_between
order by all_between, first_list, last_list
