"""Ghost signature: several people treat in the name of one registered practitioner.

Imitates clinics and small hospitals with one licensed physician whose account everybody uses: visits on every day
of the year, at all hours, of departments that have nothing in common. Camouflage: the practitioner's real visits
between, days on which the others sign for themselves, further visits spread thinly.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care.charge import is_stay, outpatient_lines
from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, Town

SUBJECTS = ("institution", "practitioner")
POOL = ("private_small", "private_general", "community", "township", "clinic", "tcm_clinic", "rehabilitation")


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let one practitioner sign for the others at a few institutions."""
    staff = np.bincount(town.doctors["place"].to_numpy(), minlength=len(town.places))
    pool = deeds.busy(town, POOL, visits=80)
    pool = pool[staff[pool] >= 2] if (staff[pool] >= 2).any() else pool
    for place in town.pick(rng, pool, deeds.quota(town)):
        limit = deeds.budget(town, rng, int(place), 0.10, 0.28, dose)
        name = int(rng.choice(np.flatnonzero(town.doctors["place"].to_numpy() == place)))
        _sign(town, rng, int(place), name, limit // 2)
        _more(town, rng, int(place), name, limit // 2)


def _sign(town: Town, rng: Generator, place: int, name: int, limit: int) -> None:
    """Put the name under visits of the colleagues, whole days at a time."""
    here = (pl.col("place") == place) & (pl.col("doctor") != name) & ~is_stay() & (pl.col("refund") == 0)
    visits = town.base.filter(here)
    order = rng.permutation(town.days)
    visits = visits.with_columns(order=pl.Series(order[visits["begin"].to_numpy() // DAY])).sort("order", "visit")
    lines = town.base_lines.filter(pl.col("visit").is_in(visits["visit"].implode()) & (pl.col("plant") == 0))
    kept = deeds.within(town, visits, lines, limit).sort("visit")
    if len(kept) == 0:
        return
    rows: Ints = np.searchsorted(town.base["visit"].to_numpy(), kept["visit"].to_numpy())
    doctor = town.base["doctor"].to_numpy().copy()
    doctor[rows] = name
    town.base = town.base.with_columns(doctor=pl.Series(doctor))
    ids = town.deed("ghost_signature", institution=kept["place"].to_numpy(), practitioner=np.full(len(kept), name))
    touched = deeds.base_rows(town, kept)
    of = np.searchsorted(kept["visit"].to_numpy(), town.base_lines["visit"].to_numpy()[touched])
    deeds.mark(town, touched, ids[of])


def _more(town: Town, rng: Generator, place: int, name: int, limit: int) -> None:
    """Further visits in the name, evenings and holidays included."""
    n = limit // 8_000 + 8
    person = deeds.neighbours(town, rng, place, n, 6, 88, again=0.4)
    diag = draw_diagnosis(town, rng, person, "op_weight")
    begin = rng.integers(0, town.days, n) * DAY + rng.integers(7 * 3600, 21 * 3600, n)
    visits = town.new_visits(
        person=person,
        place=place,
        doctor=name,
        dept=town.cat.diagnoses["department"].to_numpy()[diag],
        diag=diag,
        kind=OUTPATIENT,
        begin=begin,
        end=begin + rng.integers(240, 2400, n),
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
        cert=rng.choice([1, 3], n),
    )
    lines = outpatient_lines(town, rng, visits)
    kept = deeds.within(town, visits, lines, limit)
    deeds.plant(town, "ghost_signature", kept, lines, "institution", "practitioner")
