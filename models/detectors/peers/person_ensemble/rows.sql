select n.*, p.key_1, p.key_2, p.key_3, p.key_4, p.breadth, p.kind, p.is_special
from feature.person_indicator as n
join person_place as p on p.person_id = n.person_id
order by n.person_id
