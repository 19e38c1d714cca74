select b.*, n.round_share, n.night_share, n.top_item_share, n.repeated_share, n.chained_share,
    n.tonic_share, n.dear_share, g.key_1, g.key_2, g.key_3, g.key_4, g.breadth,
    cast(null as varchar) as kind, false as is_special
from feature.pharmacy_bill as b
join feature.pharmacy_indicator as n on n.institution_id = b.institution_id
join feature.institution_peer_group as g on g.institution_id = b.institution_id
order by b.institution_id
