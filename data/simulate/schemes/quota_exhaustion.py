"""Quota exhaustion: chronic-disease quotas are used up before the year ends.

Imitates drugstores that call the registered every December: what is left on the card expires, so take goods for it.
Camouflage: the registered persons' own drugs, sums near the quota but rarely the same, ordinary hours, some come a
month early.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.clock import DAY
from data.simulate.town.places import STORE
from data.simulate.town.town import CHRONIC, LINE, Town, frame

SUBJECTS = ("pharmacy", "person")
DISEASES = ("M03900", "M01600", "M04600", "M04803")
LEAST, MOST, PARTNER = 35_000, 140_000, 110_000


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let a few drugstores empty the quotas of the registered around them."""
    table = town.cat.chronic["code"].to_list()
    held = pl.concat(town.registrations).filter(pl.col("chronic").is_in([table.index(c) for c in DISEASES]))
    held = held.unique("person", keep="first", maintain_order=True)
    held = held.filter(pl.Series(town.person("death")[held["person"].to_numpy()] < 0))
    pool = deeds.busy(town, (STORE,), visits=60)
    for store in town.pick(rng, pool, deeds.quota(town, stores=True, share=0.02)):
        near = town.person("division")[held["person"].to_numpy()] == town.place("division")[store]
        own = held.filter(pl.Series(near))
        limit = deeds.budget(town, rng, int(store), 0.08, 0.26, dose)
        count = min(len(own), limit // LEAST + 4)
        if count:
            _empty(town, rng, int(store), own[rng.permutation(len(own))[:count]], limit)


def _empty(town: Town, rng: Generator, store: int, own: pl.DataFrame, limit: int) -> None:
    times = rng.choice([1, 2, 3], len(own), p=[0.4, 0.4, 0.2])
    row = np.repeat(np.arange(len(own)), times)
    n = len(row)
    day = town.days - 2 - (rng.random(n) ** 1.5 * 50).astype(np.int64)
    begin = town.at(rng, np.full(n, store), day)
    chronic = own["chronic"].to_numpy()[row]
    visits = town.new_visits(
        person=own["person"].to_numpy()[row],
        place=store,
        diag=town.cat.chronic["diag"].to_numpy()[chronic],
        kind=CHRONIC,
        begin=begin,
        end=np.minimum(begin + rng.integers(100, 900, n), town.days * DAY - 1),
        chronic=chronic,
        consult=0,
        cert=rng.choice([1, 3], n, p=[0.3, 0.7]),
    )
    quota = rng.integers(LEAST, MOST, len(own))[row]
    target = quota / times[row] * rng.uniform(0.93, 1.05, n)
    # Who gives up a small rest is the store's victim more than its partner.
    visits = visits.with_columns(blamed=pl.when(pl.Series(quota > PARTNER)).then("person").otherwise(-1))
    lines = _filled(town, rng, visits, target)
    kept = deeds.within(town, visits, lines, limit)
    deeds.plant(town, "quota_exhaustion", kept, lines, "pharmacy", "person")


def _filled(town: Town, rng: Generator, visits: pl.DataFrame, target: np.ndarray) -> pl.DataFrame:
    """Two or three drugs of the disease, as many boxes as the target pays for."""
    kit = town.cat.chronic["kit"].gather(visits["chronic"])
    rows = visits.select("visit", "begin", "place", target=pl.Series(target), kit=kit).join(
        town.cat.kits.select("kit", "item", "chance"), on="kit", maintain_order="left_right"
    )
    rows = rows.with_columns(luck=pl.Series(rng.random(len(rows)))).sort("visit", "luck")
    rows = rows.group_by("visit", maintain_order=True).head(3)
    item, place = rows["item"].to_numpy(), rows["place"].to_numpy()
    cnt = np.clip(np.rint(rows["target"].to_numpy() / 3 / town.price[place, item]), 1, 20).astype(np.int64)
    days = np.minimum(90, cnt * np.maximum(7, town.cat.column("pack_days")[item]))
    at = rows["begin"].to_numpy() + 30
    return frame(LINE, {"visit": rows["visit"].to_numpy(), "item": item, "cnt": cnt, "days": days, "at": at})
