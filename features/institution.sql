-- One row: one contracted institution or drugstore, registered or only seen in settlements and encounters.
-- Where there is no register, what settlements, encounters and the national code say stands in; a register wins.
-- is_pharmacy: a drugstore; null where nothing tells
-- origin: what tells whether it is a drugstore: register; code, the letter of the national code; settlement, what it
--     settles; name; null nothing
-- institution_level: 1 to 3, null without grade or unknown
-- highest_level: the higher of what the register's grade and its level say, for one of them is often left as it was when
--     a place is promoted
-- institution_kind: national kind code (A1 general hospital, B community, C township, D clinic ...), null unknown
-- kind_origin: what tells the kind: register, name; null unknown
-- division: where it is, by the register, else by settlements and encounters, else by the national code
-- area: whose parameters hold for what is judged of the place as a whole (统筹区): its division, else the pooling area of
--     most of its settlements
-- ownership: 1 public, 2 private, null unknown
-- approved_beds: beds by licence
-- contract_from, contract_to: first day of the first contract, last day of the latest one; contract_to null while it runs
-- owner: legal representative; of hospitals of which no register tells it the name without a campus, within the division
-- community_id: the community of hospitals (医共体, 医联体) that the bureau's table puts it in; null where it names none.
--     Within one, doctors go out and patients are passed on by plan, with neither filing nor referral
-- presumed_community_id: null where the table speaks for anybody of its division, else the division, for its public
--     institutions and those of which no register tells whether they are: by now every county has its community, but
--     nobody has told us who belongs to it. Whoever asks for a breach between two with the same value cannot judge
with care as (
    select institution_id, institution_name, institution_grade, institution_division, medical_category, clearing_type,
        coalesce(institution_division, pooling_area, '') as area, settled_at as seen_at
    from record.settlement
    where institution_id is not null
    union all
    select institution_id, institution_name, institution_grade, institution_division, medical_category, null,
        coalesce(institution_division, ''), started_at
    from record.encounter
    where institution_id is not null
),

kind_of_care as (
    select medical_category, area, care_setting
    from (
        select c.medical_category, c.area, k.care_setting,
            row_number() over (
                partition by c.medical_category, c.area
                order by length(k.code_prefix) desc, length(coalesce(k.area, '')) desc
            ) as nearness
        from (select distinct medical_category, area from care) as c
        join knowledge.medical_category as k
            on substr(c.medical_category, 1, length(k.code_prefix)) = k.code_prefix
            and substr(c.area, 1, length(coalesce(k.area, ''))) = coalesce(k.area, '')
    ) as candidates
    where nearness = 1
),

-- A clearing type 41 is a drugstore's, whatever the category says: many settle there for chronic diseases.
cared as (
    select c.institution_id, count(*) as rows_seen, count(k.care_setting) as rows_known,
        sum(case when k.care_setting = 'drugstore' or substr(c.clearing_type, 1, 2) = '41' then 1 else 0 end)
            as purchases,
        sum(case when k.care_setting in ('inpatient', 'emergency') then 1 else 0 end) as stays
    from care as c
    left join kind_of_care as k on k.medical_category = c.medical_category and k.area = c.area
    group by c.institution_id
),

-- Names and grades change: the latest stands.
stated as (
    select institution_id, 'name' as what, institution_name as value, max(seen_at) as last_at
    from care
    where institution_name is not null
    group by institution_id, institution_name
    union all
    select institution_id, 'grade', institution_grade, max(seen_at)
    from care
    where institution_grade is not null
    group by institution_id, institution_grade
    union all
    select institution_id, 'division', institution_division, max(seen_at)
    from care
    where institution_division is not null
    group by institution_id, institution_division
),

pooled as (
    select institution_id, pooling_area, row_number() over (
            partition by institution_id
            order by count(*) desc, pooling_area
        ) as place
    from record.settlement
    where institution_id is not null and pooling_area is not null
    group by institution_id, pooling_area
),

latest as (
    select institution_id, what, value,
        row_number() over (
            partition by institution_id, what
            order by coalesce(last_at, timestamp '0001-01-01 00:00:00') desc, value desc
        ) as place
    from stated
),

-- H and P begin the national codes of hospitals and drugstores, before six digits of the division and five of a number.
seen as (
    select c.institution_id, c.rows_known, c.purchases, c.stays,
        case when regexp_matches(c.institution_id, '^[HP][0-9]{11}$') then substr(c.institution_id, 1, 1) end as letter,
        case when regexp_matches(c.institution_id, '^[HP][0-9]{11}$') then substr(c.institution_id, 2, 6) end
            as coded_division,
        max(case when l.what = 'name' then l.value end) as institution_name,
        max(case when l.what = 'grade' then l.value end) as institution_grade,
        max(case when l.what = 'division' then l.value end) as division
    from cared as c
    left join latest as l on l.institution_id = c.institution_id and l.place = 1
    group by c.institution_id, c.rows_known, c.purchases, c.stays
),

hospital as (
    select institution_id, max(institution_name) as institution_name, max(institution_grade) as institution_grade,
        max(division) as division, max(institution_level) as institution_level,
        max(case when institution_level in ('1', '2', '3') then cast(institution_level as integer) end) as stated_level,
        max(institution_kind) as institution_kind, max(ownership) as ownership, max(approved_beds) as approved_beds,
        max(longitude) as longitude, max(latitude) as latitude, max(legal_representative) as owner,
        min(valid_from) as contract_from
    from record.hospital
    group by institution_id
),

drugstore as (
    select institution_id, max(institution_name) as institution_name, max(division) as division,
        max(longitude) as longitude, max(latitude) as latitude, max(legal_representative) as owner,
        min(valid_from) as contract_from
    from record.pharmacy
    group by institution_id
),

