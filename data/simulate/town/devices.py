"""The register of equipment: each place has the machines that its honest work of the fullest day needs, and spare."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

# What the name of a service says it needs, what the register calls that, and persons a machine is bought for a day.
KINDS = (("血液透析", "血液透析机", 2), ("体层", "X线计算机体层摄影设备(CT)", 25), ("磁共振", "磁共振成像设备", 12))


def install(town: Town, rng: Generator) -> None:
    """Count the persons a day on each kind of machine and enter enough of them, most places with some to spare."""
    lines = town.base_lines.join(town.base.select("visit", "place", "person"), on="visit", maintain_order="left")
    name = town.cat.items["name"]
    for words, device, persons in KINDS:
        needs = np.flatnonzero((name.str.contains(words) & ~name.str.contains("加收|器|管路")).to_numpy())
        fullest = _fullest(lines.filter(pl.col("item").is_in(needs.tolist())), len(town.places))
        users = np.flatnonzero(fullest)
        count: Ints = np.ceil(fullest[users] / persons * rng.uniform(1.0, 1.4, len(users))).astype(np.int64)
        town.equip(device, users, count)


def _fullest(lines: pl.DataFrame, places: int) -> Ints:
    """The most persons of one day, by place."""
    days = lines.group_by("place", day=pl.col("at") // DAY).agg(persons=pl.col("person").n_unique())
    most = days.group_by("place").agg(pl.col("persons").max().cast(pl.Int64))
    made = np.zeros(places, dtype=np.int64)
    made[most["place"].to_numpy()] = most["persons"].to_numpy()
    return made
