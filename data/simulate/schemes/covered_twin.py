"""Covered twin: what the fund does not pay is given on, and from some month on charged as something it pays.

Imitates clinics that sold tonics, consultations or nursing pads for cash until they found that nobody minds another
code: the same things go over the counter, the bill says a patent medicine or a massage at about the same price. The
uncovered item leaves the bills, the covered one leaps. Camouflage: the change takes some weeks, some houses still
charge a few rightly, one or two twins in turn, sums that fit only about. Now and then the house's own code still names
what was given.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.catalogue import Flags, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

SUBJECTS = ("institution",)
POOL = (
    "tcm_clinic", "clinic", "private_small", "private_general", "tcm_hospital", "nursing_hospital", "rehabilitation",
    "community",
)  # fmt: skip
MEDICINES = ("ZA09CAA0126010100426", "ZA09CAA0127010100427", "ZA09CAA0190010100490", "ZA09CAA0186010100486")
SERVICES = ("004500000010000", "004100000080000", "004400000010000", "003401000100000", "004100000010000")
TWINS = {
    "T001700805": MEDICINES, "T001700742": MEDICINES, "001309000010000": SERVICES,
    "C13030100100000000000": ("C13010200100000000000",),
}  # fmt: skip


def plant(town: Town, rng: Generator, dose: float) -> None:
    """Let a few places that sell much of what is not covered charge it under another code."""
    for hospital in town.pick(rng, _sellers(town), deeds.quota(town)):
        limit = deeds.budget(town, rng, int(hospital), 0.04, 0.25, dose)
        rows = _uncovered(town, int(hospital))
        if len(rows) == 0:
            continue
        rows = rows[np.argsort(town.base_lines["at"].to_numpy()[rows], kind="stable")]
        item, cnt = _twins(town, rng, int(hospital), rows)
        kept = _since(town, rng, rows, (town.price[hospital, item] * cnt).astype(np.int64), limit)
        rows, item, cnt = rows[kept], item[kept], cnt[kept]
        given = town.base_lines["item"].to_numpy()[rows]
        betrayed = rng.random(len(rows)) < rng.uniform(0.0, 0.2)
        days = np.minimum(90, cnt * town.cat.column("pack_days")[item])
        ids = town.deed("covered_twin", institution=np.full(len(rows), hospital))
        deeds.mark(town, rows, ids, item=item, cnt=cnt, days=days, given=np.where(betrayed, given, -1))


def _uncovered(town: Town, place: int) -> Ints:
    """Row numbers of a place's untouched lines of what has a twin."""
    rows = deeds.base_rows(town, town.base.filter(place=place))
    return rows[np.isin(town.base_lines["item"].to_numpy()[rows], deeds.codes(town, list(TWINS)))]


def _sellers(town: Town) -> Ints:
    """The larger of the places to which what is not covered matters; or else the one to which it matters most."""
    pool = deeds.busy(town, POOL, visits=60)
    sold = np.array([deeds.base_cents(town, int(p), _uncovered(town, int(p))).sum() for p in pool])
    share = sold / np.maximum(1, town.turnover()[pool])
    enough = share >= 0.05
    if not enough.any():
        enough = share == share.max()
    large: Ints = pool[enough & (sold >= np.median(sold[enough]))]
    return large


def _twins(town: Town, rng: Generator, place: int, rows: Ints) -> tuple[Ints, Ints]:
    """The covered item and the quantity charged in place of each line: one or two items for each, of about its sum."""
    item = town.base_lines["item"].to_numpy()[rows]
    cost = deeds.base_cents(town, place, rows)
    charged = item.copy()
    for code, twins in TWINS.items():
        pair = rng.permutation(deeds.codes(town, twins))[:2]
        second = (rng.random(len(rows)) < rng.uniform(0.0, 0.4)) * (len(pair) > 1)
        charged = np.where(item == town.cat.item[code], pair[second.astype(np.int64)], charged)
    cnt = np.maximum(1, np.rint(cost / town.price[place, charged]))
    return charged, cnt.astype(np.int64)


def _since(town: Town, rng: Generator, rows: Ints, cost: Ints, limit: int) -> Flags:
    """Which of the lines, in order of time, are charged as the twin: those after a day, late enough for the limit."""
    left = np.cumsum(cost[::-1])[::-1] <= limit
    left[-2:] = True
    day = town.base_lines["at"].to_numpy()[rows] // DAY
    first = min(max(int(rng.integers(50, 160)), int(day[left].min())), int(day[-1]))
    turned = (day - first + 1) / rng.integers(5, 40)
    careless = rng.uniform(0.02, 0.1) * (rng.random() < 0.4)
    chosen: Flags = left & (rng.random(len(rows)) < np.clip(turned, 0, 1 - careless))
    chosen[-1] = True
    return chosen
