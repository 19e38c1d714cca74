"""A file of verdicts as texts under our column names: CSV in its encodings, or a workbook's first sheet that fits."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import small, workplace
from data.ingest.unpack import READABLE, Part, parts

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Told:
    """The rows of a file: texts (null where empty) by our column names, row_number from 1; unknown header cells."""

    name: str
    rows: pl.DataFrame
    ignored: tuple[str, ...]


@cache
def columns() -> dict[str, str]:
    """Our column -> kind of value."""
    return {row["column"]: row["kind"] for row in _listed("verdict_columns")}


@cache
def _names() -> dict[str, str]:
    return {name: row["column"] for row in _listed("verdict_columns") for name in row["names"].split()}


def read(path: Path, spill: Path | None = None) -> Told:
    """The verdicts of a file, taken apart in `spill`. Raises InputRefused when it is none, with what it should have."""
    if not path.is_file():
        raise InputRefused(f"{path} does not exist. Give the file that holds the verdicts.")
    if not path.name.lower().endswith(READABLE):
        raise InputRefused(f"{path.name} is neither CSV nor xlsx. Save the verdicts as one of them.")
    with workplace(spill) as work:
        for part in parts(path, path.name, work):
            if not part.is_hidden and (told := _told(part, _frame(part))) is not None:
                return told
    raise InputRefused(
        f"{path.name} holds no verdicts: a column for the conclusion (核查结论, conclusion) and one that names the lead"
        " (lead_id, 线索编号) or the subject (subject_id, 对象编号) are needed. See `fundwatch verdict import --help`."
    )


def _told(part: Part, frame: pl.DataFrame) -> Told | None:
    known: dict[str, str] = {}
    for cell in frame.columns:
        name = _name(cell)
        if name is not None and name not in known.values():
            known[cell] = name
    if "conclusion" not in known.values() or not {"lead_id", "subject_id"} & set(known.values()):
        return None
    blank = pl.all().str.strip_chars(" \t\r\n\u3000\u00a0'\ufeff").replace("", None)
    rows = frame.with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.Int64))
    texts = rows.select(pl.col(list(known)).name.map(lambda c: known[c])).select(blank)
    lacking = [pl.lit(None, pl.String).alias(c) for c in columns() if c not in known.values()]
    texts = texts.with_columns(*lacking, rows["row_number"]).select("row_number", *columns())
    texts = texts.filter(pl.any_horizontal(pl.exclude("row_number").is_not_null()))
    return Told(part.name, texts, tuple(c for c in frame.columns if c not in known))


def _frame(part: Part) -> pl.DataFrame:
    header, rows = small.headed(small.rows(part), lambda cell: _name(cell) is not None)
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")


def _name(cell: str) -> str | None:
    return _names().get(cell.strip().strip("\ufeff'").lower()) or _names().get(mapping.tidy(cell))


def _listed(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
