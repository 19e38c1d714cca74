"""The town while it is being made: who lives there, and the visits and fee lines so far, as column tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town import catalogue, people, places
from data.simulate.town.catalogue import Catalogue, Floats, Ints
from data.simulate.town.clock import DAY, days_in, draw_seconds

# Kinds of care, as national codes.
OUTPATIENT, EMERGENCY, CHRONIC, STAY, PURCHASE, PRENATAL, BIRTH = 11, 13, 14, 21, 41, 51, 52
STAYS = (STAY, BIRTH)
# A visit's defaults; `begin` and `end` are seconds since the year's start, the rest are row numbers or codes.
# `manual`: paid at the counter against paper bills; `twin`: the visit whose bill it is; `absent`: not really there;
# `desk`: the till, -1 any; `caller`: the person whose telephone number was given, -1 the own; `third`: marked as a
# third party's to pay.
VISIT: dict[str, int] = {
    "person": -1,
    "place": -1,
    "doctor": -1,
    "dept": -1,
    "diag": -1,
    "diag2": -1,
    "kind": OUTPATIENT,
    "begin": -1,
    "end": -1,
    "chronic": -1,
    "kit": -1,
    "oprn": -1,
    "way": 1,
    "clearing": 1,
    "interim": 0,
    "registered": -1,
    "consult": 1,
    "fixed": 0,
    "cert": 1,
    "refund": 0,
    "manual": 0,
    "twin": -1,
    "absent": 0,
    "desk": -1,
    "caller": -1,
    "third": 0,
}
# A line's defaults; `price` -1 is the place's own price, `hidden` cents a unit over what is due not declared as
# such, `plant` the planted deed it belongs to, `given` the item that was given in truth, `goods` the goods that went
# over the counter (a row of the reference list).
LINE: dict[str, int] = {
    "visit": -1,
    "item": -1,
    "at": -1,
    "cnt": 1,
    "price": -1,
    "days": 0,
    "plant": 0,
    "hidden": 0,
    "home": 0,
    "given": -1,
    "goods": -1,
}


def frame(defaults: dict[str, int], columns: dict[str, Any]) -> pl.DataFrame:
    """A table of int64 columns; what is not given takes its default."""
    size = max(len(v) for v in columns.values() if np.ndim(v))
    data = {k: np.broadcast_to(np.asarray(columns.get(k, v), dtype=np.int64), (size,)) for k, v in defaults.items()}
    return pl.DataFrame(data, schema=dict.fromkeys(defaults, pl.Int64))


@dataclass
class Town:
    """Everything the modules share. Row numbers of the frames are the keys."""

    year: int
    seed: int
    cat: Catalogue
    people: pl.DataFrame
    places: pl.DataFrame
    doctors: pl.DataFrame
    price: Ints
    limit: Ints
    chooser: dict[str, Floats] = field(default_factory=dict)
    visits: list[pl.DataFrame] = field(default_factory=list)
    lines: list[pl.DataFrame] = field(default_factory=list)
    base: pl.DataFrame = field(default_factory=pl.DataFrame)
    base_lines: pl.DataFrame = field(default_factory=pl.DataFrame)
    statuses: pl.DataFrame = field(default_factory=pl.DataFrame)
    regimens: list[pl.DataFrame] = field(default_factory=list)
    registrations: list[pl.DataFrame] = field(default_factory=list)
    filings: list[pl.DataFrame] = field(default_factory=list)
    contracts: pl.DataFrame = field(default_factory=pl.DataFrame)
    devices: list[pl.DataFrame] = field(default_factory=list)
    own_names: list[pl.DataFrame] = field(default_factory=list)
    confounders: list[pl.DataFrame] = field(default_factory=list)
    plants: list[pl.DataFrame] = field(default_factory=list)
    accomplices: list[tuple[str, int]] = field(default_factory=list)
    taken: dict[str, set[int]] = field(default_factory=dict)
    earned: Ints | None = None
    next_visit: int = 0
    next_plant: int = 1

    @property
    def days(self) -> int:
        """Days of the simulated year."""
        return days_in(self.year)

    def person(self, column: str) -> Any:
        """A column of the persons as numpy."""
        return self.people[column].to_numpy()

    def place(self, column: str) -> Any:
        """A column of the places as numpy."""
        return self.places[column].to_numpy()

    def new_visits(self, **columns: Any) -> pl.DataFrame:
        """Make visits (arrays or single values by the names in VISIT) and number them; not added yet."""
        made = frame(VISIT, columns)
        numbers = np.arange(self.next_visit, self.next_visit + len(made))
        self.next_visit += len(made)
        return made.with_columns(pl.Series("visit", numbers))

    def add_visits(self, **columns: Any) -> pl.DataFrame:
        """Make visits and add them."""
        made = self.new_visits(**columns)
        self.visits.append(made)
        return made

    def add_honest(self, visits: pl.DataFrame, *lines: pl.DataFrame) -> None:
        """Add visits with their lines to the settled base, in their order; visits are numbered upwards."""
        self.base = pl.concat([self.base, visits.select(self.base.columns)])
        self.base_lines = pl.concat([self.base_lines, *lines])

    def confound(self, kind: str, subject_type: str, subjects: Any) -> None:
        """Record honest subjects (row numbers) that look odd."""
        rows = np.unique(np.asarray(subjects, dtype=np.int64))
        self.confounders.append(
            pl.DataFrame(
                {"kind": kind, "subject_type": subject_type, "subject": rows},
                schema={"kind": pl.String, "subject_type": pl.String, "subject": pl.Int64},
            )
        )

    def deed(self, scheme: str, label: str | None = None, **subjects: Any) -> Ints:
        """Register planted deeds, one a row of the subject arrays (type = row numbers, -1 nobody); returns ids."""
        columns = {k: np.asarray(v, dtype=np.int64) for k, v in subjects.items()}
        size = len(next(iter(columns.values())))
        ids = np.arange(self.next_plant, self.next_plant + size)
        self.next_plant += size
        for subject_type, rows in columns.items():
            made = pl.DataFrame({"plant": ids, "subject": rows}).filter(pl.col("subject") >= 0)
            self.plants.append(
                made.with_columns(
                    scheme=pl.lit(scheme),
                    subject_type=pl.lit(subject_type),
                    group=pl.lit(label, dtype=pl.String),
                )
            )
        return ids

    def equip(self, device: str, places: Any, count: Any) -> None:
        """Enter devices of a kind (its name in the register) at places into the register of equipment."""
        self.devices.append(
            pl.DataFrame(
                {"place": np.asarray(places), "device": device, "count": np.asarray(count)},
                schema={"place": pl.Int64, "device": pl.String, "count": pl.Int64},
            )
        )

    def rename(self, place: int, names: dict[int, str]) -> None:
        """Give items (row numbers) other names in the own catalogue of a place."""
        self.own_names.append(
            pl.DataFrame(
                {"place": place, "item": list(names), "called": list(names.values())},
                schema={"place": pl.Int64, "item": pl.Int64, "called": pl.String},
            )
        )

    def join_in(self, scheme: str, doctor: int) -> None:
        """Record a practitioner who is in a scheme by agreement, however little of their business it is."""
        self.accomplices.append((scheme, doctor))

    def spare(self, places: Any) -> None:
        """Places that schemes leave honest as long as others are free: they are to look odd for good reasons."""
        self.taken.setdefault("places", set()).update(np.atleast_1d(np.asarray(places)).tolist())

    def pick(self, rng: Generator, pool: Ints, count: int) -> Ints:
        """Places for a scheme, the first of its own random order that no other scheme has."""
        used = self.taken.setdefault("places", set())
        order = rng.permutation(pool)
        free = ~np.isin(order, list(used))
        chosen = np.concatenate([order[free], order[~free]])[:count]
        used.update(chosen.tolist())
        return np.sort(chosen)

    def turnover(self) -> Ints:
        """Honest business of each place, cents of total charge; what schemes do later does not change it."""
        if self.earned is not None:
            return self.earned
        lines = self.base_lines.join(self.base.select("visit", "place"), on="visit", maintain_order="left")
        place = lines["place"].to_numpy()
        amount = lines["cnt"].to_numpy() * self.price[place, lines["item"].to_numpy()]
        self.earned = np.bincount(place, weights=amount, minlength=len(self.places)).astype(np.int64)
        return self.earned

    def where(self, *kinds: str) -> Ints:
        """Row numbers of the places of these kinds inside the area."""
        inside = ~np.isin(self.place("division"), places.AWAY)
        return np.flatnonzero(self.places["kind"].is_in(list(kinds)).to_numpy() & inside)

    def choose_place(self, rng: Generator, person: Ints, dept: Ints, mode: str, loyalty: float = 0.7) -> Ints:
        """A place for each visit: `mode` outpatient, stays or store; loyal persons keep to one place."""
        division = self.person("division")[person]
        fresh = rng.random(len(person))
        habit = (self.person("habit")[person] + dept * 0.381966) % 1.0
        loyal = rng.random(len(person)) < loyalty
        return _pick(self.chooser[mode][division, dept], np.where(loyal, habit, fresh))

    def choose_doctor(self, rng: Generator, place: Ints, dept: Ints) -> Ints:
        """A practitioner of the place's department; any of the place where it has no such department."""
        own = self.doctors["place"].to_numpy()
        key = own * 1000 + self.doctors["dept"].to_numpy()
        wanted = place * 1000 + dept
        first, last = np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")
        none = last == first
        first = np.where(none, np.searchsorted(own, place), first)
        last = np.where(none, np.searchsorted(own, place, side="right"), last)
        return first + (rng.random(len(place)) ** 1.5 * (last - first)).astype(np.int64)

    def clock(self, rng: Generator, place: Ints) -> Ints:
        """A second of the day within the place's opening hours."""
        return draw_seconds(rng, self.place("opens")[place], self.place("closes")[place])

    def at(self, rng: Generator, place: Ints, day: Ints) -> Ints:
        """A moment on the day within opening hours, in seconds since the year's start."""
        return np.asarray(day) * DAY + self.clock(rng, place)


