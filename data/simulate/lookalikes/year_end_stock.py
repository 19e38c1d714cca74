"""Stocking up: before the year ends some of the registered fetch their drugs once more, for the holidays ahead."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay, regimen_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import CHRONIC, Town


def after(town: Town, rng: Generator) -> None:
    """One registration in fifteen has one more fill in December, at the store the person goes to."""
    held = pl.concat([r.select("registered", "person", "chronic") for r in town.registrations])
    lying = town.base.filter(is_stay() & (pl.col("end") > (town.days - 40) * 86_400))["person"].to_numpy()
    person: Ints = held["person"].to_numpy()
    fit = (town.person("death")[person] < 0) & ~np.isin(person, np.concatenate([lying, town.statuses["person"]]))
    held = held.filter(pl.Series(fit & (rng.random(len(held)) < 1 / 15)))
    n, who, chronic = len(held), held["person"].to_numpy(), held["chronic"].to_numpy()
    dept = town.cat.chronic["department"].to_numpy()[chronic]
    store, seen_at = (town.choose_place(rng, who, dept, mode, 0.9) for mode in ("store", "outpatient"))
    begin = town.at(rng, store, town.days - 1 - rng.integers(0, 26, n))
    visits = town.new_visits(
        person=who,
        place=store,
        doctor=town.choose_doctor(rng, seen_at, dept),
        diag=town.cat.chronic["diag"].to_numpy()[chronic],
        kind=CHRONIC,
        begin=begin,
        end=begin + rng.integers(300, 1500, n),
        chronic=chronic,
        registered=held["registered"].to_numpy(),
        consult=0,
        cert=rng.choice([1, 3], n),
    )
    lines = regimen_lines(town, rng, visits, pl.concat(town.regimens))
    town.add_honest(visits, lines)
    town.confound("year_end_stock", "person", who)
