-- One row: one lead from outside (a delivered tip, or what was handed in) and the subject it is about: by its code, else by a name that only one place (or, where
-- the tip says so, only one practitioner) carries.
-- subject_id: null where nobody or several fit; why: the reason then
-- code, name: as delivered, a code in the place of the name is tried as a name too
-- plain: the name without blanks, brackets and punctuation, half-width; bare: without the company's legal form too
-- matched_by: code, name, name without company form
with word as (
    select word, min(subject_type) as subject_type
    from subject_word
    group by word
),

told as (
    select t.tip_id, t.kind, t.subject_id as code, coalesce(t.subject_name, t.subject_id) as name, w.subject_type as said_type,
        lower(translate(coalesce(t.subject_name, t.subject_id), $wide, $narrow)) as plain
    from casebook.heard_tip as t
    left join word as w on w.word = lower(t.subject_type)
),

subject as (
    select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type, institution_id as subject_id
    from feature.institution
    union
    select 'practitioner', practitioner_id
    from feature.practitioner
    union
    select 'person', person_id
    from feature.person
),

-- The register decides whether a code is a hospital or a drugstore.
by_code as (
    select t.tip_id, min(s.subject_type) as subject_type, min(s.subject_id) as subject_id, count(*) as fitting
    from told as t
    join subject as s on s.subject_id = t.code
    where t.said_type is null or s.subject_type = t.said_type
        or (s.subject_type in ('institution', 'pharmacy') and t.said_type in ('institution', 'pharmacy'))
    group by t.tip_id
),

called as (
    select institution_id, institution_name from record.hospital
    union
    select institution_id, institution_name from record.pharmacy
    union
    select institution_id, institution_name from feature.institution
),

named as (
    select s.subject_type, s.subject_id, lower(translate(c.institution_name, $wide, $narrow)) as plain
    from called as c
    join subject as s on s.subject_type in ('institution', 'pharmacy') and s.subject_id = c.institution_id
    union
    select 'practitioner', practitioner_id, lower(translate(practitioner_name, $wide, $narrow))
    from feature.practitioner
    where practitioner_name is not null
),

bared as (
    select *, replace(replace(replace(plain, '有限责任公司', ''), '股份有限公司', ''), '有限公司', '') as bare
    from named
),

asked as (
    select *, replace(replace(replace(plain, '有限责任公司', ''), '股份有限公司', ''), '有限公司', '') as bare
    from told
    where tip_id not in (select tip_id from by_code) and length(plain) >= 2
        and coalesce(said_type not in ('person', 'group'), true)
),

-- The whole name before the bare one, a place of the kind that the tip says before one of the other kind.
likened as (
    select a.tip_id, b.subject_type, b.subject_id,
        case when a.plain = b.plain then 0 else 2 end
            + case when coalesce(a.said_type = b.subject_type, true) then 0 else 1 end as distance
    from asked as a
    join bared as b on a.plain = b.plain or (a.bare = b.bare and length(a.bare) >= 4)
    where case when a.said_type = 'practitioner' then b.subject_type = 'practitioner' and a.plain = b.plain
        else b.subject_type in ('institution', 'pharmacy') end
),

nearest as (
    select tip_id, min(distance) as distance
    from likened
    group by tip_id
),

by_name as (
    select l.tip_id, min(l.subject_type) as subject_type, min(l.subject_id) as subject_id, min(l.distance) as distance,
        count(distinct l.subject_id) as fitting
    from likened as l
    join nearest as n on n.tip_id = l.tip_id and n.distance = l.distance
    group by l.tip_id
)

select t.tip_id, t.kind, t.said_type,
    case when c.fitting = 1 then c.subject_type when n.fitting = 1 then n.subject_type end as subject_type,
    case when c.fitting = 1 then c.subject_id when n.fitting = 1 then n.subject_id end as subject_id,
    case
        when c.fitting = 1 then 'code'
        when n.fitting = 1 and n.distance < 2 then 'name'
        when n.fitting = 1 then 'name without company form'
    end as matched_by,
    case
        when c.fitting = 1 or n.fitting = 1 then null
        when t.name is null then 'no_subject'
        when t.said_type = 'group' then 'group'
        when c.fitting > 1 then 'several_kinds'
        when n.fitting > 1 then 'several'
        when t.said_type = 'person' and t.code is null then 'person_by_name'
        when t.code is not null then 'unknown_code'
        else 'unknown_name'
    end as why,
    t.plain, t.bare_name as bare
from (
    select *, replace(replace(replace(plain, '有限责任公司', ''), '股份有限公司', ''), '有限公司', '') as bare_name
    from told
) as t
left join by_code as c on c.tip_id = t.tip_id
left join by_name as n on n.tip_id = t.tip_id
