-- peer_place: places with the groups they are compared in. Every kind but those that treat what comes has a specialty
-- (TCM, eyes, dialysis, nursing ...), so it is special: what differs by specialty is compared within its kind. A place
-- that no register names and whose name does not tell may be of any specialty: it is a kind of its own. Whoever lives
-- from one speciality, whatever the licence says, is compared with those who live from the same.
create temp table peer_place as
select g.institution_id, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth,
    coalesce(
        case when not regexp_matches(i.institution_kind, '^(A1|B|C|D1|D211|D[3-9])') then i.institution_kind end,
        'focus ' || m.focus, i.institution_kind, case when i.origin <> 'register' then i.institution_id end
    ) as kind,
    m.focus is not null or not regexp_matches(
        coalesce(i.institution_kind, case when i.origin <> 'register' and not i.is_pharmacy then '-' else 'A1' end),
        '^(A1|B|C|D1|D211|D[3-9])'
    ) as is_special
from feature.institution_peer_group as g
join feature.institution as i on i.institution_id = g.institution_id
left join feature.institution_case_mix as m on m.institution_id = g.institution_id;
