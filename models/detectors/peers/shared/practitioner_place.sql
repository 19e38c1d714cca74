-- practitioner_place: practitioners with the groups they are compared in: the department at institutions of the kind
-- and level, then of the kind; else all of the kind. A department is narrower than any specialty, so none is special.
create temp table practitioner_place as
select n.practitioner_id, coalesce(n.department, '-') || '|' || g.key_2 as key_1,
    coalesce(n.department, '-') || '|' || g.key_3 as key_2, g.key_3, 'all' as key_4, 1 as breadth,
    cast(null as varchar) as kind, false as is_special
from feature.practitioner_indicator as n
join feature.institution_peer_group as g on g.institution_id = n.institution_id;
