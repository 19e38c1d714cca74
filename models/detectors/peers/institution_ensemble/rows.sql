select n.*, p.key_1, p.key_2, p.key_3, p.key_4, p.breadth, p.kind, p.is_special
from feature.institution_indicator as n
join peer_place as p on p.institution_id = n.institution_id
order by n.institution_id
