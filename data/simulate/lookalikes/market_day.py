"""Market day: a bus brings villagers to town, and drugstore and clinic at the stop are full for half an hour."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care import errands
from data.simulate.care.charge import outpatient_lines
from data.simulate.care.drugstore import baskets
from data.simulate.care.outpatient import draw_diagnosis
from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.people import VILLAGE
from data.simulate.town.places import STORE
from data.simulate.town.town import PURCHASE, Town


def after(town: Town, rng: Generator) -> None:
    """One market for every fifteen thousand persons, held every ten days."""
    for _ in range(max(1, len(town.people) // 15_000)):
        clinic = int(rng.choice(errands.unmarked(town, town.where("village", "clinic", "township"))))
        stores = errands.unmarked(town, town.where(STORE))
        near = stores[town.place("division")[stores] == town.place("division")[clinic]]
        store = int(rng.choice(near if len(near) else stores))
        villagers = _villagers(town, rng, clinic)
        day = np.arange(int(rng.integers(0, 10)), town.days, 10)
        arrives = day * DAY + int(rng.integers(31_000, 37_000)) + rng.integers(-600, 900, len(day))
        arrives = arrives[rng.random(len(day)) < 0.9]
        shoppers = _passengers(town, rng, villagers, arrives, 0.012)
        patients = _passengers(town, rng, villagers, arrives, 0.009)
        patients = patients.join(shoppers, on=["bus", "person"], how="anti", maintain_order="left")
        _shop(town, rng, shoppers, store)
        _see(town, rng, patients, clinic)
        town.spare([store, clinic])
        town.confound("market_day", "pharmacy", [store])
        town.confound("market_day", "institution", [clinic])
        often = pl.concat([shoppers, patients]).group_by("person").len().filter(pl.col("len") >= 3)
        town.confound("market_day", "person", often["person"].to_numpy())


def _villagers(town: Town, rng: Generator, clinic: int) -> Ints:
    """Grown-ups of the few villages on the line of the bus."""
    near = town.person("division") == town.place("division")[clinic]
    village = town.person("employer")
    fit = np.flatnonzero(near & (village >= VILLAGE) & (town.person("age") >= 16) & (town.person("death") < 0))
    line = np.unique(village[fit])
    return fit[np.isin(village[fit], rng.permutation(line)[:4])]


def _passengers(town: Town, rng: Generator, villagers: Ints, arrives: Ints, share: float) -> pl.DataFrame:
    """Who goes in straight from which bus: a share of the villagers, about ten at the most."""
    count = rng.poisson(min(10.0, max(1.0, share * len(villagers))), len(arrives))
    use = town.person("use")[villagers] ** 0.5
    bus = np.repeat(np.arange(len(arrives)), count)
    person = rng.choice(villagers, len(bus), p=use / use.sum())
    rows = pl.DataFrame({"bus": bus, "person": person, "arrives": arrives[bus]})
    return rows.unique(["bus", "person"], keep="first", maintain_order=True)


def _queue(rng: Generator, rows: pl.DataFrame, low: int, high: int) -> dict[str, Ints]:
    """The passengers walk in one by one, some after an errand, and three tills take them in turn."""
    n = len(rows)
    errand = pl.Series(rng.gamma(1.4, 400, n).astype(np.int64))
    rows = rows.with_columns(comes=pl.col("arrives") + 60 + errand, took=pl.Series(rng.integers(low, high, n)))
    rows = rows.sort("bus", "comes", "person")
    rows = rows.with_columns(desk=(pl.int_range(pl.len()).over("bus") + pl.col("bus")) % 3 + 1)
    before = (pl.col("took").cum_sum() - pl.col("took")).over("bus", "desk")
    # Who comes while the till is taken waits until those before are done.
    rows = rows.with_columns(before=before, free=pl.col("comes") - before)
    rows = rows.with_columns(begin=pl.col("free").cum_max().over("bus", "desk") + pl.col("before"))
    return {
        "person": rows["person"].to_numpy(),
        "desk": rows["desk"].to_numpy(),
        "begin": rows["begin"].to_numpy(),
        "end": (rows["begin"] + rows["took"]).to_numpy(),
        "cert": rng.choice([1, 3], n),
    }


def _shop(town: Town, rng: Generator, rows: pl.DataFrame, store: int) -> None:
    queue = _queue(rng, rows, 70, 270)
    kit = baskets(town, rng, queue["person"])
    _add(town, rng, town.new_visits(**queue, place=store, kind=PURCHASE, kit=kit, consult=0))


def _see(town: Town, rng: Generator, rows: pl.DataFrame, clinic: int) -> None:
    """Everyday complaints; what is graver goes to a hospital."""
    queue = _queue(rng, rows, 120, 400)
    diag = draw_diagnosis(town, rng, queue["person"], "op_weight")
    doctor = town.choose_doctor(rng, np.full(len(diag), clinic), np.full(len(diag), town.cat.department["A02"]))
    made = town.new_visits(
        **queue,
        place=clinic,
        doctor=doctor,
        dept=town.doctors["dept"].to_numpy()[doctor],
        diag=diag,
        kit=town.cat.diagnoses["op_kit"].to_numpy()[diag],
    )
    minor = town.cat.diagnoses["is_minor"].to_numpy()[diag] == 1
    _add(town, rng, made.filter(pl.Series(minor)))


def _add(town: Town, rng: Generator, visits: pl.DataFrame) -> None:
    kept = errands.possible(town, visits, 7200)
    errands.add_honest(town, kept, outpatient_lines(town, rng, kept))
