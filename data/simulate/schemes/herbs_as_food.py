"""Herbs as food: soup and tea herbs go over the counter in prescriptions of their own, by the pound.

Imitates hospitals and clinics of Chinese medicine that hand out wolfberries, ginseng and chrysanthemum to whoever
asks, written up as treatment. Camouflage: real patients among the takers, a complaint on every prescription,
quantities that differ, sometimes a herb for the complaint beside them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import LINE, OUTPATIENT, Town, frame

SUBJECTS = ("institution", "practitioner")
POOL = ("tcm_clinic", "tcm_hospital")
FOOD = (
    "T001700294", "T001700643", "T001400501", "T001500736", "T001100659", "T001700368", "T001700173", "T000200433",
    "T000100467", "T001700667", "T001700186",
)  # fmt: skip
REMEDIES = ("T001200905", "T001600909", "T000900902", "T001000925")
COMPLAINTS = ("R53.x00", "M54.500", "K30.x00", "M47.802")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let a few places of Chinese medicine hand out the larder, one of their practitioners signing most."""
    pool = deeds.busy(town, POOL, visits=60)
    for place in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(place), 0.06, 0.26, dose)
        count = limit // 8_000 + 6
        staff = np.flatnonzero(town.doctors["place"].to_numpy() == place)
        signs = int(rng.choice(staff))
        doctor = np.where(rng.random(count) < rng.uniform(0.55, 0.95), signs, rng.choice(staff, count))
        person = deeds.neighbours(town, rng, int(place), count, 35, 88, again=0.5)
        begin = town.at(rng, np.full(count, place), deeds.days(town, rng, count))
        visits = town.new_visits(
            person=person,
            place=int(place),
            doctor=doctor,
            dept=town.doctors["dept"].to_numpy()[doctor],
            diag=rng.choice(deeds.diagnoses(town, COMPLAINTS), count),
            kind=OUTPATIENT,
            begin=begin,
            end=begin + rng.integers(200, 1500, count),
            consult=np.where(rng.random(count) < 0.7, 1, 0),
            cert=rng.choice([1, 3], count),
        )
        herbs = _weighed(town, rng, visits)
        kept = deeds.within(town, visits, herbs, limit)
        deeds.plant(town, "herbs_as_food", kept, herbs, "institution", "practitioner")
        fees = outpatient_lines(town, rng, visits)
        town.lines.append(fees.filter(pl.col("visit").is_in(kept["visit"].implode())))


def _weighed(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """One to three of the house's favourites, a hundred grams to a pound of each; a remedy beside them now and then."""
    favourites = rng.choice(deeds.codes(town, FOOD), int(rng.integers(4, 8)), replace=False)
    row: Ints = np.repeat(np.arange(len(visits)), rng.choice([1, 2, 3], len(visits), p=[0.45, 0.35, 0.2]))
    item = favourites[(rng.random(len(row)) ** 1.2 * len(favourites)).astype(np.int64)]
    cnt = rng.integers(4, 21, len(row)) * 25
    mixed = np.flatnonzero(rng.random(len(visits)) < 0.15)
    row = np.concatenate([row, mixed])
    item = np.concatenate([item, rng.choice(deeds.codes(town, REMEDIES), len(mixed))])
    cnt = np.concatenate([cnt, np.full(len(mixed), 70)])
    begin = visits["begin"].to_numpy()[row]
    made = {"visit": visits["visit"].to_numpy()[row], "item": item, "cnt": cnt, "days": 7, "at": begin + 120}
    return frame(LINE, made).unique(["visit", "item"], keep="first", maintain_order=True)
