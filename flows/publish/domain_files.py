"""The files of a domain's pack: its lists, lines, coverage and problem items as CSV, and the report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl

from flows.publish import evidence, watchlists
from flows.publish.domain import Pack
from flows.publish.labels import Known, labelled, valued
from flows.publish.safe import whole, write_csv
from flows.publish.words import page, spoken

HEAD = 10


def write(found: Pack, out: Path, *, language: str, labels: str, known: Known) -> dict[str, int]:
    """Write the pack's files aside, then give them their names; returns the rows of each."""
    aside = out / ".pack.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    tables: dict[str, tuple[pl.DataFrame, tuple[str, ...]]]
    tables = {f"watchlist_{kind}": (rows, ("subject_id", "region")) for kind, rows in found.lists.items()}
    tables |= {
        "evidence": (found.lines, evidence.IDS),
        "coverage": (found.coverage, ()),
        "problems": (found.problems, ()),
    }
    rows_of = {}
    for name, (rows, ids) in tables.items():
        table = {"coverage": "coverage", "problems": "problems"}.get(name, "")
        kept = labelled(rows.head(0).select(ids), labels, table).columns
        write_csv(labelled(rows, labels, table, known), aside / f"{name}.csv", ids=kept)
        rows_of[f"{name}.csv"] = rows.height
    text = _page(found, language)
    whole(aside / "report.html", lambda path: path.write_text(text, encoding="utf-8"))
    for kind in watchlists.SUBJECT_TYPES:  # of an earlier pack in this folder, where this one has none
        (out / f"watchlist_{kind}.csv").unlink(missing_ok=True)
    for path in sorted(aside.iterdir()):
        path.replace(out / path.name)
    aside.rmdir()
    return rows_of


def _page(found: Pack, language: str) -> str:
    coverage = found.coverage.with_columns(
        reason=pl.col("reason").map_elements(lambda text: spoken(text, language), return_dtype=pl.String)
    )
    if language == "zh":
        coverage = valued(coverage, "coverage")
    titles = dict(zip(found.coverage["source"], found.coverage["title"], strict=True))

    def about(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"about": [titles.get(source) or source for source in row["rules"].split(";")]}

    lists = {kind: [about(row) for row in rows.head(HEAD).to_dicts()] for kind, rows in found.lists.items()}
    return page(
        "domain",
        language,
        domain=found.domain.named(language),
        run_id=found.run_id,
        sums={kind: (rows.height, rows["amount_at_risk"].sum()) for kind, rows in found.lists.items()},
        amount=found.amount,
        fund=found.fund,
        lists=lists,
        coverage=coverage.to_dicts(),
        problems=found.problems.to_dicts(),
    )
