"""Manual reimbursement: paper bills are handed in for care that was paid already or never given.

Imitates persons, and agents with a printer, who bring bills of hospitals elsewhere to the agency's counter: copies of
bills settled by card long ago, and stays that nobody at the hospital remembers. Camouflage: plausible diagnoses and
sums, weeks between care and counter, honest persons hand in paper bills as well.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, stay_lines
from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import AWAY
from data.simulate.town.town import Town

SUBJECTS = ("person",)


def plant(town: Town, rng: Generator, dose: float) -> None:
    """About one person in two thousand."""
    count = max(2, round(len(town.people) / 4000))
    _again(town, rng, max(1, round(count * dose)))
    _invented(town, rng, count, dose)


def _again(town: Town, rng: Generator, count: int) -> None:
    """Stays that were settled by card, handed in once more weeks later."""
    stays = town.base.filter(
        is_stay() & (pl.col("interim") == 0) & (pl.col("refund") == 0) & (pl.col("end") < (town.days - 60) * DAY)
    )
    stays = stays.unique("person", keep="first", maintain_order=True)
    stays = stays[np.sort(rng.choice(len(stays), min(count, len(stays)), replace=False))]
    columns = {c: stays[c].to_numpy() for c in stays.columns if c not in ("visit", "twin", "manual")}
    visits = town.new_visits(**columns, twin=stays["visit"].to_numpy(), manual=1)
    copy = pl.DataFrame({"visit": stays["visit"], "mine": visits["visit"]})
    lines = town.base_lines.filter(pl.col("plant") == 0).join(copy, on="visit", maintain_order="left")
    lines = lines.with_columns(visit="mine").drop("mine")
    deeds.plant(town, "manual_reimbursement", visits, lines, "person")


def _invented(town: Town, rng: Generator, count: int, dose: float) -> None:
    """One to three stays elsewhere of persons who filed nothing."""
    age = town.person("age")
    filed = np.concatenate([f["person"].to_numpy() for f in town.filings])
    fit = (age >= 38) & (age < 80) & (town.person("death") < 0) & town.person("ordinary")
    fit[filed] = False
    person: Ints = rng.choice(np.flatnonzero(fit), count, replace=False)
    row = np.repeat(np.arange(count), np.maximum(1, np.rint(rng.integers(1, 4, count) * dose).astype(np.int64)))
    who, n = person[row], len(row)
    away = np.flatnonzero(np.isin(town.place("division"), AWAY) & ~town.place("is_store"))
    diag = draw_diagnosis(town, rng, who, "ip_weight")
    length = rng.integers(6, 16, n)
    day = deeds.days(town, rng, n, length + 60)
    place = rng.choice(away, count)[row]
    parts = []
    for hospital in np.unique(place):
        own = place == hospital
        parts.append(deeds.stays(town, rng, int(hospital), who[own], day[own], length[own], diag[own], manual=1))
    visits = pl.concat(parts)
    deeds.plant(town, "manual_reimbursement", visits, stay_lines(town, rng, visits), "person")
