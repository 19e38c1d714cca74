"""Record review (病历评审): the sample of a period's stays as the casebook keeps it, and what it says in the end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError, like
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook import review_sample

FOLDER = Path(__file__).parent
Witness = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Frame:
    """What is settled before a draw: every stay with its stratum, the strata, and how many stays had no amount."""

    stays: pl.DataFrame
    strata: pl.DataFrame
    period: tuple[date, date]
    allocation: str
    left_out: int

    @property
    def hash(self) -> str:
        """Of everything that decides the draw but the seed."""
        return review_sample.frame_hash(self.stays, self.strata)


def frame_of(
    con: duckdb.DuckDBPyConnection,
    period: tuple[date, date],
    places: int,
    institutions: Collection[str] = (),
    allocation: str = "neyman",
) -> Frame:
    """The stays that may be drawn. Raises UsageError for an unknown institution and where there is nothing to draw."""
    if not has(con, "feature.encounter"):
        raise UsageError("This HOME has no run yet, so no stay can be drawn. Run `fundwatch run INPUT` first.")
    if allocation not in review_sample.ALLOCATIONS:
        raise UsageError(f"--allocation is '{allocation}'; it must be {' or '.join(review_sample.ALLOCATIONS)}.")
    if places < 2 * review_sample.LEAST:
        raise UsageError(
            f"--places is {places}; {2 * review_sample.LEAST} stays an institution are the least that say anything."
        )
    stays = frame(con, _query("review_frame"), {"from": period[0], "to": period[1]})
    if institutions:
        known = set(stays["institution_id"])
        for code in institutions:
            if code not in known:
                raise UsageError(
                    f"Institution '{code}' has no stay that ended from {period[0]} to {period[1]}.{like(code, known)}"
                )
        stays = stays.filter(pl.col("institution_id").is_in(list(institutions)))
    if not stays.height:
        raise UsageError(f"No stay with an amount ended from {period[0]} to {period[1]}. Choose another period.")
    grouped = review_sample.stratified(stays, places)
    strata = review_sample.allocated(grouped, places, allocation)
    return Frame(grouped, strata, period, allocation, _left_out(con, period, institutions))


def next_id(con: duckdb.DuckDBPyConnection, on: date) -> str:
    """The number of the next review of a year."""
    taken = con.execute(
        "select count(*) from casebook.review where starts_with(review_id, $year)", {"year": f"B{on.year}-"}
    ).fetchall()[0][0]
    return f"B{on.year}-{taken + 1:02}"


def draw(settled: Frame, seed: int) -> pl.DataFrame:
    """The sample: the stays drawn, numbered from 1 (`place`) over all institutions, with their probability."""
    drawn = review_sample.drawn(settled.stays, settled.strata, seed)
    return drawn.with_columns(place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def keep(
    con: duckdb.DuckDBPyConnection,
    review_id: str,
    settled: Frame,
    drawn: pl.DataFrame,
    seed: int,
    on: date,
    witness: Witness,
    package: tuple[str, date, str] | None = None,
) -> None:
    """Append the review, its strata and its sample; `package`: third party, its contract's end, pseudonym key."""
    funds = settled.stays.group_by("institution_id", "stratum").agg(pl.col("fund_amount").sum())
    tables = {
        "review_stratum": settled.strata.join(funds, on=["institution_id", "stratum"]),
        "review_stay": drawn.select(
            "place",
            "institution_id",
            "stratum",
            "encounter_id",
            "record_number",
            "probability",
            "amount",
            "fund_amount",
        ),
    }
    with transaction(con):
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.review values"
            " ($id, $number, $at, $on, $from, $to, $allocation, $seed, $hash, $stays, $drawn, $left_out)",
            {
                "id": review_id,
                "number": stamp.number,
                "at": stamp.at,
                "on": on,
                "from": settled.period[0],
                "to": settled.period[1],
                "allocation": settled.allocation,
                "seed": seed,
                "hash": settled.hash,
                "stays": settled.stays.height,
                "drawn": drawn.height,
                "left_out": settled.left_out,
            },
        )
        for name, rows in tables.items():
            con.register("review_rows", rows.with_columns(review_id=pl.lit(review_id)))
            con.execute(f"insert into casebook.{name} by name select * from review_rows")
            con.unregister("review_rows")
        logged: dict[str, Any] = {"review": review_id, "seed": seed, "frame": settled.hash, "drawn": drawn.height}
        if package is not None:
            con.execute(
                "insert into casebook.review_package values ($id, $number, $at, $who, $until, $stays, $key)",
                {
                    "id": review_id,
                    "number": stamp.number,
                    "at": stamp.at,
                    "who": package[0],
                    "until": package[1],
                    "stays": drawn.height,
                    "key": package[2],
                },
            )
            logged |= {"third_party": package[0], "until": str(package[1])}
        witness(logged)


def pseudonyms(persons: pl.Series, key: str) -> pl.Series:
    """Names for the persons of one package, which no other package shares."""
    import hashlib
    import hmac

    names = {
        p: hmac.new(key.encode(), p.encode(), hashlib.sha256).hexdigest()[:12] for p in persons.drop_nulls().unique()
    }
    return pl.Series([names.get(p) for p in persons], dtype=pl.String)


def new_key() -> str:
    """A key for one package's pseudonyms."""
    return secrets.token_hex(16)


def _left_out(con: duckdb.DuckDBPyConnection, period: tuple[date, date], institutions: Collection[str]) -> int:
    asked = {"from": period[0], "to": period[1], "codes": list(institutions)}
    return int(frame(con, _query("review_left_out"), asked).item())


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
