"""The summary for the public: what places billed in a year, and which violations were confirmed; no small cell.

Counts of persons are not shown at all: they do not add up, and their differences tell of few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame
from flows.publish import small_cells
from models.casebook import points
from models.sources.source import Source

#: Fewer bills, persons or confirmed matters than this are not told.
K = 10
#: Tables of places; each but the first is a sum of it, and what one tells bounds the others.
TABLES: dict[str, Sequence[str]] = {
    "institution_setting": ("institution_id", "care_setting"),
    "institution": ("institution_id",),
    "setting": ("subject_type", "care_setting"),
    "all": (),
}
MEASURES = ("count", "total_amount", "fund_amount")
#: Distinct people of one cell of a table; the dimensions are put in.
PERSONS = """
    select {dims} count(distinct s.person_id) as persons
    from (
        select s.person_id, s.institution_id, i.division,
            case when i.is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
            coalesce(s.care_setting, 'other') as care_setting
        from feature.settlement as s
        join feature.institution as i on i.institution_id = s.institution_id
        where extract(year from s.settled_on) = $year
    ) as s
    where coalesce(s.division, '') = $region
    group by all
"""


def tables(con: duckdb.DuckDBPyConnection, year: int | None, sources: Collection[Source]) -> dict[str, pl.DataFrame]:
    """institutions (by place and setting), regions (sums), violations; the last with the counts of hidden rows too.

    Raises UsageError for a year without bills.
    """
    wanted = year or _last_year(con)
    rows = frame(con, Path(__file__).with_name("package_public.sql").read_text(encoding="utf-8"), {"year": wanted})
    if not rows.height:
        raise UsageError(f"No bill of {wanted} is in the record. Give another --year.")
    places, sums = [], []
    for region in rows["region"].unique().sort():
        shown = _region(con, rows.filter(pl.col("region") == region), str(region), wanted)
        places.append(shown["institution_setting"])
        places.append(shown["institution"])
        sums += [shown["setting"], shown["all"]]
    columns = ["year", "region", "institution_id", "institution_name", "subject_type", "care_setting"]
    figures = ["settlements", "total_amount", "fund_amount", "average_amount", "is_hidden"]
    institutions = pl.concat(places, how="diagonal").select(*columns, *figures)
    regions = pl.concat(sums, how="diagonal").select("year", "region", "subject_type", "care_setting", *figures)
    return {
        "institutions": institutions.sort("region", "institution_id", "care_setting"),
        "regions": regions.sort("region", "subject_type", "care_setting"),
        "violations": _violations(con, wanted, sources),
    }


def figures(tables: Mapping[str, pl.DataFrame]) -> tuple[str, str]:
    """The year, and a hash of what the tables say of bills, whatever language they are written in."""
    text = "".join(
        tables[name].select("year", "^(institution_id|region|.*_type|care_setting|settlements|.*amount)$").write_csv()
        for name in ("institutions", "regions")
    )
    return str(tables["regions"]["year"][0]), hashlib.sha256(text.encode()).hexdigest()[:32]


def _region(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, region: str, year: int) -> dict[str, pl.DataFrame]:
    """The tables of one region, hidden cells empty. Regions share no sum, so none bounds another."""
    persons = {}
    for name, dims in TABLES.items():
        query = PERSONS.format(dims="".join(f"s.{d}, " for d in dims))
        persons[name] = frame(con, query, {"year": year, "region": region})
    hidden = small_cells.release(rows, TABLES, persons, K)
    shown_tables = {}
    for name, dims in TABLES.items():
        named: list[Any] = [pl.col(c).first() for c in ("institution_name", "subject_type") if c not in dims]
        named = named if "institution_id" in dims else []
        sums = [pl.col(c).sum() for c in MEASURES]
        totals = rows.group_by(dims, maintain_order=True).agg(*named, *sums) if dims else rows.select(*sums)
        joined = totals.join(hidden[name], on=list(dims)) if dims else totals.hstack(hidden[name])
        blank = [pl.when(~pl.col("is_hidden")).then(pl.col(c)).alias(c) for c in MEASURES]
        shown_tables[name] = joined.with_columns(*blank).select(
            pl.lit(year).alias("year"), pl.lit(region).alias("region"),
            *[c for c in joined.columns if c not in (*MEASURES, "is_hidden", "is_primary")],
            pl.col("count").alias("settlements"), "total_amount", "fund_amount",
            (pl.col("total_amount").cast(pl.Float64) / pl.col("count")).round(2).alias("average_amount"), "is_hidden",
        )  # fmt: skip
        if "care_setting" not in shown_tables[name].columns:
            shown_tables[name] = shown_tables[name].with_columns(care_setting=pl.lit("all"))
    return shown_tables


def _violations(con: duckdb.DuckDBPyConnection, year: int, sources: Collection[Source]) -> pl.DataFrame:
    """Confirmed matters of places by what was violated; nobody is named, fewer than K are marked hidden."""
    points.ready(con)
    points.prepare(con)
    titles = {s.id: (s.card.title, s.card.title_zh) for s in sources}
    matters = frame(
        con,
        """
        select distinct v.matter, coalesce(case when position(';' in s.sources) = 0 then s.sources end, '') as source
        from scored_verdict as v
        left join casebook.current_verdict as s on s.verdict_id = v.verdict_id
        where v.subject_type in ('institution', 'pharmacy') and v.year = $year
        """,
        {"year": year},
    )
    shown = set(matters["source"])
    english = {source: pair[0] for source, pair in titles.items() if source in shown}
    chinese = {source: pair[1] for source, pair in titles.items() if source in shown}
    finest = (
        matters.with_columns(
            title=pl.col("source").replace_strict(english, default="Several or not told", return_dtype=pl.String),
            title_zh=pl.col("source").replace_strict(chinese, default="多项或未注明", return_dtype=pl.String),
        )
        .group_by("title", "title_zh")
        .agg(count=pl.len().cast(pl.Int64))
        .sort("title")
    )
    schema = {"year": pl.Int32, "title": pl.String, "title_zh": pl.String, "matters": pl.Int64, "is_hidden": pl.Boolean}
    if not finest.height:
        return pl.DataFrame(schema=schema)
    shape: dict[str, Sequence[str]] = {"kind": ("title",), "all": ()}
    persons = {"kind": finest.select("title", persons="count"), "all": finest.select(persons=pl.col("count").sum())}
    hidden = small_cells.release(finest.select("title", "count"), shape, persons, K)
    kinds = finest.join(hidden["kind"], on="title")
    total = finest.select(pl.lit("Total").alias("title"), pl.lit("合计").alias("title_zh"), pl.col("count").sum())
    both = pl.concat([kinds, total.hstack(hidden["all"])])
    return both.select(
        pl.lit(year, pl.Int32).alias("year"), "title", "title_zh", pl.col("count").alias("matters"), "is_hidden"
    )


def _last_year(con: duckdb.DuckDBPyConnection) -> int:
    """The last year that the record covers to its end, or the last there is."""
    rows = con.execute("select max(settled_on) from feature.settlement").fetchall()
    last = rows[0][0]
    if last is None:
        raise UsageError("The record holds no bill. Run `fundwatch run INPUT` first.")
    return int(last.year if (last.month, last.day) >= (12, 25) else last.year - 1)
