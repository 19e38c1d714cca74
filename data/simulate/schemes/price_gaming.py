"""Price gaming: drugs and consumables sold dearer than anywhere else.

Imitates hospitals and their suppliers who agree on a price above what others pay for the same article, or change to
a dearer one just before a year of settling begins. Camouflage: some articles only, another mark-up for each, prices
that move within the year, no price above a published limit.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Floats
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = ("private_general", "private_small", "rehabilitation", "eye_hospital", "clinic", "dental", "township")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Dear up the best-selling articles of a few hospitals until the excess is a share of their business."""
    free_price = town.limit == 0
    pool = deeds.busy(town, POOL, stays=1, visits=60)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.04, 0.14, dose)
        rows = deeds.base_rows(town, town.base.filter(place=int(hospital)))
        item = town.base_lines["item"].to_numpy()[rows]
        kept = free_price[hospital, item] & (town.cat.column("class")[item] != "03")
        rows, item = rows[kept], item[kept]
        cost = deeds.base_cents(town, int(hospital), rows)
        markup = rng.uniform(0.18, 0.9, len(town.cat.items))
        of_item: Floats = np.bincount(item, weights=cost * markup[item], minlength=len(markup)).astype(np.float64)
        sold = np.flatnonzero(of_item > 0)
        dear = sold[deeds.part(rng, of_item[sold], limit)]
        since = rng.integers(0, town.days // 4, len(markup)) * (rng.random(len(markup)) < 0.4)
        late = town.base_lines["at"].to_numpy()[rows] // DAY >= since[item]
        rows, item = rows[np.isin(item, dear) & late], item[np.isin(item, dear) & late]
        usual = town.price[hospital, item]
        price = np.maximum(usual + 1, np.rint(usual * (1 + markup[item]))).astype(np.int64)
        ids = town.deed("price_gaming", institution=np.full(len(rows), hospital))
        deeds.mark(town, rows, ids, price=price, hidden=price - usual)
