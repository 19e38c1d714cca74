"""Low-threshold admission: people with a cold or a sore back are talked into a bed.

Imitates hospitals that fetch the old by car, waive the deductible and admit what a visit to the clinic would
settle. Camouflage: ordinary days of the week and lengths, every practitioner, a usual set of tests, some of the
stays treated like any other.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import stay_lines
from data.simulate.town.town import Town

SUBJECTS = ("institution", "practitioner")
POOL = ("private_general", "private_small", "township", "community", "tcm_hospital")
COMPLAINTS = ("J06.900", "K29.500", "R42.x00", "M54.500", "I10.x00", "K52.900", "M47.802", "J20.900")
TREATMENT = ("05", "08", "09", "11")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Fill beds at a few of the smaller hospitals."""
    pool = deeds.busy(town, POOL, stays=5)
    for hospital in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.08, 0.26, dose)
        count = limit // 60_000 + 6
        length = rng.choice([2, 3, 4, 5, 6, 7], count, p=[0.12, 0.24, 0.24, 0.2, 0.12, 0.08])
        usual = rng.dirichlet(np.full(len(COMPLAINTS), 1.5))
        diag = deeds.diagnoses(town, COMPLAINTS)[rng.choice(len(COMPLAINTS), count, p=usual)]
        person = deeds.neighbours(town, rng, int(hospital), count, 48, 84, again=0.1)
        visits = deeds.stays(town, rng, int(hospital), person, deeds.days(town, rng, count, length), length, diag)
        lines = stay_lines(town, rng, visits)
        light = pl.DataFrame({"visit": visits["visit"], "light": rng.random(len(visits)) < 0.8})
        rows = lines.join(light, on="visit", maintain_order="left")
        dropped = rows["light"] & deeds.category(town, rows).is_in(TREATMENT) & pl.Series(rng.random(len(rows)) < 0.65)
        lines = lines.filter(~dropped)
        kept = deeds.within(town, visits, lines, limit)
        deeds.plant(town, "low_threshold_admission", kept, lines, "institution", "practitioner")
