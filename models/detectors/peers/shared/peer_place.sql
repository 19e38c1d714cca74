-- peer_place: places with the groups they are compared in. Every kind but those that treat what comes has a specialty
-- (TCM, eyes, dialysis, nursing ...), so it is special: what differs by specialty is compared within its kind. A place
-- that no register names and whose name does not tell may be of any specialty: it is a kind of its own.
create temp table peer_place as
select g.institution_id, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth,
    coalesce(i.institution_kind, case when i.origin <> 'register' then i.institution_id end) as kind,
    not regexp_matches(coalesce(i.institution_kind, case when i.origin <> 'register' then '-' else 'A1' end),
        '^(A1|B|C|D1|D211|D[3-9])') as is_special
from feature.institution_peer_group as g
join feature.institution as i on i.institution_id = g.institution_id;