-- The latest contract says until when: an open one after an ended one is a renewal.
contract as (
    select institution_id, valid_to,
        row_number() over (
            partition by institution_id
            order by coalesce(valid_from, date '0001-01-01') desc, coalesce(valid_to, date '9999-12-31') desc
        ) as place
    from (
        select institution_id, valid_from, valid_to from record.hospital
        union all
        select institution_id, valid_from, valid_to from record.pharmacy
    ) as written
),

member as (
    select institution_id, max(community_id) as community_id
    from knowledge.institution_community
    where superseded_by is null
    group by institution_id
),

everyone as (
    select institution_id from seen
    union
    select institution_id from hospital
    union
    select institution_id from drugstore
),

called as (
    select e.institution_id, coalesce(h.institution_name, p.institution_name, s.institution_name) as institution_name
    from everyone as e
    left join seen as s on s.institution_id = e.institution_id
    left join hospital as h on h.institution_id = e.institution_id
    left join drugstore as p on p.institution_id = e.institution_id
),

-- A campus bears the name of its house and more.
campus as (
    select c.institution_id, min(m.institution_name) as main_name
    from called as c
    join called as m on c.institution_name like m.institution_name || '_%'
    where regexp_matches(c.institution_name, '(院区|分院|分部)[)）]?$') and length(m.institution_name) >= 4
    group by c.institution_id
),

-- The word at the name's end tells what it is (a company's form and a bracket left aside), else the longest word in it.
named as (
    select institution_id, institution_kind, is_pharmacy
    from (
        select c.institution_id, k.institution_kind, k.is_pharmacy,
            row_number() over (
                partition by c.institution_id
                order by case
                    when c.institution_name like '%' || k.name_word then 0
                    when c.institution_name like '%' || k.name_word || '有限%公司' then 0
                    when c.institution_name like '%' || k.name_word || '（%' then 0
                    when c.institution_name like '%' || k.name_word || '(%' then 0
                    else 1
                end, length(k.name_word) desc, k.name_word
            ) as place
        from called as c
        join knowledge.institution_name as k on c.institution_name like '%' || k.name_word || '%'
    ) as candidates
    where place = 1
),

-- A drugstore admits nobody: where one that the code calls so does, what it settles is believed.
told as (
    select e.institution_id,
        case
            when p.institution_id is not null or h.institution_id is not null then 'register'
            when s.letter = 'H' or (s.letter = 'P' and s.stays = 0) then 'code'
            when s.rows_known > 0 then 'settlement'
            when n.institution_id is not null then 'name'
        end as origin,
        case
            when p.institution_id is not null then true
            when h.institution_id is not null then false
            when s.letter = 'H' or (s.letter = 'P' and s.stays = 0) then s.letter = 'P'
            when s.rows_known > 0 then s.stays = 0 and s.purchases * 2 > s.rows_known
            else n.is_pharmacy
        end as is_pharmacy
    from everyone as e
    left join seen as s on s.institution_id = e.institution_id
    left join hospital as h on h.institution_id = e.institution_id
    left join drugstore as p on p.institution_id = e.institution_id
    left join named as n on n.institution_id = e.institution_id
),

-- The divisions for whose places the table speaks.
listed_division as (
    select distinct coalesce(h.division, s.division, s.coded_division) as division
    from member as m
    left join hospital as h on h.institution_id = m.institution_id
    left join seen as s on s.institution_id = m.institution_id
)

select
    e.institution_id,
    e.institution_name,
    t.is_pharmacy,
    t.origin,
    coalesce(h.institution_grade, s.institution_grade) as institution_grade,
    coalesce(
        g.institution_level,
        case when h.institution_level in ('1', '2', '3') then cast(h.institution_level as integer) end
    ) as institution_level,
    greatest(
        coalesce(g.institution_level, h.stated_level), coalesce(h.stated_level, g.institution_level)
    ) as highest_level,
    case when not coalesce(t.is_pharmacy, true) then coalesce(h.institution_kind, n.institution_kind) end
        as institution_kind,
    case
        when coalesce(t.is_pharmacy, true) then null
        when h.institution_kind is not null then 'register'
        when n.institution_kind is not null then 'name'
    end as kind_origin,
    h.ownership,
    h.approved_beds,
    coalesce(h.division, p.division, s.division, s.coded_division) as division,
    coalesce(h.division, p.division, s.division, s.coded_division, a.pooling_area) as area,
    coalesce(h.longitude, p.longitude) as longitude,
    coalesce(h.latitude, p.latitude) as latitude,
    coalesce(h.owner, p.owner, case when not t.is_pharmacy then
        coalesce(h.division, s.division, s.coded_division, '')
            || coalesce(x.main_name, h.institution_name, s.institution_name)
    end) as owner,
    m.community_id,
    case
        when v.division is not null then null
        when h.ownership = '1' or (h.institution_id is null and not t.is_pharmacy)
            then coalesce(h.division, s.division, s.coded_division)
    end as presumed_community_id,
    coalesce(h.contract_from, p.contract_from) as contract_from,
    c.valid_to as contract_to
from called as e
join told as t on t.institution_id = e.institution_id
left join seen as s on s.institution_id = e.institution_id
left join hospital as h on h.institution_id = e.institution_id
left join drugstore as p on p.institution_id = e.institution_id
left join named as n on n.institution_id = e.institution_id
left join pooled as a on a.institution_id = e.institution_id and a.place = 1
left join campus as x on x.institution_id = e.institution_id
left join member as m on m.institution_id = e.institution_id
left join listed_division as v on v.division = coalesce(h.division, s.division, s.coded_division)
left join contract as c on c.institution_id = e.institution_id and c.place = 1
left join knowledge.institution_grade as g
    on g.institution_grade = coalesce(h.institution_grade, s.institution_grade)
