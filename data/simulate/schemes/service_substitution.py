"""Service substitution: a dearer item is charged than was given.

Imitates hospitals that give the generic and charge the brand, make a plain ultrasound and charge the colour one,
care at level two and charge level one. Camouflage: a part of the lines, some months more than others, each hospital
its own pairs; on half of the lines the hospital's own code still names what was given.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "private_general", "private_small", "tcm_hospital", "rehabilitation", "township", "community", "tcm_clinic",
    "district_general",
)  # fmt: skip
PAIRS = {
    "002202010020000": "002203010010000", "001201000040000": "001201000030000", "001109000010300": "001109000010200",
    "002101020150000": "002103000010000", "002103000010000": "002102000010000", "004300000010000": "004300000160000",
    "003401000010000": "003401000100000", "003401000090000": "003402000200000", "004400000030000": "004500000010000",
    "002503030010000": "002503030050000", "002501010150000": "002504010250000", "003107010010000": "003107010030000",
    "001201000050000": "001201000040000", "004400000010000": "004300000160000", "004100000010000": "004100000080000",
}  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Charge dearer items at a few hospitals."""
    dearer = _dearer(town)
    pool = deeds.busy(town, POOL, visits=60)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.06, 0.24, dose)
        rows = deeds.base_rows(town, town.base.filter(place=int(hospital)))
        item, cnt, at = (town.base_lines[c].to_numpy()[rows] for c in ("item", "cnt", "at"))
        habit = rng.random(len(dearer)) < 0.75
        month = rng.uniform(0.2, 1.0, 13)
        up = (dearer[item] >= 0) & habit[item] & (rng.random(len(rows)) < month[at // DAY * 12 // town.days])
        rows, item, cnt = rows[up], item[up], cnt[up]
        if len(rows) == 0:
            continue
        chosen = deeds.part(rng, town.price[hospital, dearer[item]] * cnt * 1.0, limit)
        rows, item = rows[chosen], item[chosen]
        own = np.where(rng.random(len(rows)) < 0.5, item, -1)
        ids = town.deed("service_substitution", institution=np.full(len(rows), hospital))
        deeds.mark(town, rows, ids, item=dearer[item], given=own)


def _dearer(town: Town) -> Ints:
    """The item charged in place of each, or -1: the pairs, and the brand of every generic."""
    brand = town.cat.brands()
    made = np.where(brand == np.arange(len(brand)), -1, brand)
    for given, charged in PAIRS.items():
        made[town.cat.item[given]] = town.cat.item[charged]
    return made
