-- One row: one contracted institution or drugstore, registered or only seen in settlements.
-- is_pharmacy: a drugstore, by the register or because it settles only purchases
-- institution_level: 1 to 3, null without grade or unknown
-- institution_kind: national kind code (A1 general hospital, B community, C township, D clinic ...), null unknown
-- ownership: 1 public, 2 private, null unknown
-- approved_beds: beds by licence
-- contract_from, contract_to: first day of the first contract, last day of the latest one; contract_to null while it runs
-- owner: legal representative
-- community_id: the community of hospitals (医共体, 医联体) that the bureau's table puts it in; null where it names none.
--     Within one, doctors go out and patients are passed on by plan, with neither filing nor referral
-- presumed_community_id: null where the table speaks for anybody of its division, else the division, for its public
--     institutions: by now every county has its community, but nobody has told us who belongs to it. Whoever asks for
--     a breach between two with the same value cannot judge
with seen as (
    select institution_id, max(institution_name) as institution_name, max(institution_grade) as institution_grade,
        max(institution_division) as division, min(case when medical_category = '41' then 1 else 0 end) as only_drugs
    from record.settlement
    where institution_id is not null
    group by institution_id
),

hospital as (
    select institution_id, max(institution_name) as institution_name, max(institution_grade) as institution_grade,
        max(division) as division, max(institution_level) as institution_level,
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

-- The divisions for whose places the table speaks.
listed_division as (
    select distinct coalesce(h.division, s.division) as division
    from member as m
    left join hospital as h on h.institution_id = m.institution_id
    left join seen as s on s.institution_id = m.institution_id
)

select
    e.institution_id,
    coalesce(h.institution_name, p.institution_name, s.institution_name) as institution_name,
    p.institution_id is not null or (h.institution_id is null and coalesce(s.only_drugs, 0) = 1) as is_pharmacy,
    coalesce(h.institution_grade, s.institution_grade) as institution_grade,
    coalesce(
        g.institution_level,
        case when h.institution_level in ('1', '2', '3') then cast(h.institution_level as integer) end
    ) as institution_level,
    h.institution_kind,
    h.ownership,
    h.approved_beds,
    coalesce(h.division, p.division, s.division) as division,
    coalesce(h.longitude, p.longitude) as longitude,
    coalesce(h.latitude, p.latitude) as latitude,
    coalesce(h.owner, p.owner) as owner,
    m.community_id,
    case when h.ownership = '1' and t.division is null then coalesce(h.division, s.division) end
        as presumed_community_id,
    coalesce(h.contract_from, p.contract_from) as contract_from,
    c.valid_to as contract_to
from everyone as e
left join seen as s on s.institution_id = e.institution_id
left join hospital as h on h.institution_id = e.institution_id
left join drugstore as p on p.institution_id = e.institution_id
left join member as m on m.institution_id = e.institution_id
left join listed_division as t on t.division = coalesce(h.division, s.division)
left join contract as c on c.institution_id = e.institution_id and c.place = 1
left join knowledge.institution_grade as g
    on g.institution_grade = coalesce(h.institution_grade, s.institution_grade)
