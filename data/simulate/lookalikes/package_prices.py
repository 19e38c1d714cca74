"""A package: a hospital sells gastroscopy with all that belongs to it at one price, a little under a round sum.

Most of the bills are of just this price, some a medicine dearer. Everything was done, and cheaper than piece by piece.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate import deeds
from data.simulate.town.clock import DAY
from data.simulate.town.town import LINE, Town, frame

POOL = ("private_general", "district_general", "tcm_hospital", "private_small")
PACKAGE = ("003109020050000", "003301000010000", "002501010150000", "003107010010000", "002503050070000")
MEDICINES = ("XA02BCA032A00101010100324", "XA02ADA037A00101010100359", "XA03FAA036A00101010100352")


def after(town: Town, rng: Generator) -> None:
    """One hospital, for every thirty thousand persons one more, a tenth of its visitors over the year."""
    pool = deeds.busy(town, POOL, stays=5, visits=60)
    places = rng.choice(pool, min(len(pool), 1 + len(town.people) // 30_000), replace=False)
    for place in places:
        _sell(town, rng, int(place))
    town.spare(places)
    town.confound("package_prices", "institution", places)


def _sell(town: Town, rng: Generator, place: int) -> None:
    count = max(12, int((town.base["place"] == place).sum()) // 10)
    person = deeds.neighbours(town, rng, place, count, 30, 74)
    day = deeds.days(town, rng, count)
    fits = deeds.free(town, person, day, 0 * day) & ~_seen(town, person, day)
    person, day = person[fits], day[fits]
    where = np.full(len(person), place)
    dept = np.full(len(person), town.cat.department["A03.02"])
    begin = town.at(rng, where, day)
    visits = town.new_visits(
        person=person,
        place=where,
        doctor=town.choose_doctor(rng, where, dept),
        dept=dept,
        diag=deeds.diagnoses(town, ("K29.500", "K21.900"))[rng.integers(0, 2, len(person))],
        begin=begin,
        end=begin + rng.integers(2400, 7200, len(person)),
        cert=rng.choice([1, 3], len(person)),
    )
    town.add_honest(visits, *_bill(town, rng, place, visits))


def _seen(town: Town, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether each person is with a practitioner or in a store on the day already."""
    other = town.base.select("person", day=pl.col("begin") // DAY).unique()
    wanted = pl.DataFrame({"n": np.arange(len(person)), "person": person, "day": day})
    return np.isin(np.arange(len(person)), wanted.join(other, on=["person", "day"])["n"].to_numpy())


def _bill(town: Town, rng: Generator, place: int, visits: pl.DataFrame) -> list[pl.DataFrame]:
    """The package, whose first article is cheaper by the discount, and for a third a medicine besides."""
    items = deeds.codes(town, PACKAGE)
    price = town.price[place, items].copy()
    asked = int(price.sum() * rng.uniform(0.88, 0.97)) // 1_000 * 1_000 - 200
    price[0] -= price.sum() - asked
    visit, begin = visits["visit"].to_numpy(), visits["begin"].to_numpy()
    row, which = np.divmod(np.arange(len(visits) * len(items)), len(items))
    package = {"visit": visit[row], "item": items[which], "price": price[which], "at": begin[row] + 300 * (which + 1)}
    more = np.flatnonzero(rng.random(len(visits)) < 1 / 3)
    medicine = rng.choice(deeds.codes(town, MEDICINES), len(more))
    cnt = rng.integers(1, 3, len(more))
    days = cnt * town.cat.column("pack_days")[medicine]
    besides = {"visit": visit[more], "item": medicine, "cnt": cnt, "days": days, "at": begin[more] + 2000}
    return [frame(LINE, package), frame(LINE, besides)]
