-- One row: one institution that settles, and the group of institutions it is compared with.
-- peer_group: the finest of kind | level | ownership, kind | level, kind, all, that has eight members; drugstores
--     are compared by division where it has eight of them, else all together
-- members: institutions in the group
-- breadth: 1 the finest grouping to 4 the widest
-- key_1 to key_4: the institution's groups from fine to wide; a group's members are all that share its key
with active as (
    select i.institution_id, i.is_pharmacy, coalesce(i.division, '-') as division,
        coalesce(cast(i.institution_level as varchar), '-') as level, coalesce(i.ownership, '-') as ownership,
        case
            when i.is_pharmacy then 'drugstore'
            when substr(i.institution_kind, 1, 2) in ('A5', 'A6', 'A7') then 'specialised'
            when substr(i.institution_kind, 1, 1) = 'A' then 'hospital'
            when substr(i.institution_kind, 1, 1) in ('B', 'C', 'D') then 'primary'
            else 'other'
        end as kind
    from feature.institution as i
    where exists (select 1 from feature.settlement as s where s.institution_id = i.institution_id)
),

keyed as (
    select institution_id,
        case when is_pharmacy then kind || '|' || division else kind || '|' || level || '|' || ownership end as key_1,
        case when is_pharmacy then kind || '|all' else kind || '|' || level end as key_2,
        case when is_pharmacy then kind || '|all' else kind end as key_3,
        case when is_pharmacy then kind || '|all' else 'all' end as key_4
    from active
),

sized as (
    select institution_id, key_1, key_2, key_3, key_4,
        count(*) over (partition by key_1) as size_1,
        count(*) over (partition by key_2) as size_2,
        count(*) over (partition by key_3) as size_3,
        count(*) over (partition by key_4) as size_4
    from keyed
)

select institution_id,
    case when size_1 >= 8 then key_1 when size_2 >= 8 then key_2 when size_3 >= 8 then key_3 else key_4 end
        as peer_group,
    case when size_1 >= 8 then size_1 when size_2 >= 8 then size_2 when size_3 >= 8 then size_3 else size_4 end
        as members,
    case when size_1 >= 8 then 1 when size_2 >= 8 then 2 when size_3 >= 8 then 3 else 4 end as breadth,
    key_1,
    key_2,
    key_3,
    key_4
from sized
