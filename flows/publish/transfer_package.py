"""What a department gets of a lead: its lines, sums beside filing lines, limitation by day of conduct; nothing more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame
from features import build
from flows.publish import in_force
from models.casebook.transfers import columns
from models.sources import sentence
from models.sources.source import Source


@dataclass(frozen=True)
class Package:
    """What leaves for one department: its lines, sums, filing lines and clocks; `matter` has the money, confirmed and
    only suspected."""

    matter: Mapping[str, Any]
    subject_name: str | None
    lines: pl.DataFrame
    sums: pl.DataFrame
    filing: pl.DataFrame
    clocks: pl.DataFrame

    @property
    def days(self) -> dict[str, Any]:
        """first_on, last_on, penal_until of the conduct."""
        return {
            "first_on": self.clocks["first_on"].min(),
            "last_on": self.clocks["last_on"].max(),
            "penal_until": self.clocks["ordinary_until"].max(),
        }


def package(
    con: duckdb.DuckDBPyConnection, matter: Mapping[str, Any], sources: Collection[Source], language: str, on: date
) -> Package:
    """Everything the department of a matter (models.casebook.transfers) gets of its lead.

    Raises UsageError where the record holds none of the lead's findings any more.
    """
    in_force.make(con, sources)
    query = in_force.query(con, "transfer_lines").format_map({"title": sentence.title_sql(sources, language)})
    every = frame(con, build.legible(con, query), {"lead": matter["lead_id"]})
    if not every.height:
        raise UsageError(
            f"The record holds no finding of lead {matter['lead_id']} any more, so nothing can be put together."
        )
    return Package(
        matter,
        _name(con, matter, every),
        every.select(columns(matter["department"])),
        _sums(every, matter["department"]),
        _filing(con, matter, on),
        _clocks(con, every, on),
    )


def _name(con: duckdb.DuckDBPyConnection, matter: Mapping[str, Any], lines: pl.DataFrame) -> str | None:
    kind, code = matter["subject_type"], matter["subject_id"]
    if kind == "group":
        return None
    if kind == "person":
        return next(iter(lines["subject_person_name"].drop_nulls()), None)
    column, table = ("practitioner", "practitioner") if kind == "practitioner" else ("institution", "institution")
    found = con.execute(
        f"select {column}_name from feature.{table} where {column}_id = $code", {"code": code}
    ).fetchall()
    return found[0][0] if found else None


def _sums(lines: pl.DataFrame, department: str) -> pl.DataFrame:
    """Counted money by institution, and for a department that gets persons by person; each yuan once in either."""
    kept = columns(department)
    money = [pl.col(c).sum() for c in ("counted_amount", "counted_fund")]
    about = {"first_on": pl.col("occurred_on").min(), "last_on": pl.col("occurred_on").max(), "findings": pl.len()}
    parts = [
        lines.group_by("institution_id", "institution_name")
        .agg(*money, **about)
        .sort("counted_amount", "institution_id", descending=[True, False])
        .with_columns(kind=pl.lit("institution"))
    ]
    if "person" in kept:
        parts.append(
            lines.filter(pl.col("person").is_not_null())
            .group_by("person", "subject_person_id")
            .agg(*money, **about)
            .sort("counted_amount", "person", descending=[True, False])
            .with_columns(kind=pl.lit("person"))
        )
    order = (
        "kind, institution_id, institution_name, person, subject_person_id, findings, counted_amount, counted_fund,"
        " first_on, last_on"
    )
    both = pl.concat(parts, how="diagonal")
    return both.select(c for c in order.split(", ") if c in both.columns)


def _filing(con: duckdb.DuckDBPyConnection, matter: Mapping[str, Any], on: date) -> pl.DataFrame:
    """The lines in force on the day, beside the subject's money; `standing`: not_given, below, at_or_above."""
    whom = "person" if matter["subject_type"] in ("person", "practitioner", "group") else "institution"
    asked = {"department": matter["department"], "whom": whom, "on": on}
    rows = frame(con, in_force.query(con, "transfer_filing"), asked)
    if rows["least_yuan"].count():  # what only says that there is no figure gives way to those there are
        rows = rows.filter(pl.col("least_yuan").is_not_null())
    sums = {"confirmed": matter["subject_confirmed"], "suspected": matter["suspected_amount"]}
    money = pl.Series("money", [sums.get(c) for c in rows["counts"]], dtype=pl.Decimal(16, 2))
    standing = (
        pl.when(pl.col("least_yuan").is_null() | pl.col("money").is_null())
        .then(pl.lit("not_given"))
        .when(pl.col("money") >= pl.col("least_yuan"))
        .then(pl.lit("at_or_above"))
        .otherwise(pl.lit("below"))
    )
    return rows.with_columns(money).with_columns(standing=standing)


def _clocks(con: duckdb.DuckDBPyConnection, lines: pl.DataFrame, on: date) -> pl.DataFrame:
    """One row a kind of act: first and last day of conduct, until when it may be penalised, and how it stands.

    An act that goes on counts from its end; whether single acts are one that goes on is for the decision.
    """
    years = dict(frame(con, in_force.query(con, "transfer_limits"), {"on": on}).iter_rows())

    def after(kind: str, day: str) -> pl.Expr:
        return pl.col(day).dt.offset_by(f"{years[kind]}y") if kind in years else pl.lit(None, pl.Date)

    rows = (
        lines.group_by("title")
        .agg(findings=pl.len(), first_on=pl.col("occurred_on").min(), last_on=pl.col("occurred_on").max())
        .sort("last_on", "title", nulls_last=True)
    )
    return rows.with_columns(
        first_act_until=after("ordinary", "first_on"),
        ordinary_until=after("ordinary", "last_on"),
        harmful_until=after("harmful", "last_on"),
    ).with_columns(
        clock=pl.when(pl.col("ordinary_until").is_null())
        .then(pl.lit("unknown"))
        .when(pl.col("ordinary_until") < on)
        .then(pl.lit("past"))
        .when(pl.col("first_act_until") < on)
        .then(pl.lit("partly_past"))
        .otherwise(pl.lit("open"))
    )
