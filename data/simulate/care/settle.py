"""Make honest care possible: nobody in two hospitals at once, out while in bed, or treated when dead."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.care.charge import is_stay, outpatient_lines, regimen_lines, stay_lines
from data.simulate.town.clock import DAY
from data.simulate.town.town import CHRONIC, PURCHASE, Town

STATUS_RATE = {"overseas": 0.003, "custody": 0.0013, "work_injury": 0.002, "third_party": 0.0018}


def settle(town: Town, rng: Generator) -> None:
    """Turn the visits so far into the honest base of the town: consistent visits and their lines."""
    visits = pl.concat(town.visits)
    stays = _apart(visits.filter(is_stay()))
    visits = pl.concat([stays, _outside(town, rng, visits.filter(~is_stay()), stays)])
    _statuses(town, rng)
    visits = _alive(town, _present(town, visits)).sort("visit")
    chance = np.where(visits.select(is_stay()).to_series().to_numpy(), 0.004, 0.0065)
    town.base = visits.with_columns(refund=pl.Series((rng.random(len(visits)) < chance).astype(np.int64)))
    stay = pl.Series(town.base.select(is_stay()).to_series())
    _approve_beds(town, rng, town.base.filter(stay))
    regimens = pl.concat(town.regimens)
    town.base_lines = pl.concat(
        [
            outpatient_lines(town, rng, town.base.filter(~stay)),
            regimen_lines(town, rng, town.base.filter(~stay), regimens),
            stay_lines(town, rng, town.base.filter(stay)),
        ]
    ).sort("visit", maintain_order=True)


def _approve_beds(town: Town, rng: Generator, stays: pl.DataFrame) -> None:
    """Give each hospital beds for its fullest day and some to spare."""
    place, first, last = (
        stays["place"].to_numpy(),
        stays["begin"].to_numpy() // DAY,
        stays["end"].to_numpy() // DAY,
    )
    census = np.zeros((len(town.places), town.days + 40), dtype=np.int64)
    np.add.at(census, (place, first), 1)
    np.add.at(census, (place, last), -1)
    fullest = np.cumsum(census, axis=1).max(axis=1)
    needed = np.ceil(fullest * rng.uniform(1.05, 1.5, len(fullest))).astype(np.int64)
    town.places = town.places.with_columns(beds=pl.Series(np.maximum(town.place("beds"), needed)))


def _apart(stays: pl.DataFrame) -> pl.DataFrame:
    """Drop stays that begin before an earlier one of the person ended; those of special cohorts go first."""
    fixed = _first_come(stays.filter(pl.col("fixed") == 1))
    loose = stays.filter(pl.col("fixed") == 0).sort("end")
    last = fixed.select("person", end="begin", until="end").sort("end")
    clear = (
        loose.join_asof(last, on="end", by="person", strategy="backward", check_sortedness=False)
        .filter(pl.col("until").is_null() | (pl.col("until") + DAY < pl.col("begin")))
        .drop("until")
    )
    return pl.concat([fixed, _first_come(clear)])


def _first_come(stays: pl.DataFrame) -> pl.DataFrame:
    stays = stays.sort("person", "begin", "visit")
    before = pl.col("end").cum_max().shift(1).over("person")
    return stays.filter(before.is_null() | (pl.col("begin") >= before))


def _outside(town: Town, rng: Generator, visits: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Drop visits during stays, except a few drug purchases that relatives make for the person."""
    last = stays.select("person", "begin", until="end").sort("begin", "person")
    joined = visits.sort("begin", "visit").join_asof(last, on="begin", by="person", check_sortedness=False)
    inside = pl.col("until").is_not_null() & (pl.col("begin") < pl.col("until"))
    drugs = pl.col("kind").is_in([PURCHASE]) | ((pl.col("kind") == CHRONIC) & (pl.col("registered") >= 0))
    joined = joined.with_columns(inside=inside, relative=inside & drugs & (pl.Series(rng.random(len(joined))) < 0.25))
    town.confound("relatives_buy", "person", joined.filter("relative")["person"].to_numpy())
    return joined.filter(~pl.col("inside") | pl.col("relative")).drop("until", "inside", "relative")


def _statuses(town: Town, rng: Generator) -> None:
    """Deaths and the lists of other departments, with the days they cover."""
    n = len(town.people)
    ordinary = np.flatnonzero(town.person("ordinary") & (town.person("death") < 0) & (town.person("age") >= 18))
    parts = []
    for kind, rate in STATUS_RATE.items():
        who = rng.choice(ordinary, max(2, round(n * rate)), replace=False)
        begin = rng.integers(-60, town.days - 60, len(who))
        parts.append(
            pl.DataFrame({"person": who, "kind": kind, "begin": begin, "end": begin + rng.integers(20, 190, len(who))})
        )
    dead = np.flatnonzero(town.person("death") >= 0)
    known = dead[rng.random(len(dead)) < 0.95]
    parts.append(
        pl.DataFrame(
            {"person": known, "kind": "death", "begin": town.person("death")[known], "end": -1},
            schema_overrides={"end": pl.Int64},
        )
    )
    town.statuses = pl.concat(parts)


def _present(town: Town, visits: pl.DataFrame) -> pl.DataFrame:
    """Drop visits of persons who are abroad or in custody."""
    away = town.statuses.filter(pl.col("kind").is_in(["overseas", "custody"])).select(
        "person", (pl.col("begin") * DAY).alias("away_from"), ((pl.col("end") + 1) * DAY).alias("away_to")
    )
    hit = visits.join(away, on="person").filter(
        (pl.col("begin") < pl.col("away_to")) & (pl.col("end") > pl.col("away_from"))
    )
    return visits.join(hit, on="visit", how="anti", maintain_order="left")


def _alive(town: Town, visits: pl.DataFrame) -> pl.DataFrame:
    """Drop visits after death; a stay during which the person dies ends there, with that way of leaving."""
    death = pl.Series(town.person("death"))[visits["person"].to_numpy()]
    moment = death * DAY + 15 * 3600
    visits = visits.with_columns(death=death, moment=moment)
    visits = visits.filter((pl.col("death") < 0) | (pl.col("begin") < pl.col("moment") - 6 * 3600))
    dies = is_stay() & (pl.col("death") >= 0) & (pl.col("end") >= pl.col("moment"))
    return (
        visits.with_columns(
            end=pl.when(dies).then(pl.col("moment")).otherwise(pl.col("end")),
            way=pl.when(dies).then(5).otherwise(pl.col("way")).cast(pl.Int64),
        )
        .filter(is_stay() | (pl.col("death") < 0) | (pl.col("end") <= pl.col("moment") + 6 * 3600))
        .drop("death", "moment")
    )
