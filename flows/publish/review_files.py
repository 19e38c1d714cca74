"""Forms of a record review: one workbook an institution to be filled in, and the package of a third party."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import workbook
from flows.publish.labels import labelled
from flows.publish.safe import write_csv
from models.casebook import reviews

#: What a reviewer of the bureau finds the record by, and what one from outside may have: nothing that names a person.
OWN = (
    "review_id, place, institution_id, institution_name, record_number, person_name, department_name, started_on,"
    " ended_on, total_amount, amount, fund_amount"
).split(", ")
LENT = "review_id, place, institution_id, record_number, person, started_on, ended_on, amount".split(", ")
#: Every so manyth stay is to be read by two: enough for the agreement, not twice the work.
TWICE = 10
BLANK = ("missing, reviewer_1, wrong_amount_1, ground_1, reviewer_2, wrong_amount_2, ground_2, agreed_amount").split(
    ", "
)
FRAME, SAMPLE, ESTIMATE = "frame.csv", "sample.csv", "estimate.csv"
IDS = ("institution_id", "record_number", "encounter_id")


def write_frame(settled: reviews.Frame, folder: Path, labels: str) -> dict[str, str]:
    """Write every stay that may be drawn, before anybody is; gives the file's hash."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    chances = settled.strata.select("institution_id", "stratum", "stays", "drawn")
    rows = settled.stays.select("institution_id", "stratum", "encounter_id", "amount").join(
        chances, on=["institution_id", "stratum"], maintain_order="left"
    )
    rows = rows.with_columns(probability=(pl.col("drawn") / pl.col("stays")).round(6), frame_hash=pl.lit(settled.hash))
    _csv(rows, folder / FRAME, labels)
    return {FRAME: _hash(folder / FRAME)}


def write_sample(
    review_id: str, drawn: pl.DataFrame, seed: int, settled: reviews.Frame, folder: Path, labels: str
) -> None:
    """Write who was drawn with the chance each had, as it is published: stays by their numbers alone."""
    rows = drawn.select(
        pl.lit(review_id).alias("review_id"),
        "place",
        "institution_id",
        "stratum",
        "encounter_id",
        pl.col("probability").round(6),
        pl.lit(seed, pl.Int64).alias("seed"),
        pl.lit(settled.hash).alias("frame_hash"),
    )
    _csv(rows, folder / SAMPLE, labels)


def write_forms(
    con: duckdb.DuckDBPyConnection, review_id: str, drawn: pl.DataFrame, folder: Path, language: str, labels: str
) -> dict[str, str]:
    """Write one workbook an institution for the bureau's own reviewers; gives the files' hashes. Names are masked."""
    query = Path(__file__).with_name("review_names.sql").read_text(encoding="utf-8")
    names = frame(con, query, {"persons": drawn["person_id"].drop_nulls().unique().sort().to_list()})
    rows = drawn.with_columns(review_id=pl.lit(review_id)).join(
        names, on="person_id", how="left", maintain_order="left"
    )
    return _forms(rows.select(OWN), folder / "forms", language, labels)


def write_package(
    review_id: str, drawn: pl.DataFrame, key: str, until: date, folder: Path, language: str, labels: str
) -> dict[str, str]:
    """Write the forms a third party gets: no names, persons by pseudonyms of this package, and the contract's end."""
    rows = drawn.with_columns(review_id=pl.lit(review_id), person=reviews.pseudonyms(drawn["person_id"], key))
    return _forms(rows.select(*LENT, until=pl.lit(until)), folder / "third_party", language, labels)


def write_estimates(rows: pl.DataFrame, path: Path, labels: str) -> None:
    """Write what the review says of each institution."""
    _csv(rows.with_columns(pl.col("estimate", "low", "high", "claim", "claim_fund").round(2)), path, labels)


def _forms(rows: pl.DataFrame, folder: Path, language: str, labels: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashes = {}
    for part in rows.partition_by("institution_id", maintain_order=True):
        asked = part.with_columns(readers=1 + (pl.col("place") % TWICE == 1).cast(pl.Int64))
        blank = asked.with_columns(pl.lit(None, pl.String).alias(c) for c in BLANK)
        path = folder / f"{_name(str(part['institution_id'][0]))}.xlsx"
        workbook.write_table(blank, path, "review", language, labels)
        hashes[f"{folder.name}/{path.name}"] = _hash(path)
    return hashes


def _name(code: str) -> str:
    """A code as a file's name; what no file may be called becomes a dash."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in code)


def _csv(rows: pl.DataFrame, path: Path, labels: str) -> None:
    ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), labels, "review").columns
    write_csv(labelled(rows, labels, "review"), path, ids=ids)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
