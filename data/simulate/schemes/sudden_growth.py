"""Sudden growth: a place changes hands, and from some week on it is busier than its town makes it.

Imitates clinics and hospitals taken over by operators whose salesmen bring persons for a present, and whose desk
writes visits, and where there are beds admissions, that nobody needed. Camouflage: the growth takes weeks, complaints
and baskets are the usual ones, every practitioner has a part, the persons live nearby and some come once only.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, outpatient_lines, stay_lines
from data.simulate.care.inpatient import lengths
from data.simulate.care.outpatient import draw_diagnosis, visit_columns
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import day_weights, draw_days
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "clinic", "tcm_clinic", "private_small", "private_general", "rehabilitation", "community", "township",
)  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let a few places change hands between spring and autumn."""
    pool = deeds.busy(town, POOL, visits=60)
    for place in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(place), 0.14, 0.30, dose)
        since, weeks = int(rng.integers(100, 280)), int(rng.integers(2, 7))
        lain = int(limit * rng.uniform(0.1, 0.5)) if _has_beds(town, int(place)) else 0
        recruits = _admitted(town, rng, int(place), lain, since, weeks) if lain else np.zeros(0, dtype=np.int64)
        _seen(town, rng, int(place), limit - lain, since, weeks, recruits)


def _has_beds(town: Town, place: int) -> bool:
    return len(town.base.filter(is_stay() & (pl.col("place") == place))) >= 10


def _days(town: Town, rng: Generator, count: int, since: int, weeks: int, last: int) -> Ints:
    """Days up to `last`, none before the change of hands, full business some weeks after it."""
    weights = day_weights(town.year, weekend=0.7, winter=1.1, festival=0.4)
    weights = weights * np.clip((np.arange(town.days) - since) / (weeks * 7), 0, 1)
    weights[last + 1 :] = 0
    return draw_days(rng, weights / weights.sum(), count)


def _admitted(town: Town, rng: Generator, place: int, limit: int, since: int, weeks: int) -> Ints:
    """Stays of persons brought in; returns who they are."""
    count = limit // 60_000 + 6
    person = deeds.neighbours(town, rng, place, count, 40, 86)
    diag = draw_diagnosis(town, rng, person, "ip_weight")
    length = np.minimum(lengths(town, rng, np.full(len(person), place), diag), 21)
    day = _days(town, rng, len(person), since, weeks, town.days - 24)
    visits = deeds.stays(town, rng, place, person, day, length, diag)
    lines = stay_lines(town, rng, visits)
    deeds.plant(town, "sudden_growth", deeds.within(town, visits, lines, limit, least=1), lines, "institution")
    return np.unique(person)


def _usual_bill(town: Town, place: int) -> int:
    visits = town.base.filter(~is_stay() & (pl.col("place") == place))
    lines = town.base_lines.filter(pl.col("visit").is_in(visits["visit"].implode()))
    return max(1_000, int(deeds.cents(town, visits, lines).sum() / len(visits)))


def _seen(town: Town, rng: Generator, place: int, limit: int, since: int, weeks: int, lain: Ints) -> None:
    """Visits of the complaints that the place's departments see."""
    count = 2 * limit // _usual_bill(town, place) + 20
    # Shuffled: those who come again would be the first to be cut at the limit.
    person = rng.permutation(deeds.neighbours(town, rng, place, count, 12, 88, again=rng.uniform(0.3, 0.7)))
    diag = draw_diagnosis(town, rng, person, "op_weight")
    table = town.cat.diagnoses
    general = (table["is_minor"].to_numpy()[diag] == 1) & (rng.random(len(diag)) < 0.55)
    dept = np.where(general, town.cat.department["A02"], table["department"].to_numpy()[diag])
    own = town.doctors["dept"].to_numpy()[town.doctors["place"].to_numpy() == place]
    day = _days(town, rng, len(person), since, weeks, town.days - 1)
    fits = np.isin(dept, own) & ~np.isin(person, lain) & deeds.free(town, person, day, np.zeros(len(day), dtype=int))
    person, diag, dept, day = person[fits], diag[fits], dept[fits], day[fits]
    where = np.full(len(person), place)
    visits = town.new_visits(**visit_columns(town, rng, person, where, dept, diag, day, (6 * 60, 80 * 60)))
    lines = outpatient_lines(town, rng, visits)
    deeds.plant(town, "sudden_growth", deeds.within(town, visits, lines, limit), lines, "institution")
