"""Diet therapy: prescriptions of mild herbs that are also food, each held together by one that is a remedy."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import outpatient_lines
from data.simulate.deeds import codes, diagnoses, neighbours
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import LINE, Town, frame

MILD = ("T001700368", "T001700173", "T000800112", "T000600266", "T000600852", "T001700667", "T001700186", "T001700294")
REMEDIES = ("T000700900", "T000800901", "T001200916")
COMPLAINTS = ("R53.x00", "K30.x00")


def after(town: Town, rng: Generator) -> None:
    """One clinic of Chinese medicine, for every fifty thousand persons one more, where half of the town's weak go."""
    pool = town.where("tcm_clinic")
    places = rng.choice(pool, min(len(pool), 1 + len(town.people) // 50_000), replace=False)
    for place in places:
        n = max(12, len(town.people) // 150)
        doctor = rng.choice(np.flatnonzero(town.doctors["place"].to_numpy() == place), n)
        day = draw_days(rng, day_weights(town.year, weekend=0.8, winter=1.6, festival=0.4), n)
        begin = town.at(rng, np.full(n, place), day)
        visits = town.new_visits(
            person=neighbours(town, rng, int(place), n, 40, 85, again=0.4),
            place=int(place),
            doctor=doctor,
            dept=town.doctors["dept"].to_numpy()[doctor],
            diag=rng.choice(diagnoses(town, COMPLAINTS), n),
            begin=begin,
            end=begin + rng.integers(300, 2400, n),
            cert=rng.choice([1, 3], n),
        )
        town.add_honest(visits, outpatient_lines(town, rng, visits), _recipe(town, rng, visits))
    town.spare(places)
    town.confound("diet_therapy", "institution", places)


def _recipe(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """Three or four mild herbs and one remedy, seven doses of each."""
    row = np.repeat(np.arange(len(visits)), rng.integers(3, 5, len(visits)))
    mild = rng.choice(codes(town, MILD), len(row))
    remedy = rng.choice(codes(town, REMEDIES), len(visits))
    row = np.concatenate([row, np.arange(len(visits))])
    item = np.concatenate([mild, remedy])
    cnt = 7 * rng.integers(9, 16, len(row))
    number, at = visits["visit"].to_numpy()[row], visits["begin"].to_numpy()[row] + 120
    lines = frame(LINE, {"visit": number, "item": item, "cnt": cnt, "days": 7, "at": at})
    return lines.unique(["visit", "item"], keep="first", maintain_order=True)
