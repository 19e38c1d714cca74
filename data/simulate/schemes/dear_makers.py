"""Dear makers: a hospital whose purchasing is paid by a distributor prescribes that distributor's brands.

Imitates hospitals that get a share of every box from the agent of the dear maker, and let the generic or the product
chosen in volume procurement lie. The brand is really given: what the fund loses is the difference. Camouflage: only the
drugs the agent has, from the day of the agreement on, a few practitioners and a few persons who stay with the generic.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Flags, Floats, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = ("private_general", "private_small", "district_general", "tcm_hospital", "township", "community")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Give a few hospitals an agreement with an agent."""
    brand = town.cat.brands()
    pool = deeds.busy(town, POOL, stays=5, visits=60)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.05, 0.28, dose)
        rows = deeds.base_rows(town, town.base.filter(place=int(hospital)))
        item, cnt = (town.base_lines[c].to_numpy()[rows] for c in ("item", "cnt"))
        more = np.maximum(0, town.price[hospital, brand[item]] - town.price[hospital, item])
        turned = (more > 0) & _willing(town, rng, rows)
        of_item: Floats = np.zeros(len(brand))
        np.add.at(of_item, item, more * cnt * turned)
        has = np.flatnonzero(of_item > 0)
        if len(has) == 0:
            continue
        agent = has[deeds.part(rng, of_item[has], limit)]
        turned &= np.isin(item, agent)
        rows, item, more = rows[turned], item[turned], more[turned]
        ids = town.deed("dear_makers", institution=np.full(len(rows), hospital))
        deeds.mark(town, rows, ids, item=brand[item], hidden=more)


def _willing(town: Town, rng: Generator, rows: Ints) -> Flags:
    """Lines after the agreement whose practitioner takes part and whose person does not ask for the generic."""
    whose = (
        town.base_lines["visit"]
        .gather(rows)
        .to_frame()
        .join(town.base.select("visit", "doctor", "person"), on="visit", maintain_order="left")
    )
    takes_part = rng.random(len(town.doctors)) < rng.uniform(0.8, 1.0)
    content = rng.random(len(town.people)) < rng.uniform(0.85, 0.98)
    first = int(rng.integers(0, 90)) if rng.random() < 0.5 else 0
    day = town.base_lines["at"].to_numpy()[rows] // DAY
    doctor = whose["doctor"].to_numpy()
    willing: Flags = (day >= first) & content[whose["person"].to_numpy()] & ((doctor < 0) | takes_part[doctor])
    return willing
