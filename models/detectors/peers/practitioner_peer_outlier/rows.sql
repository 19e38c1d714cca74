select n.*, p.key_1, p.key_2, p.key_3, p.key_4, p.breadth, p.kind, p.is_special
from feature.practitioner_indicator as n
join practitioner_place as p on p.practitioner_id = n.practitioner_id
order by n.practitioner_id
