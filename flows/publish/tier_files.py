"""tiers.csv, points.csv, score_cards.csv and point_events.csv, or one workbook of the four; every row says: a draft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from flows.publish import workbook
from flows.publish.labels import labelled
from flows.publish.safe import whole, write_csv
from flows.publish.words import words
from models.casebook.points import Proposal

IDS = ("subject_id", "institution_id", "matter", "verdict_id", "region")


def counts(proposed: Proposal) -> dict[str, int]:
    """Rows by table, for the audit log."""
    return {name: rows.height for name, rows in _tables(proposed).items()}


def write_csvs(proposed: Proposal, folder: Path, labels: str) -> None:
    """The four files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _tables(proposed).items():
        ids = labelled(rows.head(0).select(c for c in IDS if c in rows.columns), labels, name).columns
        write_csv(labelled(rows, labels, name), folder / f"{name}.csv", ids=ids)


def write_workbook(proposed: Proposal, path: Path, language: str, labels: str) -> None:
    """The four tables as sheets."""
    import xlsxwriter

    chosen = "zh" if "zh" in (language, labels) else labels

    def fill(aside: Path) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(aside, plain) as book:
            book.set_properties({"created": workbook.CREATED})
            for name, rows in _tables(proposed).items():
                shown: Any = labelled(rows, chosen, name)
                title = words("zh" if chosen == "zh" else "en")[f"sheet.{name}"]
                workbook.sheet(book, title, shown, rows.columns, (1, 1))

    whole(path, fill)


def _tables(proposed: Proposal) -> dict[str, pl.DataFrame]:
    return {
        "tiers": proposed.tiers,
        "points": proposed.points,
        "score_cards": proposed.cards,
        "point_events": proposed.events,
    }