def _pick(cumulative: Floats, draw: Floats) -> Ints:
    step = 20_000
    return np.concatenate(
        [(cumulative[at : at + step] < draw[at : at + step, None]).sum(axis=1) for at in range(0, len(draw), step)]
        or [np.zeros(0, dtype=np.int64)]
    ).astype(np.int64)


def _choosers(cat: Catalogue, where: pl.DataFrame) -> dict[str, Floats]:
    """For each mode the cumulative chance of each place by division and department."""
    departments = where["departments"].str.split(";").to_list()
    has = np.array([[code in own for own in departments] for code in cat.departments["code"].to_list()])
    division = where["division"].to_numpy()
    areas = np.arange(len(people.DIVISION_SHARE))
    local = np.where(division[None, :] == areas[:, None], 1.0, 0.12)
    big = where["level"].to_numpy() == 3
    local = np.where(big[None, :] & (local < 1), 0.4, local) * (division < len(areas))
    size = where["size"].to_numpy()
    store = where["is_store"].to_numpy()
    weights = {
        "outpatient": has * (where["outpatient"].to_numpy() * size),
        "stays": has * (where["stays"].to_numpy() * size),
        "store": np.broadcast_to(store * size, has.shape),
    }
    made = {}
    for mode, weight in weights.items():
        table = np.cumsum(local[:, None, :] * weight[None, :, :], axis=2)
        made[mode] = table / np.maximum(table[:, :, -1:], 1e-12) * 1.0000001
    return made


def found(persons: int, seed: int, year: int) -> Town:
    """A town with its persons, places and practitioners, before anybody fell ill."""
    cat = catalogue.load()
    rng = np.random.default_rng([seed, 1])
    residents = people.make_people(rng, persons, year)
    employer = people.employers(np.random.default_rng([seed, 9]), residents)
    residents = residents.with_columns(employer=pl.Series(employer))
    where = places.make_places(rng, cat, persons, year)
    doctors = places.make_doctors(rng, cat, where, year)
    price, limit = places.price_matrix(rng, cat, where)
    return Town(year, seed, cat, residents, where, doctors, price, limit, _choosers(cat, where))
