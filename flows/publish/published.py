"""What HOME's published folders say, for those who read while a run holds the warehouse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import UsageError
from flows.publish.labels import ZH
from flows.publish.names import masked
from flows.publish.watchlists import COLUMNS, SUBJECT_TYPES

WHOLE = ("rank", "rank_low", "rank_high", "findings", "settlements", "persons", "prior_confirmed", "control_arm")
NUMBERS = ("score", "amount_at_risk", "fund_at_risk", "expected_yield")


def runs(home: Path) -> list[dict[str, Any]]:
    """run_id, finished, folder of every whole run, the last one first."""
    manifests = [path for path in home.resolve().glob("runs/[!.]*/manifest.json") if path.is_file()]
    at = sorted(((path.stat().st_mtime, path.parent) for path in manifests), reverse=True)
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


def watchlist(folder: Path, subject_type: str, top: int | None = None) -> pl.DataFrame:
    """One list as it was written, in the contract's columns; its texts are in the run's language."""
    written = pl.read_csv(folder / f"watchlist_{subject_type}.csv", infer_schema=False, glob=False)
    named = written.rename({label: name for name, label in ZH.items() if label in written.columns and name in COLUMNS})
    plain = named.select(pl.col(COLUMNS).str.strip_chars_end("\t").str.replace(r"^'([=+\-@＝＋－＠])", "$1"))
    typed = plain.with_columns(
        pl.col(WHOLE).cast(pl.Int64, strict=False), pl.col(NUMBERS).cast(pl.Decimal(18, 2), strict=False)
    )
    return masked(typed.head(typed.height if top is None else top))


def lead(folder: Path, lead_id: str) -> dict[str, Any] | None:
    """A lead's row on its list, None where no list has it."""
    for kind in SUBJECT_TYPES:
        rows = watchlist(folder, kind).filter(lead_id=lead_id)
        if rows.height:
            return rows.row(0, named=True)
    return None


def evidence(folder: Path, lead_id: str) -> pl.DataFrame | None:
    """A lead's evidence as it was written, texts under the machine names; None for a lead without a folder."""
    path = folder / "leads" / lead_id / "evidence.csv"
    if not path.is_file():
        return None
    written = pl.read_csv(path, infer_schema=False, glob=False)
    named = written.rename({label: name for name, label in ZH.items() if label in written.columns and name != label})
    return masked(named.with_columns(pl.col("amount").cast(pl.Decimal(18, 2), strict=False)))
