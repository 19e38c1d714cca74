"""What the schemes share: whom they hit and how much of their business, spare persons and beds, deeds on lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay
from data.simulate.care.inpatient import stay_columns
from data.simulate.town.catalogue import Flags, Floats, Ints
from data.simulate.town.clock import DAY, day_weights, draw_days
from data.simulate.town.places import STORE
from data.simulate.town.town import Town

# Of the town's institutions and drugstores, what one scheme turns.
SHARE = 0.0135
OWNER = {"institution": "place", "pharmacy": "place", "practitioner": "doctor", "person": "person"}


def quota(town: Town, *, stores: bool = False, share: float = SHARE) -> int:
    """How many places one scheme turns: a fixed share of the town's, at least one."""
    of = int((town.place("kind") == STORE).sum() if stores else (town.place("kind") != STORE).sum())
    return max(1, round(share * of))


def busy(town: Town, kinds: Sequence[str], *, stays: int = 0, visits: int = 0) -> Ints:
    """Places of these kinds with so many honest stays and visits; the busiest of them where none has."""
    pool = town.where(*kinds)
    has = [
        np.bincount(town.base.filter(of)["place"].to_numpy(), minlength=len(town.places))[pool]
        for of in (is_stay(), ~is_stay())
    ]
    enough = pool[(has[0] >= stays) & (has[1] >= visits)]
    return enough if len(enough) else pool[np.argsort(-(has[0] * (stays > 0) + has[1] * (visits > 0)))[:1]]


def budget(town: Town, rng: Generator, place: int, low: float, high: float, dose: float) -> int:
    """Cents a scheme may make of a place: a share of its honest business times the dose."""
    return int(town.turnover()[place] * rng.uniform(low, high) * dose)


def cents(town: Town, visits: pl.DataFrame, lines: pl.DataFrame) -> Floats:
    """What each line costs, in cents."""
    place = lines.select("visit").join(visits.select("visit", "place"), on="visit", maintain_order="left")["place"]
    price = lines["price"].to_numpy()
    own = town.price[place.to_numpy(), lines["item"].to_numpy()]
    return np.asarray(np.where(price < 0, own, price) * lines["cnt"].to_numpy(), dtype=np.float64)


def within(town: Town, visits: pl.DataFrame, lines: pl.DataFrame, limit: int, least: int = 2) -> pl.DataFrame:
    """The first of these visits whose lines together cost no more than `limit` cents, and at least `least`."""
    costs = lines.select("visit", cost=pl.Series(cents(town, visits, lines)))
    each = visits.join(costs.group_by("visit").agg(pl.col("cost").sum()), on="visit", how="left", maintain_order="left")
    spent = each["cost"].fill_null(0).cum_sum()
    return visits.filter((spent <= limit) | pl.Series(np.arange(len(visits)) < least))


def part(rng: Generator, weights: Floats, limit: float) -> Ints:
    """Rows in random order whose weights together make `limit`, in their own order; at least one."""
    order = rng.permutation(len(weights))
    taken = np.cumsum(weights[order]) <= limit
    taken[:1] = True
    return np.sort(order[taken])


def plant(
    town: Town, scheme: str, visits: pl.DataFrame, lines: pl.DataFrame, *who: str, label: str | None = None
) -> None:
    """Add planted visits with those of the lines that are theirs; `who` are the subject types they implicate.

    A group is known by its label alone. A column `blamed` beside the visits' own names the person instead of `person`,
    -1 for nobody.
    """
    if len(visits) == 0:
        return
    town.visits.append(visits)
    owner = OWNER | ({"person": "blamed"} if "blamed" in visits.columns else {})
    rows = {kind: np.zeros(len(visits)) if kind == "group" else visits[owner[kind]].to_numpy() for kind in who}
    ids = town.deed(scheme, label, **rows)
    deed = pl.DataFrame({"visit": visits["visit"], "deed": ids})
    own = lines.join(deed, on="visit", maintain_order="left").filter(pl.col("deed").is_not_null())
    town.lines.append(own.with_columns(plant="deed").select(town.base_lines.columns))


