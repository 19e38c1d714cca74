-- The rows of stay_of_share, a step of the detector, beside the groups their institution is compared in. One row a kind
-- of stay (share) and stay that can be judged by it:
--   institution_id, encounter_id
--   chapter, stratum  of feature.stay: what is usual at whose age, sex and diagnosis
--   is_flagged        whether the stay is of the kind
--   amount            yuan at issue in place of the stay's own money, where the share's at_issue says so
-- Kinds whose stays are of all sorts are not special: as for the indicators of the family peers, and hospitals of
-- Chinese medicine. A place that no register names and whose name does not tell is a kind of its own. Whoever lives from
-- one speciality is compared with those who live from the same.
-- Lent: stay_of_share
select f.share, f.is_flagged, f.institution_id, f.chapter, f.stratum, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth,
    coalesce(
        case when not regexp_matches(i.institution_kind, '^(A1|A2|B|C|D1|D211|D[3-9])') then i.institution_kind end,
        'focus ' || m.focus, i.institution_kind, case when i.origin <> 'register' then i.institution_id end
    ) as kind,
    m.focus is not null or not regexp_matches(
        coalesce(i.institution_kind, case when i.origin <> 'register' then '-' else 'A1' end),
        '^(A1|A2|B|C|D1|D211|D[3-9])'
    ) as is_special
from stay_of_share as f
join feature.institution_peer_group as g on g.institution_id = f.institution_id
join feature.institution as i on i.institution_id = f.institution_id
left join feature.institution_case_mix as m on m.institution_id = f.institution_id
order by f.share, f.institution_id, f.encounter_id;
