-- A month counts when the delivery reaches within three days of both its ends.
select m.institution_id, m.month, m.settlements, cast(m.eligible_amount as double) as eligible_amount,
    g.key_1, g.key_2, g.key_3, g.key_4, g.breadth
from feature.institution_month as m
join feature.institution_peer_group as g on g.institution_id = m.institution_id
cross join feature.delivery_span as s
where m.month + interval 3 day >= s.first_on and m.month + interval 1 month - interval 4 day <= s.last_on
    and m.eligible_amount > 0
order by m.institution_id, m.month
