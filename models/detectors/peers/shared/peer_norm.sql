select subject, indicator, key_1, key_2, key_3, key_4, members, volume, q05, q10, q15, q20, q25, q30, q35, q40, q45, q50,
    q55, q60, q65, q70, q75, q80, q85, q90, q95, basis
from knowledge.peer_norm
order by subject, indicator, key_3, key_2, key_1, key_4
