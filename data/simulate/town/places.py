"""Institutions, drugstores and practitioners, with their lasting differences in size, price and habit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from data.simulate.town import names
from data.simulate.town.catalogue import LEVEL_SHARE, Catalogue, Floats, Ints
from data.simulate.town.people import DIVISION_SHARE

STORE = "drugstore"
AWAY = (7, 7, 8)  # divisions of the three hospitals outside the area


def sizes(persons: int) -> tuple[int, int]:
    """How many medical institutions and drugstores a town of so many insured persons has."""
    scale = (persons / 20_000) ** 0.8
    return max(23, round(20 + 50 * scale)), max(20, round(18 + 50 * scale))


def _kind_rows(cat: Catalogue, count: int) -> Ints:
    least, share = cat.kinds["least"].to_numpy(), cat.kinds["share"].to_numpy()
    extra = share / share.sum() * max(0, count - least.sum())
    whole = np.floor(extra).astype(np.int64)
    rest = max(0, count - int(least.sum()) - int(whole.sum()))
    whole[np.argsort(whole - extra, kind="stable")[:rest]] += 1
    return np.repeat(np.arange(len(share)), least + whole)


def _spread(rng: Generator, count: int) -> Ints:
    """Divisions of `count` places, in proportion to their inhabitants."""
    edges = np.cumsum(DIVISION_SHARE) * count
    return rng.permutation(np.searchsorted(edges, np.arange(count) + 0.5)).astype(np.int64)


def _codes(rng: Generator, letter: str, division: Ints) -> names.Texts:
    table = np.array([code for code, _ in names.DIVISIONS] + [code for code, _ in names.ELSEWHERE])
    serial = rng.permutation(900)[: len(division)] + 100
    return np.char.add(np.char.add(letter, table[division]), np.char.zfill((10_000 + serial).astype(str), 5))


def _title(rng: Generator, division: Ints, suffix: list[str], unique: Ints) -> list[str]:
    towns = [name for _, name in names.DIVISIONS] + [name for _, name in names.ELSEWHERE]
    words = [a + b for a in names.WORDS for b in names.WORDS if a != b]
    pick = rng.permutation(len(words))
    return [
        towns[d] + ("" if one else words[pick[n]]) + s
        for n, (d, s, one) in enumerate(zip(division, suffix, unique, strict=True))
    ]


def _common(rng: Generator, division: Ints, year: int) -> dict[str, Any]:
    n = len(division)
    spread = rng.normal(0, 0.035, (n, 2)) + names.CENTRES[division]
    opened = np.datetime64(date(year - 1, 6, 1)) - rng.integers(60, 5000, n).astype("timedelta64[D]")
    return {
        "division": division,
        "longitude": spread[:, 0].round(6),
        "latitude": spread[:, 1].round(6),
        "owner": names.person_names(rng, rng.integers(1, 3, n)),
        "opened": opened,
        "uscc": [f"95990{n:011d}M" for n in rng.integers(10**9, 10**10, n)],
        "size": rng.lognormal(0, 0.42, n),
    }


def _hospitals(rng: Generator, cat: Catalogue, count: int, year: int) -> pl.DataFrame:
    rows = np.concatenate([_kind_rows(cat, count), np.zeros(len(AWAY), dtype=np.int64)])
    kinds = cat.kinds[rows]
    local = len(rows) - len(AWAY)
    division = np.concatenate([_spread(rng, local), np.array(AWAY)])
    public_one = kinds["kind"].is_in(["city_general", "oncology", "maternity"]).to_numpy()
    n = len(rows)
    small = kinds["beds"].to_numpy() == 0
    scale = rng.lognormal(0, 0.35, n)
    return kinds.drop("least", "share").with_columns(
        code=pl.Series(_codes(rng, "H", division)),
        name=pl.Series(_title(rng, division, kinds["suffix"].to_list(), public_one)),
        beds=pl.Series(np.where(small, 0, kinds["beds"].to_numpy() * scale + 4).astype(np.int64)),
        staff=pl.Series((3 + kinds["outpatient"].to_numpy() * 3 * scale).astype(np.int64)),
        is_store=pl.lit(False),
        chain=pl.lit(0),
        opens=pl.lit(8),
        closes=pl.Series(np.where(small, 20, 18)),
        dear=pl.Series(np.where(kinds["ownership"] == "2", rng.uniform(1.0, 1.12, n), rng.uniform(0.99, 1.01, n))),
        brand=pl.Series(rng.beta(2, 5, n)),
        zeal=pl.Series(rng.lognormal(0, 0.16, n)),
        clockless=pl.Series(rng.random(n) < 0.08),
        **{k: pl.Series(v) for k, v in _common(rng, division, year).items()},
    )


def _stores(rng: Generator, count: int, year: int) -> pl.DataFrame:
    division = _spread(rng, count)
    chain = rng.choice([0, 1, 2, 3], count, p=[0.4, 0.25, 0.2, 0.15])
    label = np.array(["大药房", "汀安堂大药房", "禾康大药房", "岭芝堂药房"])[chain]
    return pl.DataFrame(
        {
            "kind": [STORE] * count,
            "suffix": label,
            "medins_type": "",
            "level": 9,
            "hosp_lv": "11",
            "ownership": "2",
            "departments": "",
            "outpatient": 0.0,
            "stays": 0.0,
            "beds": 0,
            "code": _codes(rng, "P", division),
            "name": _title(rng, division, list(label), division * 0),
            "staff": rng.integers(1, 5, count),
            "is_store": True,
            "chain": chain,
            "opens": 8,
            "closes": 21,
            "dear": rng.uniform(0.96, 1.3, count),
            "brand": rng.beta(3, 4, count),
            "zeal": rng.lognormal(0, 0.1, count),
            "clockless": False,
            **_common(rng, division, year),
        }
    )


def make_places(rng: Generator, cat: Catalogue, persons: int, year: int) -> pl.DataFrame:
    """One row a hospital or drugstore, row number = key; hospitals elsewhere come before the stores."""
    institutions, stores = sizes(persons)
    hospitals = _hospitals(rng, cat, institutions, year)
    return pl.concat([hospitals, _stores(rng, stores, year).select(hospitals.columns)], how="vertical_relaxed")


def make_doctors(rng: Generator, cat: Catalogue, places: pl.DataFrame, year: int) -> pl.DataFrame:
    """One row a practitioner (place, department), sorted so that each place's department is one stretch."""
    posts = (
        places.with_row_index("place")
        .filter(~pl.col("is_store"))
        .select(pl.col("place").cast(pl.Int64), "beds", "size", pl.col("departments").str.split(";"))
        .explode("departments")
        .with_columns(dept=pl.col("departments").replace_strict(cat.department, return_dtype=pl.Int64))
        .sort("place", "dept")
    )
    busy = np.where(posts["beds"].to_numpy() > 0, 0.9 * posts["size"].to_numpy(), 0.2)
    staff = posts[np.repeat(np.arange(len(posts)), 1 + rng.poisson(busy))].select("place", "dept")
    n = len(staff)
    sex = rng.integers(1, 3, n)
    serial = 100_000 + np.sort(rng.choice(800_000, n, replace=False))
    since = [date(year, 1, 1) - timedelta(days=int(d)) for d in rng.integers(200, 6000, n)]
    return staff.with_columns(
        code=pl.Series(np.char.add("D9901", np.char.zfill(serial.astype(str), 6))[rng.permutation(n)]),
        name=pl.Series(names.person_names(rng, sex)),
        since=pl.Series(since),
        practice=pl.Series(rng.choice(["1", "2", "3"], n, p=[0.94, 0.03, 0.03])),
        several=pl.Series(rng.random(n) < 0.03),
        title=pl.Series(rng.choice(["231", "232", "233", "234"], n, p=[0.08, 0.2, 0.4, 0.32])),
    )


