"""Injury paid twice: what the employer or the other driver owes is called a fall at home and billed to the fund.

Imitates injured persons who take the compensation and let the medical insurance pay the hospital. Camouflage: real
injuries, ordinary hospitals and bills, some only in the out-patient department, the wound healed in visits that
thin out.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.injury import owed, treat
from data.simulate.town.town import Town

SUBJECTS = ("person",)


def plant(town: Town, rng: Generator, dose: float) -> None:
    """One person in two thousand five hundred, at least two, of those whose injury somebody else owes."""
    injuries = owed(town).filter(~pl.col("person").is_in(list(town.taken.get("declared", set()))))
    count = min(len(injuries), max(2, round(len(town.people) / 2500)))
    chosen = injuries[np.sort(rng.choice(len(injuries), count, replace=False))]
    visits, lines = treat(town, rng, chosen, dose)
    deeds.plant(town, "injury_paid_twice", visits, lines, "person")
