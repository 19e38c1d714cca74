"""How row numbers, cents and seconds become the text of an export: ids, yuan, dates, names."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl

from data.simulate.town import names
from data.simulate.town.catalogue import Ints
from data.simulate.town.town import Town

SETTLEMENT, ENCOUNTER, LINE = "990125", "990111", "990177"
OUT = {0: 2, 1: 3, 2: 4}


def number(prefix: str, column: pl.Expr | str, stride: int = 3) -> pl.Expr:
    """A national-looking id: six digits of prefix and twelve of number; null where the number is negative."""
    value = pl.col(column) if isinstance(column, str) else column
    text = pl.concat_str(pl.lit(prefix), ((value + 1) * stride).cast(pl.String).str.zfill(12))
    return pl.when(value >= 0).then(text)


def yuan(column: str) -> pl.Expr:
    """Whole cents as yuan with two decimals, as text."""
    cents = pl.col(column)
    whole = cents.abs()
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (whole // 100).cast(pl.String), pl.lit("."), (whole % 100).cast(pl.String).str.zfill(2))


def moment(town: Town, column: str) -> pl.Expr:
    """Seconds since the year's start as a date and time."""
    base = pl.lit(datetime(town.year, 1, 1))
    return (base + pl.duration(seconds=pl.col(column))).dt.strftime("%Y-%m-%d %H:%M:%S")


def day(town: Town, column: str) -> pl.Expr:
    """A day of the year as a date."""
    return pl.lit(date(town.year, 1, 1)) + pl.duration(days=pl.col(column))


def gather(values: pl.Series, rows: Ints | pl.Series) -> pl.Series:
    """The values at the row numbers, null where the number is negative."""
    rows = np.asarray(rows, dtype=np.int64)
    return values.gather(pl.Series(np.where(rows < 0, 0, rows))).zip_with(
        pl.Series(rows >= 0), pl.Series([None], dtype=values.dtype).new_from_index(0, len(rows))
    )


def division_codes() -> pl.Series:
    """The division code of each division number."""
    return pl.Series([code for code, _ in names.DIVISIONS] + [code for code, _ in names.ELSEWHERE])


def units(employer: pl.Series) -> pl.Series:
    """Employer and village numbers as the export writes them."""
    return (employer + 99_010_000_000).cast(pl.String)


def whose(town: Town, frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Columns that describe a row's person and institution, by their row numbers."""
    person, place = frame["person"], frame["place"]
    who = {
        name: gather(town.people[name], person)
        for name in ("psn_no", "name", "certno", "birth", "insutype", "psn_type", "phone", "address", "age")
    }
    where = {f"place_{name}": gather(town.places[name], place) for name in ("code", "name", "hosp_lv")}
    sex = gather(town.people["coded_sex"], person)
    home = gather(division_codes(), gather(town.people["division"], person))
    division = gather(town.places["division"], place)
    away = (division - 6).clip(0)
    servant = gather(town.people["civil"], person)
    return {
        **who,
        **where,
        "servant": servant,
        "unit": units(gather(town.people["employer"], person)),
        "coded_sex": sex,
        "home": home,
        "area": gather(division_codes(), division),
        "pay_loc": away.replace_strict(OUT, return_dtype=pl.Int64),
    }


def disease(town: Town, frame: pl.DataFrame) -> list[pl.Series]:
    """The chronic disease a row is registered for."""
    chronic = frame["chronic"]
    return [
        gather(town.cat.chronic["code"], chronic).alias("dise_no"),
        gather(town.cat.chronic["name"], chronic).alias("dise_name"),
    ]


def ordered(columns: dict[str, pl.Expr | pl.Series | str], order: str) -> list[pl.Expr | pl.Series]:
    """The columns by header, in the order of `order`; a text means the column of that name."""
    made = {k: pl.col(v) if isinstance(v, str) else v for k, v in columns.items()}
    return [made[name].alias(name) for name in order.split()]
