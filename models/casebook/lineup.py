"""A finished inspection beside our own findings: what both have, what only one has, and what is to be learned from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import polars as pl

from data.errors import InputRefused, UsageError
from data.warehouse.connection import frame, has
from models.casebook.handed import Form, Handed
from models.evaluation.metrics import wilson
from models.sources import natures
from models.sources.source import Source

FOLDER = Path(__file__).parent
FORM = Form(
    "lineup",
    "an inspection result",
    (("number",), ("nature_zh", "title_zh", "description")),
    "holds no inspection result: a column for the visit (住院号) and one for the problem (问题类别, 问题类型 or"
    " 问题描述) are needed. See `fundwatch ledger lineup --help`.",
)
STATES = ("matched", "amount_differs", "class_differs", "only_theirs", "only_ours", "unknown_number")
MONEY = pl.Decimal(16, 2)


def compare(
    con: duckdb.DuckDBPyConnection,
    result: Handed,
    sources: Collection[Source],
    since: date | None = None,
    until: date | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(lineup.sql's rows, the rows of the file that could not be read: row_number, why).

    `since`, `until`: the days of the visits they inspected; default those of the first and last visit they name.
    Raises UsageError before a run, InputRefused where no row can be read.
    """
    if not has(con, "feature.settlement"):
        raise UsageError("This HOME has no run yet, so nothing can be compared. Run `fundwatch run INPUT` first.")
    result.typed_into(con, FORM, "lineup_row")
    named = pl.DataFrame(
        sorted((n.id, n.title, n.title_zh) for n in natures.titles().values()),
        schema=dict.fromkeys(("nature", "title", "title_zh"), pl.String),
        orient="row",
    )
    words = pl.read_csv(FOLDER / "nature_words.csv", infer_schema=False)
    tables = {"nature_name": named, "nature_word": words, "source_nature": natures.by_source(sources)}
    for name, rows in tables.items():
        con.register("word_frame", rows)
        con.execute(f"create or replace temp table {name} as select * from word_frame")
        con.unregister("word_frame")
    refused = frame(
        con,
        """
        select row_number, coalesce(fault, '住院号 is empty: give the number of the visit') as why
        from lineup_row where fault is not null or number is null order by row_number
        """,
    )
    if refused.height == result.texts.height:
        raise InputRefused(f"No row of {result.name} could be read: row 1 of the data: {refused['why'][0]}.")
    query = (FOLDER / "lineup.sql").read_text(encoding="utf-8")
    return frame(con, query, {"since": since, "until": until}), refused


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """state, visits, their_amount, our_amount: in the order of STATES."""
    sums = rows.group_by("state").agg(
        visits=pl.len().cast(pl.Int64),
        their_amount=pl.col("their_amount").cast(MONEY).sum(),
        our_amount=pl.col("our_amount").cast(MONEY).sum(),
    )
    order = pl.DataFrame({"state": STATES})
    filled = order.join(sums, on="state", how="left", maintain_order="left")
    return filled.with_columns(pl.col("visits", "their_amount", "our_amount").fill_null(0))


def recall(rows: pl.DataFrame) -> pl.DataFrame:
    """nature, nature_zh, theirs, found, other_class, missed, recall with its Wilson interval, and the yuan; last all.

    Of what they found at visits the record knows: found at all (matched, or for another amount). A share of what one
    inspection found, never of all there is.
    """
    known = rows.filter(pl.col("state").is_in(["matched", "amount_differs", "class_differs", "only_theirs"]))
    is_found = pl.col("state").is_in(["matched", "amount_differs"])
    sums = {
        "theirs": pl.len().cast(pl.Int64),
        "found": is_found.sum().cast(pl.Int64),
        "other_class": (pl.col("state") == "class_differs").sum().cast(pl.Int64),
        "missed": (pl.col("state") == "only_theirs").sum().cast(pl.Int64),
        "their_amount": pl.col("their_amount").cast(MONEY).sum(),
        "found_amount": pl.col("their_amount").cast(MONEY).filter(is_found).sum(),
    }
    parts = known.group_by("nature", "nature_zh").agg(**sums).sort("theirs", "nature", descending=[True, False])
    every = known.select(**sums).with_columns(nature=pl.lit("all"), nature_zh=pl.lit("合计"))
    both = pl.concat([parts, every.select(parts.columns)])
    bounds = [wilson(found / n if n else 0.0, n) for found, n in both.select("found", "theirs").iter_rows()]
    return both.with_columns(
        recall=pl.when(pl.col("theirs") > 0).then((pl.col("found") / pl.col("theirs")).round(4)),
        recall_low=pl.Series([round(low, 4) for low, _ in bounds], dtype=pl.Float64),
        recall_high=pl.Series([round(high, 4) for _, high in bounds], dtype=pl.Float64),
    )


def missed(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, origin: str, on: date) -> pl.DataFrame:
    """What only they found, as rows `ledger import` takes in, with why we were silent.

    why_silent: no_rule (no live source of the nature), cannot_judge (none of them could), clear.
    """
    theirs = rows.filter(pl.col("state") == "only_theirs")
    silent = frame(
        con,
        """
        select n.nature, string_agg(c.source, ';' order by c.source) as screened_by,
            case when sum(c.judged) > 0 then 'clear'
                else 'cannot_judge' end as why_silent
        from model.coverage as c
        join source_nature as n on n.source = c.source
        where c.status = 'live'
        group by n.nature
        """,
    )
    joined = theirs.join(silent, on="nature", how="left", maintain_order="left")
    keys = joined.select(pl.concat_str(["institution_id", "case_number", "nature"], separator="|", ignore_nulls=True))
    numbers = ["M" + md5(k.encode(), usedforsecurity=False).hexdigest()[:11].upper() for k in keys.to_series()]
    return joined.select(
        origin=pl.lit(origin),
        problem_no=pl.Series(numbers, dtype=pl.String),
        institution_id="institution_id",
        case_number="case_number",
        nature="nature_zh",
        title="title_zh",
        description="description",
        found_on=pl.col("found_on").fill_null(on),
        confirmed_amount="their_amount",
        case_no="case_no",
        is_missed=pl.lit(1),
        encounter_id="encounter_id",
        screened_by="screened_by",
        why_silent=pl.col("why_silent").fill_null("no_rule"),
    )
