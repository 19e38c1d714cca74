-- One row: one tip that is about nobody the record knows for sure, as delivered, and the places it might mean.
-- is_person: its code and name are a person's, or may be: no kind is said, and no word for a place is in the name
-- subject_name: a practitioner's with its first character alone, as everywhere
-- candidates: at most five places (code and name) whose name holds the told one, is held by it, or differs in two
-- characters; of practitioners those who carry the name; none for persons
with open_end as (
    select t.tip_id, t.received_on, t.subject_type, t.subject_id, t.subject_name, s.said_type, s.why, s.plain, s.bare
    from tip_subject as s
    join casebook.heard_tip as t on t.tip_id = s.tip_id
    where s.subject_id is null
),

place as (
    select institution_id as code, institution_name as name,
        replace(replace(replace(lower(translate(institution_name, $wide, $narrow)), '有限责任公司', ''), '股份有限公司', ''),
            '有限公司', '') as bare
    from feature.institution
    where institution_name is not null
),

near as (
    select o.tip_id, p.code, p.name, levenshtein(o.bare, p.bare) as distance
    from open_end as o
    join place as p
        on (length(o.bare) >= 3 and length(p.bare) >= 3 and (contains(p.bare, o.bare) or contains(o.bare, p.bare)))
        or (levenshtein(o.bare, p.bare) <= 2 and levenshtein(o.bare, p.bare) * 4 <= length(o.bare))
    where coalesce(o.said_type not in ('person', 'practitioner'), true)
    union
    select o.tip_id, d.practitioner_id, substr(d.practitioner_name, 1, 1) || '**', 0
    from open_end as o
    join feature.practitioner as d on lower(translate(d.practitioner_name, $wide, $narrow)) = o.plain
    where o.said_type = 'practitioner'
),

best as (
    select tip_id, string_agg(code || ' ' || name, '; ' order by place) as candidates
    from (
        select tip_id, code, name, row_number() over (partition by tip_id order by distance, code, name) as place
        from near
    ) as ordered
    where place <= 5
    group by tip_id
)

select o.tip_id, o.received_on, o.subject_type, o.subject_id,
    case when o.said_type = 'practitioner' then substr(o.subject_name, 1, 1) || '**' else o.subject_name end
        as subject_name,
    coalesce(
        o.said_type in ('person', 'group'),
        not regexp_matches(coalesce(o.subject_name, o.subject_id, ''), '院|店|所|站|房|堂|中心|室|部|科|公司')
    ) as is_person, o.why, b.candidates
from open_end as o
left join best as b on b.tip_id = o.tip_id
order by o.tip_id
