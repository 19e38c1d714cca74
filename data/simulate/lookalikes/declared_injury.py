"""Declared injuries: somebody else owes the treatment, the hospital says so and the office recovers it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate.care.injury import owed, treat
from data.simulate.town.town import Town


def after(town: Town, rng: Generator) -> None:
    """A third of the injuries that somebody else owes, marked as such."""
    injuries = owed(town)
    chosen = injuries[np.sort(rng.choice(len(injuries), (len(injuries) + 2) // 3, replace=False))]
    visits, lines = treat(town, rng, chosen, 1.0, third=1)
    town.add_honest(visits.sort("visit"), lines.sort("visit", maintain_order=True))
    town.taken.setdefault("declared", set()).update(chosen["person"].to_list())
    town.confound("declared_injury", "person", np.unique(visits["person"].to_numpy()))
