"""What HOME's published folders say, for those who read while a run holds the warehouse."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame
from data.warehouse.paths import quoted
from flows.publish import in_force, kept, legal
from flows.publish.labels import ZH
from flows.publish.names import masked
from flows.publish.watchlists import COLUMNS, SUBJECT_TYPES
from flows.publish.words import words
from models.sources import sentence
from models.sources.source import Source

WHOLE = ("rank", "rank_low", "rank_high", "findings", "settlements", "persons", "prior_confirmed", "control_arm")
NUMBERS = ("score", "amount_at_risk", "fund_at_risk", "expected_yield")


def runs(home: Path) -> list[dict[str, Any]]:
    """run_id, finished, folder of every whole run, the last one first.

    Times of files are those of a copy where HOME was moved or came back from a backup: what was published last is
    the run whose figures were kept.
    """
    manifests = [path for path in home.resolve().glob("runs/[!.]*/manifest.json") if path.is_file()]
    newest = {path.name for path in (home / kept.FOLDER).glob("[!.]*")}
    at = sorted(
        ((path.stat().st_mtime, path.parent) for path in manifests),
        key=lambda each: (each[1].name in newest, each),
        reverse=True,
    )
    return [
        {
            "run_id": folder.name,
            "finished": datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M"),
            "input": None,
            "folder": str(folder),
        }
        for seconds, folder in at
    ]


def last(home: Path) -> Path:
    """The folder of the run published last. Raises UsageError before the first."""
    found = runs(home)
    if not found:
        raise UsageError("No run is finished yet. Wait for the one that is on.")
    return Path(found[0]["folder"])


def watchlist(
    folder: Path, subject_type: str, top: int | None = None, told: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One list as it was written, in the contract's columns; in the language of `told` (kept.words), else the run's."""
    written = pl.read_csv(folder / f"watchlist_{subject_type}.csv", infer_schema=False, glob=False)
    named = written.rename({label: name for name, label in ZH.items() if label in written.columns and name in COLUMNS})
    plain = named.select(pl.col(COLUMNS).str.strip_chars_end("\t").str.replace(r"^'([=+\-@＝＋－＠])", "$1"))
    typed = plain.with_columns(
        pl.col(WHOLE).cast(pl.Int64, strict=False), pl.col(NUMBERS).cast(pl.Decimal(18, 2), strict=False)
    )
    # Chinese labels word the kind too, and by the kind names are masked
    first = typed.head(typed.height if top is None else top).with_columns(subject_type=pl.lit(subject_type))
    return masked(first if told is None else _worded(first, told)).select(COLUMNS)


def _worded(rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The rows with what is told in words; a group's name says how many they are."""
    worded = [c for c in told.columns if c not in ("lead_id", "group_name")]
    joined = rows.drop(worded).join(told, on="lead_id", how="left", maintain_order="left")
    return joined.with_columns(subject_name=pl.coalesce("group_name", "subject_name"))


def lead(folder: Path, lead_id: str, told: pl.DataFrame | None = None) -> dict[str, Any] | None:
    """A lead's row on its list, None where no list has it."""
    for kind in SUBJECT_TYPES:
        rows = watchlist(folder, kind, told=told).filter(lead_id=lead_id)
        if rows.height:
            return rows.row(0, named=True)
    return None


def findings(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], folder: Path, lead: dict[str, Any], language: str
) -> pl.DataFrame:
    """A lead's findings in the language: its evidence file's rows, or without one what findings.parquet has of them.

    `con` has what was kept of the run (kept.of_run).
    """
    in_force.make(con, sources)
    query = Path(__file__).with_name("published_findings.sql").read_text(encoding="utf-8")
    parts = {
        "title": sentence.title_sql(sources, language),
        "sentence": sentence.sentence_sql(sources, language),
    }
    path = quoted(folder / "findings.parquet")
    con.execute(f"create or replace temp view published_finding as from read_parquet('{path}')")
    named = {"lead_id": lead["lead_id"], "first_on": lead["first_on"]}
    told, written = frame(con, query.format_map(parts), named), evidence(folder, lead["lead_id"])
    if written is None:
        return told
    notes = {"limitation_note": "limitation_beyond", "loss": "loss_uncounted"}
    # a loss that was computed is a number in every language
    is_word = {c: pl.col(c).is_not_null() & pl.col(c).str.contains(legal.COMPUTED).not_() for c in notes}
    marks = [pl.when(is_word[c]).then(pl.lit(words(language)[key])).otherwise(c).alias(c) for c, key in notes.items()]
    rest = [c for c in written.columns if c not in told.columns or c == "finding_id"]
    return told.join(written.select(rest).with_columns(marks), on="finding_id", how="left", maintain_order="left")


def evidence(folder: Path, lead_id: str) -> pl.DataFrame | None:
    """A lead's evidence as it was written, texts under the machine names; None for a lead without a folder."""
    path = folder / "leads" / lead_id / "evidence.csv"
    if not path.is_file():
        return None
    written = pl.read_csv(path, infer_schema=False, glob=False)
    named = written.rename({label: name for name, label in ZH.items() if label in written.columns and name != label})
    return masked(named.with_columns(pl.col("amount").cast(pl.Decimal(18, 2), strict=False)))
