"""Steered patients: a practitioner is paid by a drugstore for every head sent there.

Imitates practitioners who name one store to nearly all who need something from a shelf, whatever the complaint:
ordinary drugs at ordinary prices, bought within hours or days of the visit. What is at issue is the purchases at the
store. Camouflage: many need nothing, some go to the store they know, the agreement begins some day and ends when the
store has paid enough, and the store keeps its other customers.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.care import errands
from data.simulate.care.charge import outpatient_lines
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import Town

SUBJECTS = ("pharmacy", "practitioner")
# A store pays nobody who has fewer patients in the year.
ENOUGH = 15


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Pair a few drugstores with a practitioner of their division."""
    pool = deeds.busy(town, (STORE,), visits=25)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.02)):
        limit = deeds.budget(town, rng, int(store), 0.06, 0.28, dose)
        doctor = _sender(town, rng, int(store))
        town.join_in("steered_patients", doctor)
        _send(town, rng, int(store), doctor, limit)


def _sender(town: Town, rng: Generator, store: int) -> int:
    """A practitioner of the store's division, the busier the likelier; of another if nobody there has enough."""
    seen = errands.visits_with_advice(town, pl.col("doctor") >= 0)
    volume = np.bincount(seen["doctor"].to_numpy(), minlength=len(town.doctors))
    volume[errands.odd_doctors(town)] = 0
    near = town.place("division")[town.doctors["place"].to_numpy()] == town.place("division")[store]
    volume = np.where(volume < min(ENOUGH, volume.max()), 0, volume)
    weight = volume * near if (volume * near).any() else volume
    return int(rng.choice(len(weight), p=weight / weight.sum()))


def _waits(rng: Generator, count: int) -> Ints:
    """Seconds from the visit to the purchase: most on the way home, the others some days later."""
    later = rng.integers(1, 6, count) * DAY + rng.integers(-7200, 7200, count)
    waits: Ints = np.where(rng.random(count) < 0.75, rng.integers(400, 14_000, count), later)
    return waits


def _send(town: Town, rng: Generator, store: int, doctor: int, limit: int) -> None:
    """From some day on the store is named to those who need something; a few of them go where they always go."""
    seen = errands.visits_with_advice(town, pl.col("doctor") == doctor)
    seen = seen[int(rng.integers(0, len(seen) // 3 + 1)) :]
    need = rng.random(len(seen)) < rng.uniform(0.3, 0.65)
    need[:3] = True
    seen = seen.filter(pl.Series(need))
    n = len(seen)
    known = town.choose_place(rng, seen["person"].to_numpy(), np.zeros(n, dtype=np.int64), "store", 0.8)
    where = np.where(rng.random(n) < rng.uniform(0.04, 0.2), known, store)
    visits = errands.possible(town, errands.bought_after(town, rng, seen, where, _waits(rng, n)), 0)
    visits = visits.sort("begin", "visit")
    sent = visits.filter(place=store)
    lines = outpatient_lines(town, rng, sent)
    sent = deeds.within(town, sent, lines, limit)
    if len(sent) == 0:
        return
    # The bills name no prescriber; that the practitioner sent the buyers is known from the agreement alone.
    ids = town.deed("steered_patients", pharmacy=sent["place"].to_numpy(), practitioner=np.full(len(sent), doctor))
    deed = pl.DataFrame({"visit": sent["visit"], "deed": ids})
    planted = lines.join(deed, on="visit", maintain_order="left").with_columns(plant="deed")
    own_way = visits.filter((pl.col("place") != store) & (pl.col("begin") <= sent["begin"].max()))
    town.visits += [sent, own_way]
    town.lines += [planted.select(town.base_lines.columns), outpatient_lines(town, rng, own_way)]