def price_matrix(rng: Generator, cat: Catalogue, places: pl.DataFrame) -> tuple[Ints, Ints]:
    """Price and price limit (0 = none) in cents, both places x items."""
    share = np.array([LEVEL_SHARE[int(level)] for level in places["level"].to_list()])
    base, top = cat.column("price_cents"), cat.column("limit_level3_cents")
    shape = (len(share), len(base))
    limit = np.where(places["is_store"].to_numpy()[:, None], 0, np.rint(share[:, None] * top[None, :]))
    at_limit = rng.random((shape[0], 1)) < 0.7
    discount: Floats = np.where(at_limit, 1.0, rng.uniform(0.88, 0.99, (shape[0], 1)))
    discount = np.where(rng.random(shape) < 0.006, rng.uniform(1.02, 1.12, shape), discount)
    drug = base[None, :] * places["dear"].to_numpy()[:, None] * rng.lognormal(0, 0.025, shape)
    # what was chosen in volume procurement is sold at the price it was chosen at
    chosen = cat.items["code"].is_in(cat.items["brand_of"].drop_nulls().implode()).to_numpy()
    drug = np.where(chosen[None, :], base[None, :], drug)
    price = np.where(limit > 0, limit * discount, drug)
    return np.maximum(1, np.rint(price)).astype(np.int64), limit.astype(np.int64)
