"""Draws: whom to visit (双随机) and what to look at again (抽查复查), from frames settled before."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import InputRefused, UsageError
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from models.casebook import lottery
from models.casebook.handed import Form, Handed

FOLDER = Path(__file__).parent
INSPECTORS = Form("inspectors", "the inspectors", (("inspector",),))
FRAME = Form("frame", "a draw's frame", (("unit",), ("weight",)))
#: How much likelier a place is drawn by the tier of its lead; a closed matter by its conclusion.
WEIGHTS = {
    "visit": {"A": 4.0, "B": 2.0, "C": 1.5, "none": 1.0},
    "recheck": {"confirmed": 1.0, "partly_confirmed": 1.0, "dismissed": 1.0, "unsure": 1.0, "none": 1.0},
}
#: Two officers at least go to a place.
TEAM = 2
Witness = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Frame:
    """What is settled before a draw: units (unit, weight, probability ...), places, inspectors (inspector, avoids)."""

    kind: str
    units: pl.DataFrame
    places: int
    team: int
    inspectors: pl.DataFrame

    @property
    def hash(self) -> str:
        """Of everything that decides the draw but the seed."""
        return lottery.frame_hash(self.units, self.places, self.team, self.inspectors)


def weights(kind: str, text: str) -> dict[str, float]:
    """The weights of a kind of draw with those of `A=4,none=0.5`. Raises UsageError for what is none."""
    chosen = dict(WEIGHTS[kind])
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, number = part.partition("=")
        if name.strip() not in chosen or not re.fullmatch(r"\d+(\.\d{1,2})?", number.strip()):
            raise UsageError(
                f"--weights has '{part}'; write pairs such as {','.join(f'{k}={v:g}' for k, v in chosen.items())}."
            )
        chosen[name.strip()] = float(number)
    return chosen


def visit_frame(
    con: duckdb.DuckDBPyConnection,
    places: int,
    on: date,
    weight: Mapping[str, float],
    *,
    kinds: Collection[str] = ("institution", "pharmacy"),
    region: str = "",
    not_since: date | None = None,
    inspectors: pl.DataFrame | None = None,
    team: int = TEAM,
) -> Frame:
    """The contracted places that may be drawn. Raises UsageError where there is nobody to draw."""
    if not has(con, "feature.institution"):
        raise UsageError("This HOME has no run yet, so nobody can be drawn. Run `fundwatch run INPUT` first.")
    rows = frame(con, _query("draw_frame"), {"on": on}).filter(pl.col("subject_type").is_in(list(kinds)))
    if region:
        rows = rows.filter(pl.col("region").str.starts_with(region).fill_null(False))
    if not_since is not None:
        rows = rows.filter((pl.col("checked_on") < not_since).fill_null(True))
    return _settled("visit", rows, places, weight, inspectors, team)


def recheck_frame(
    con: duckdb.DuckDBPyConnection,
    places: int,
    closed_from: date,
    closed_to: date,
    weight: Mapping[str, float],
    inspectors: pl.DataFrame | None = None,
    team: int = 1,
) -> Frame:
    """The matters closed in a period. Nobody looks again at what he handled."""
    rows = frame(con, _query("recheck_frame"), {"from": closed_from, "to": closed_to})
    if inspectors is not None:
        own = [
            ";".join(sorted({a for a in avoids.split(";") if a} | set(_handled(rows, who))))
            for who, avoids in inspectors.select("inspector", "avoids").iter_rows()
        ]
        inspectors = inspectors.with_columns(avoids=pl.Series(own, dtype=pl.String))
    return _settled("recheck", rows.drop("handled_by"), places, weight, inspectors, team)


def inspectors(con: duckdb.DuckDBPyConnection, handed: Handed) -> pl.DataFrame:
    """inspector, unit, avoids (codes of places joined by ;). Raises InputRefused with a sentence a row that is unclear:
    a conflict that cannot be read must not be passed over."""
    rows = handed.typed(con, INSPECTORS)
    codes = dict(con.execute("select institution_id, institution_id from feature.institution").fetchall())
    names = con.execute(
        "select institution_name, string_agg(institution_id, ';' order by institution_id) from feature.institution"
        " where institution_name is not null group by 1"
    ).fetchall()
    called = codes | dict(names)
    wrong, avoids, seen = [], [], set()
    for number, who, text in rows.select("row_number", "inspector", "avoid").iter_rows():
        places = [p.strip() for p in re.split(r"[;；、,，\n]", text or "") if p.strip()]
        unknown = [p for p in places if p not in called]
        if who is None:
            wrong.append(f"{handed.name} row {number}: it names no inspector; fill in the name")
        elif who in seen:
            wrong.append(f"{handed.name} row {number}: {who} stands there twice; put both rows together")
        elif unknown:
            wrong.append(
                f"{handed.name} row {number}: avoid names '{unknown[0]}', which the record does not know;"
                " write the code of the place"
            )
        seen.add(who)
        avoids.append(";".join(sorted({c for p in places if p in called for c in called[p].split(";")})))
    if wrong:
        raise InputRefused("\n".join(f"{sentence}." for sentence in wrong))
    return rows.select("inspector", "unit").with_columns(avoids=pl.Series(avoids, dtype=pl.String))


def draw(settled: Frame, seed: int) -> pl.DataFrame:
    """The units drawn, in order: place, unit, subject_type, probability, inspectors."""
    drawn = lottery.drawn(settled.units, settled.places, seed)
    avoiding = {who: frozenset(a.split(";")) for who, a in settled.inspectors.select("inspector", "avoids").iter_rows()}
    chosen = lottery.teams(drawn["unit"].to_list(), avoiding, settled.team, seed)
    together = pl.Series([";".join(chosen[unit]) or None for unit in drawn["unit"]], dtype=pl.String)
    return drawn.with_columns(place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), inspectors=together)


def next_id(con: duckdb.DuckDBPyConnection, on: date) -> str:
    """The number of the next draw of a year."""
    taken = con.execute(
        "select count(*) from casebook.draw where starts_with(draw_id, $year)", {"year": f"D{on.year}-"}
    ).fetchall()[0][0]
    return f"D{on.year}-{taken + 1:02}"


def keep(
    con: duckdb.DuckDBPyConnection,
    draw_id: str,
    settled: Frame,
    drawn: pl.DataFrame,
    seed: int,
    on: date,
    witness: Witness,
) -> None:
    """Append the draw and whom it drew."""
    with transaction(con):
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.draw values ($id, $number, $at, $on, $kind, $seed, $hash, $units, $places)",
            {
                "id": draw_id, "number": stamp.number, "at": stamp.at, "on": on, "kind": settled.kind, "seed": seed,
                "hash": settled.hash, "units": settled.units.height, "places": settled.places,
            },
        )  # fmt: skip
        rows = drawn.select(
            pl.lit(draw_id).alias("draw_id"),
            "place",
            "subject_type",
            pl.col("unit").alias("subject_id"),
            "probability",
            "inspectors",
        )
        con.register("drawn_frame", rows)
        con.execute("insert into casebook.drawn by name select * from drawn_frame")
        con.unregister("drawn_frame")
        witness({"draw": draw_id, "kind": settled.kind, "seed": seed, "frame": settled.hash, "drawn": drawn.height})


def of_file(con: duckdb.DuckDBPyConnection, handed: Handed, who: pl.DataFrame) -> tuple[Frame, str]:
    """A frame as it was published, and the hash it was published with. Raises InputRefused for one that is unclear."""
    rows = handed.typed(con, FRAME)
    first = rows.row(0, named=True)
    if rows["fault"].null_count() < rows.height or rows.select("unit", "weight").null_count().sum_horizontal()[0]:
        raise InputRefused(f"{handed.name} is not as it was published: a unit or weight cannot be read.")
    units = rows.with_columns(weight=(pl.col("weight").cast(pl.Float64) * lottery.SCALE).round().cast(pl.Int64))
    return Frame("visit", units, int(first["places"]), int(first["team"] or 0), who), str(first["frame_hash"])


def _settled(
    kind: str,
    rows: pl.DataFrame,
    places: int,
    weight: Mapping[str, float],
    inspectors: pl.DataFrame | None,
    team: int,
) -> Frame:
    scaled = {group: round(value * lottery.SCALE) for group, value in weight.items()}
    units = rows.with_columns(
        weight=pl.col("group_name").replace_strict(scaled, default=scaled["none"], return_dtype=pl.Int64)
    ).filter(pl.col("weight") > 0)
    if not units.height:
        raise UsageError("There is nobody to draw from. Take fewer conditions, or another period.")
    nobody = pl.DataFrame(schema={"inspector": pl.String, "unit": pl.String, "avoids": pl.String})
    who = nobody if inspectors is None else inspectors
    count = min(places, units.height)
    return Frame(kind, lottery.chances(units, count).sort("unit"), count, team if who.height else 0, who)


def _handled(rows: pl.DataFrame, who: str) -> list[str]:
    """The units whose handlers name this person."""
    named = pl.col("handled_by").str.split(";").list.contains(who) | pl.col("handled_by").str.contains(
        who, literal=True
    )
    return rows.filter(named.fill_null(False))["unit"].to_list()


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
