"""Check-up stays: a general check-up sold as a stay of a few days.

Imitates hospitals that advertise a free check-up, admit whoever comes under a vague diagnosis and run their
packages of tests. Camouflage: the package differs from person to person, some get a few drugs or physiotherapy,
admissions spread over the year and over practitioners.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import hotel_lines, stay_lines
from data.simulate.town.clock import DAY
from data.simulate.town.town import LINE, Town, frame

SUBJECTS = ("institution", "practitioner")
POOL = ("private_general", "private_small", "district_general", "tcm_hospital", "rehabilitation")
VAGUE = ("R42.x00", "I25.103", "K29.500", "M47.802", "I10.x00", "E11.900")
PACKAGE = (
    "002501010150000", "002501020350000", "002501030010000", "002503050070000", "002503050080000",
    "002503070020000", "002503070050000", "002503020010200", "002503020030100", "002503030010000",
    "002503030020000", "002503030050000", "002503100010000", "002503100110000", "002504040010000",
    "002504040020000", "002504030040000", "003107010010000", "002206000040000", "002203010010000",
    "002203020040000", "002202020010000", "002103000010000", "002102000010000", "002101020150000",
    "003107010030000", "002203020010000", "003109020050000",
)  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Sell check-ups at a few hospitals."""
    pool = deeds.busy(town, POOL, stays=5)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.08, 0.26, dose)
        count = limit // 90_000 + 6
        length = rng.choice([1, 2, 3, 4, 5], count, p=[0.1, 0.3, 0.3, 0.2, 0.1])
        diag = deeds.diagnoses(town, VAGUE)[rng.integers(0, len(VAGUE), count)]
        person = deeds.neighbours(town, rng, int(hospital), count, 32, 78)
        day = deeds.days(town, rng, count, length)
        visits = deeds.stays(town, rng, int(hospital), person, day, length, diag, kit=-1)
        lines = pl.concat([hotel_lines(town, rng, visits), _tests(town, rng, visits), _cure(town, rng, visits)])
        kept = deeds.within(town, visits, lines, limit)
        deeds.plant(town, "checkup_stay", kept, lines, "institution", "practitioner")


def _tests(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """The hospital's package, most of it for everybody, on the first and second day."""
    own = rng.choice(deeds.codes(town, PACKAGE), int(rng.integers(14, 21)), replace=False)
    chance = rng.uniform(0.55, 0.97, len(own))
    row, which = np.nonzero(rng.random((len(visits), len(own))) < chance[None, :])
    begin, end = (visits[c].to_numpy()[row] for c in ("begin", "end"))
    later = (rng.random(len(row)) < 0.4) * DAY
    at = np.minimum((begin // DAY) * DAY + later + rng.integers(8 * 3600, 16 * 3600, len(row)), end)
    number = visits["visit"].to_numpy()[row]
    return frame(LINE, {"visit": number, "item": own[which], "at": np.maximum(at, begin)})


def _cure(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    """What a third of them are treated with beside it, thinly."""
    usual = visits.with_columns(kit=town.cat.diagnoses["ip_kit"].gather(visits["diag"]))
    lines = stay_lines(town, rng, usual.filter(pl.Series(rng.random(len(visits)) < 0.35)))
    cure = deeds.category(town, lines).is_in(["05", "08", "09", "11"])
    return lines.filter(cure & pl.Series(rng.random(len(lines)) < 0.4))