def mark(town: Town, rows: Ints, ids: Ints, **changes: Ints) -> None:
    """Make base lines (row numbers) planted, with further columns changed on them."""
    new = {}
    for name, values in {"plant": ids, **changes}.items():
        column = town.base_lines[name].to_numpy().copy()
        column[rows] = values
        new[name] = pl.Series(column)
    town.base_lines = town.base_lines.with_columns(**new)


def base_rows(town: Town, visits: pl.DataFrame) -> Ints:
    """Row numbers of the base lines of these visits that no scheme touched and no refund takes back."""
    ours = visits.filter(pl.col("refund") == 0)["visit"].implode()
    return np.flatnonzero((town.base_lines["visit"].is_in(ours) & (town.base_lines["plant"] == 0)).to_numpy())


def base_cents(town: Town, place: int, rows: Ints) -> Floats:
    """What base lines of one place cost, in cents."""
    item, cnt = (town.base_lines[c].to_numpy()[rows] for c in ("item", "cnt"))
    return np.asarray(town.price[place, item] * cnt, dtype=np.float64)


def neighbours(town: Town, rng: Generator, place: int, count: int, low: int, high: int, again: float = 0.0) -> Ints:
    """Living persons of the ages, most from the place's division; few come twice unless `again` says how many."""
    age = town.person("age")
    fit = (age >= low) & (age <= high) & (town.person("death") < 0) & town.person("ordinary")
    fit[town.statuses["person"].to_numpy()] = False
    near = town.person("division") == town.place("division")[place]
    weight = fit * np.where(near, 1.0, 0.08) * town.person("use") ** 0.5
    size = min(max(1, round(count * (1 - again))), int(fit.sum()))
    person = rng.choice(len(age), size, replace=False, p=weight / weight.sum())
    return np.concatenate([person, rng.choice(person, count - size)]).astype(np.int64)


def free(town: Town, person: Ints, day: Ints, length: Ints) -> Flags:
    """Whether each person is in no hospital of their own during these days."""
    own = town.base.filter(is_stay()).select("person", other_begin="begin", other_end="end")
    wanted = pl.DataFrame({"n": np.arange(len(person)), "person": person, "day": day, "length": length})
    hit = wanted.join(own, on="person").filter(
        (pl.col("other_begin") < (pl.col("day") + pl.col("length") + 1) * DAY)
        & (pl.col("other_end") > pl.col("day") * DAY)
    )
    return ~np.isin(np.arange(len(person)), hit["n"].to_numpy())


def days(town: Town, rng: Generator, count: int, length: Ints | int = 0) -> Ints:
    """Days of the year with the usual rhythm of a hospital, early enough to end within it."""
    day = draw_days(rng, day_weights(town.year, weekend=0.6, winter=1.2, festival=0.4), count)
    return np.maximum(0, np.minimum(day, town.days - 2 - length))


def stays(
    town: Town, rng: Generator, place: int, person: Ints, day: Ints, length: Ints, diag: Ints, **columns: Ints | int
) -> pl.DataFrame:
    """New stays without operation of persons who are free then; the department is that of the practitioner."""
    wanted = town.cat.diagnoses["department"].to_numpy()[diag]
    where = np.full(len(person), place)
    made = stay_columns(town, rng, person, where, wanted, diag, day, length)
    made |= {"oprn": np.full(len(person), -1), "dept": town.doctors["dept"].to_numpy()[made["doctor"]]}
    fits = free(town, person, day, length)
    made |= {name: np.broadcast_to(np.asarray(values), (len(person),)) for name, values in columns.items()}
    return town.new_visits(**{name: values[fits] for name, values in made.items()})


def codes(town: Town, names: Sequence[str]) -> Ints:
    """Row numbers of items by their codes."""
    return np.array([town.cat.item[name] for name in names])


def diagnoses(town: Town, names: Sequence[str]) -> Ints:
    """Row numbers of diagnoses by their codes."""
    return np.array([town.cat.diagnosis[name] for name in names])


def category(town: Town, lines: pl.DataFrame) -> pl.Series:
    """The fee category of each line's item."""
    return pl.Series(town.cat.column("fee_category")[lines["item"].to_numpy()])
