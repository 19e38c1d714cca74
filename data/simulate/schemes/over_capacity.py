"""Over capacity: more people in bed than the hospital has beds.

Imitates hospitals whose books hold, for weeks, more in-patients than the licence and the rooms allow. Camouflage:
every stay looks ordinary by itself; the excess comes in a few campaigns, the rest of the year is calm.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, stay_lines
from data.simulate.town.catalogue import Floats, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "private_general", "private_small", "township", "rehabilitation", "tcm_hospital", "community",
    "private_psychiatric", "district_general",
)  # fmt: skip
DIAGNOSES = ("I25.103", "M54.500", "K29.500", "J44.100", "M51.202", "E11.900", "I69.300")
USUAL_BILL, DAYS = 150_000, 9


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Crowd the hospitals whose spare beds a share of their business can fill."""
    pool = deeds.busy(town, POOL, stays=8)
    census = _census(town)
    spare = (town.place("beds") - census.max(axis=1)) * USUAL_BILL / np.maximum(1, town.turnover())
    near = pool[np.argsort(spare[pool], kind="stable")][: max(3 * deeds.quota(town), len(pool) // 4)]
    for hospital in town.pick(rng, near, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.12, 0.30, dose)
        need = town.place("beds")[hospital] * rng.uniform(1.12, 1.5) - census[hospital].mean()
        window = int(np.clip(limit / USUAL_BILL * DAYS / need, 10, 110))
        fullest = np.convolve(census[hospital, : town.days - 25], np.ones(window), mode="valid")
        _crowd(town, rng, int(hospital), int(np.argmax(fullest)), window, limit)


def _census(town: Town) -> Floats:
    """Honest persons in bed, place by day."""
    stays = town.base.filter(is_stay())
    place = stays["place"].to_numpy()
    change = np.zeros((len(town.places), town.days + 400))
    np.add.at(change, (place, stays["begin"].to_numpy() // DAY), 1)
    np.add.at(change, (place, stays["end"].to_numpy() // DAY), -1)
    return np.cumsum(change, axis=1)[:, : town.days]


def _crowd(town: Town, rng: Generator, hospital: int, start: int, window: int, limit: int) -> None:
    """One campaign, over the hospital's fullest weeks."""
    count = limit // 100_000 + 8
    length = rng.integers(DAYS - 3, DAYS + 5, count)
    day: Ints = start + (rng.random(count) * window).astype(np.int64)
    diag = deeds.diagnoses(town, DIAGNOSES)[rng.integers(0, len(DIAGNOSES), count)]
    person = deeds.neighbours(town, rng, hospital, count, 42, 84)
    visits = deeds.stays(town, rng, hospital, person, day, length, diag)
    lines = stay_lines(town, rng, visits)
    kept: pl.DataFrame = deeds.within(town, visits, lines, limit)
    deeds.plant(town, "over_capacity", kept, lines, "institution")
