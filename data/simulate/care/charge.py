"""From visits to fee lines: consultations, kits of items, chronic regimens, and the days of a stay."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town.catalogue import TIMINGS, Flags, Ints
from data.simulate.town.clock import DAY
from data.simulate.town.town import CHRONIC, EMERGENCY, LINE, PURCHASE, STAYS, Town, frame

_AT = {name: TIMINGS.index(name) for name in TIMINGS}


def outpatient_lines(town: Town, rng: Generator, visits: pl.DataFrame, strangers: bool = False) -> pl.DataFrame:
    """Lines of visits that are not stays: the consultation fee, then what the kit says by chance.

    `strangers` drops the check of sex and age, for cards that somebody else uses.
    """
    parts = [_consultations(town, rng, visits.filter(pl.col("consult") == 1))]
    rows = _draw_kit(town, rng, visits, strangers)
    parts.append(_single(town, rng, rows))
    return pl.concat(parts)


def regimen_lines(town: Town, rng: Generator, visits: pl.DataFrame, regimens: pl.DataFrame) -> pl.DataFrame:
    """Lines of chronic visits: each person's own drugs, enough for the days until the next visit."""
    rows = visits.filter(pl.col("registered") >= 0).join(regimens, on="registered", maintain_order="left")
    rows = rows.filter(pl.Series(rng.random(len(rows)) < 0.93))
    pack = np.maximum(7, town.cat.column("pack_days")[rows["item"].to_numpy()])
    boxes = np.clip(np.rint(rows["supply"].to_numpy() / pack), 1, 6).astype(np.int64)
    return frame(
        LINE,
        {
            "visit": rows["visit"].to_numpy(),
            "item": _brand(town, rng, rows),
            "cnt": boxes,
            "days": boxes * pack,
            "at": _moment(rng, rows),
        },
    )


def stay_lines(town: Town, rng: Generator, stays: pl.DataFrame) -> pl.DataFrame:
    """Lines of stays: bed, nursing and ward round each day, the common tests, the kit, the operation."""
    base = stays.with_columns(kit=pl.lit(town.cat.kit("i_base"), dtype=pl.Int64)).filter(pl.col("clearing") != 5)
    parts = [hotel_lines(town, rng, stays)]
    for each in (base, stays):
        parts.append(_timed(town, rng, _draw_kit(town, rng, each, False)))
    parts.append(_operation(town, rng, stays))
    return pl.concat(parts)


def _moment(rng: Generator, rows: pl.DataFrame) -> Ints:
    begin, end = rows["begin"].to_numpy(), rows["end"].to_numpy()
    moment: Ints = begin + (rng.random(len(rows)) * np.maximum(0, end - begin)).astype(np.int64)
    return moment


def _consultations(town: Town, rng: Generator, visits: pl.DataFrame) -> pl.DataFrame:
    visits = visits.filter(~pl.col("kind").is_in([PURCHASE]) & (pl.col("doctor") >= 0))
    general = (town.place("level") == 1) | np.isin(town.place("medins_type"), ["D211", "D212", "D600"])
    place = visits["place"].to_numpy()
    role = town.cat.role
    item = np.select(
        [visits["kind"].to_numpy() == EMERGENCY, general[place], rng.random(len(visits)) < 0.25],
        [role["visit_emergency"], role["visit_general"], role["visit_expert"]],
        role["visit_plain"],
    )
    kept = visits["kind"].to_numpy() != CHRONIC
    kept |= rng.random(len(visits)) < 0.75
    return frame(
        LINE,
        {
            "visit": visits["visit"].to_numpy(),
            "item": item,
            "at": visits["begin"].to_numpy(),
        },
    ).filter(pl.Series(kept))


def _brand(town: Town, rng: Generator, rows: pl.DataFrame) -> Ints:
    """The dearer brand instead of the generic, by the place's habit."""
    brand, item = town.cat.brands(), rows["item"].to_numpy()
    swap = (brand[item] != item) & (rng.random(len(rows)) < town.place("brand")[rows["place"].to_numpy()])
    return np.where(swap, brand[item], item).astype(np.int64)


def _draw_kit(town: Town, rng: Generator, visits: pl.DataFrame, strangers: bool) -> pl.DataFrame:
    """Join visits with their kit's rows and keep each by chance, where sex, age and level permit the item."""
    rows = visits.filter(pl.col("kit") >= 0).join(town.cat.kits, on="kit", maintain_order="left_right")
    zeal = town.place("zeal")[rows["place"].to_numpy()]
    kept = rng.random(len(rows)) < 1 - (1 - np.minimum(rows["chance"].to_numpy(), 1)) ** zeal
    rows = rows.filter(pl.Series(kept))
    if strangers:
        return rows
    return rows.filter(
        pl.Series(_permitted(town, rows["item"].to_numpy(), rows["person"].to_numpy(), rows["place"].to_numpy()))
    )


def _permitted(town: Town, item: Ints, person: Ints, place: Ints) -> Flags:
    sex, child = town.cat.column("sex")[item], town.cat.column("child_only")[item]
    level = town.place("level")[place]
    lowest = town.cat.column("min_level")[item]
    fits = (sex == 0) | (sex == town.person("sex")[person])
    fits &= (child == 0) | (town.person("age")[person] < 13)
    allowed: Flags = fits & ((lowest == 0) | ((level >= lowest) & (level <= 3)))
    return allowed


