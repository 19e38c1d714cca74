"""A night shift: while a centre repairs its water treatment, others dialyse its patients in the evening."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import Flags, Ints
from data.simulate.town.clock import DAY, weekdays
from data.simulate.town.town import Town


def after(town: Town, rng: Generator) -> None:
    """One centre repairs for three to seven weeks, where there are three of them or more."""
    kits = town.cat.kits_like("dialysis_").tolist()
    dialysed = town.base.select(pl.col("kit").is_in(kits)).to_series().to_numpy()
    centres = np.unique(town.base["place"].to_numpy()[dialysed])
    if len(centres) < 3:
        return
    closed, host = (int(place) for place in rng.choice(centres, 2, replace=False))
    first = int(rng.integers(70, 280))
    rows = _guests(town, rng, dialysed, closed, host, first, first + int(rng.integers(21, 50)))
    _dialyse(town, rng, rows, host)
    town.spare(host)
    town.confound("night_shift", "institution", [host])


def _guests(town: Town, rng: Generator, dialysed: Flags, closed: int, host: int, first: int, last: int) -> Ints:
    """Visits of as many of the closed centre's patients as the host has machines, on either rhythm of the week.

    The others stay: half of the water treatment runs on.
    """
    here, day = town.base["place"].to_numpy() == closed, town.base["begin"].to_numpy() // DAY
    rows = np.flatnonzero(dialysed & here & (day >= first) & (day < last))
    machines = pl.concat(town.devices).filter((pl.col("place") == host) & pl.col("device").str.contains("透析"))
    person = town.base["person"].to_numpy()[rows]
    odd = np.isin(weekdays(town.year)[day[rows]], [0, 2, 4])
    taken = []
    for rhythm in (odd, ~odd):
        taken.append(rng.permutation(np.unique(person[rhythm]))[: int(machines["count"].sum())])
    return rows[(odd & np.isin(person, taken[0])) | (~odd & np.isin(person, taken[1]))]


def _dialyse(town: Town, rng: Generator, rows: Ints, host: int) -> None:
    """Move the visits and their lines to the evening at the host."""
    place, doctor, begin, end = (town.base[c].to_numpy().copy() for c in ("place", "doctor", "begin", "end"))
    evening = begin[rows] // DAY * DAY + (17.5 * 3600 + rng.normal(0, 700, len(rows))).astype(np.int64)
    later = evening - begin[rows]
    able = _unoccupied(town, rows, later)
    rows, later = rows[able], later[able]
    place[rows] = host
    doctor[rows] = town.choose_doctor(rng, place[rows], town.base["dept"].to_numpy()[rows])
    begin[rows] += later
    end[rows] += later
    moved = pl.DataFrame({"visit": town.base["visit"].to_numpy()[rows], "later": later})
    town.base = town.base.with_columns(
        place=pl.Series(place), doctor=pl.Series(doctor), begin=pl.Series(begin), end=pl.Series(end)
    )
    lines = town.base_lines.join(moved, on="visit", how="left", maintain_order="left")
    town.base_lines = lines.with_columns(at=pl.col("at") + pl.col("later").fill_null(0)).drop("later")


def _unoccupied(town: Town, rows: Ints, later: Ints) -> Flags:
    """Whether the person has nothing else to do that evening: who was admitted in the afternoon came before it."""
    visits = town.base[rows].select("visit", "person", "begin", "end").with_columns(later=pl.Series(later))
    others = town.base.select("person", other="visit", since="begin", until="end")
    hit = visits.join(others, on="person").filter(
        (pl.col("other") != pl.col("visit"))
        & (pl.col("since") < pl.col("end") + pl.col("later"))
        & (pl.col("until") > pl.col("begin") + pl.col("later"))
    )
    return ~np.isin(visits["visit"].to_numpy(), hit["visit"].to_numpy())