def _quantity(rng: Generator, rows: pl.DataFrame) -> Ints:
    low, high = rows["qty_from"].to_numpy(), rows["qty_to"].to_numpy()
    quantity: Ints = low + (rng.random(len(rows)) * (high - low + 1)).astype(np.int64)
    return quantity


def _single(town: Town, rng: Generator, rows: pl.DataFrame) -> pl.DataFrame:
    item, cnt = _brand(town, rng, rows), _quantity(rng, rows)
    herbal = town.cat.column("catalogue_type")[item] == "102"
    # A herbal prescription is made for whole days; every herb of it in the same number of doses.
    cnt = np.where(herbal, cnt // 7 * 7, cnt)
    days = np.where(herbal, 7, np.minimum(cnt * town.cat.column("pack_days")[item], 90))
    return frame(
        LINE,
        {"visit": rows["visit"].to_numpy(), "item": item, "cnt": cnt, "days": days, "at": _moment(rng, rows)},
    )


def _length(stays: pl.DataFrame) -> Ints:
    days: Ints = np.maximum(1, stays["end"].to_numpy() // DAY - stays["begin"].to_numpy() // DAY)
    return days


def _spread(
    rng: Generator,
    rows: pl.DataFrame,
    start: Ints,
    count: Ints,
    step: Ints,
    early: int,
    late: int,
) -> tuple[Ints, Ints]:
    """Repeat each row on `count` days from day `start` of the stay; returns the row numbers and moments."""
    source = np.repeat(np.arange(len(rows)), count)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    day = rows["begin"].to_numpy()[source] // DAY + start[source] + nth * step[source]
    at = day * DAY + early * 3600 + (rng.random(len(source)) * (late - early) * 3600).astype(np.int64)
    # No item before admission or after discharge.
    at = np.clip(at, rows["begin"].to_numpy()[source], rows["end"].to_numpy()[source])
    return source, at


def hotel_lines(town: Town, rng: Generator, stays: pl.DataFrame) -> pl.DataFrame:
    """Bed, nursing and ward round of every day of the stays."""
    role, days = town.cat.role, _length(stays)
    one, zero = np.ones(len(stays), dtype=np.int64), np.zeros(len(stays), dtype=np.int64)
    bed = rng.choice([role["bed_two"], role["bed_three"], role["bed_four"]], len(stays), p=[0.08, 0.6, 0.32])
    nursing = rng.choice([role["nursing_1"], role["nursing_2"], role["nursing_3"]], len(stays), p=[0.1, 0.76, 0.14])
    nursing = np.where(stays["clearing"].to_numpy() == 5, role["nursing_mind"], nursing)
    parts = []
    for item, early, late in ((bed, 0, 1), (nursing, 6, 9), (one * role["ward_round"], 8, 10)):
        source, at = _spread(rng, stays, zero, days, one, early, late)
        parts.append(frame(LINE, {"visit": stays["visit"].to_numpy()[source], "item": item[source], "at": at}))
    return pl.concat(parts)


def _timed(town: Town, rng: Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """Kit rows of stays laid over the days by their timing; courses respect the longest course paid."""
    days, timing = _length(rows), rows["timing"].to_numpy()
    item = _brand(town, rng, rows)
    longest = town.cat.column("max_days")[item]
    course = np.maximum(1, np.rint(days * rng.uniform(0.55, 1.0, len(rows)))).astype(np.int64)
    course = np.where(longest > 0, np.minimum(course, longest), np.minimum(course, 21))
    count = np.select(
        [timing == _AT["D"], timing == _AT["C"], timing == _AT["W"], timing == _AT["M"], timing == _AT["A"]],
        [days, course, (days - 1) // 7, (days + 29) // 30, (days + 1) // 2],
        1,
    )
    step = np.select([timing == _AT["W"], timing == _AT["M"], timing == _AT["A"]], [7, 30, 2], 1)
    latest = np.maximum(1, days - (count - 1) * step)
    start = np.select(
        [timing == _AT["O"], timing == _AT["W"], timing == _AT["C"]],
        [
            (rng.random(len(rows)) * np.minimum(latest, 5)).astype(np.int64),
            7,
            (rng.random(len(rows)) * np.minimum(latest, 2)).astype(np.int64),
        ],
        0,
    )
    source, at = _spread(rng, rows, start, count, step, 8, 17)
    cnt = _quantity(rng, rows)[source]
    return frame(LINE, {"visit": rows["visit"].to_numpy()[source], "item": item[source], "cnt": cnt, "at": at})


def _operation(town: Town, rng: Generator, stays: pl.DataFrame) -> pl.DataFrame:
    rows = stays.filter(pl.col("oprn") >= 0).join(
        town.cat.operations, left_on="oprn", right_on="diag", maintain_order="left_right"
    )
    one = np.ones(len(rows), dtype=np.int64)
    source, at = _spread(rng, rows, np.minimum(1, _length(rows) - 1), one, one, 9, 15)
    return frame(
        LINE,
        {
            "visit": rows["visit"].to_numpy()[source],
            "item": rows["item"].to_numpy()[source],
            "cnt": _quantity(rng, rows)[source],
            "at": at,
        },
    )


def is_stay() -> pl.Expr:
    """Visits in hospital overnight."""
    return pl.col("kind").is_in(list(STAYS))
