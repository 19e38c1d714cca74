"""The files of `fundwatch visit`: page and workbook of the places asked for, and the draw of records before them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import FundwatchError
from data.warehouse import events
from flows import steps
from flows.home import audit_log
from flows.home.settings import Settings
from flows.publish import regions, visit_workbook, watchlists
from flows.publish.labels import Known
from flows.publish.visits import Visits, file_name, write_page
from models.visits import places


def of_last_run(con: duckdb.DuckDBPyConnection, settings: Settings) -> Visits:
    """The visits of what was ranked last, named for the run that published it where one did."""
    sources = steps.sources(settings)
    runs = con.execute(
        f"select run_id from run.run order by {events.order(con, 'run.run')} desc, run_id desc limit 1"
    ).fetchall()
    run_id = str(runs[0][0]) if runs else ""
    return Visits(
        con,
        sources,
        watchlists.lists(con, run_id, language=settings.language, unmask=settings.unmask),
        run_id,
        capacity=settings.workload(),
        least_yuan=settings.least_yuan,
        language=settings.language,
        unmask=settings.unmask,
        known=Known({s.id: s.card.title_zh for s in sources}, regions.known(con)),
    )


def write(
    con: duckdb.DuckDBPyConnection,
    visits: Visits,
    codes: Collection[str],
    out: Path,
    settings: Settings,
    per_department: int | None,
) -> list[dict[str, Any]]:
    """Page and workbook of each place into `out`; returns what was written, a row a place.

    Who is drawn from is in the audit log before anybody is drawn. Raises FundwatchError where a file cannot be written.
    """
    labels = "zh" if "zh" in (settings.language, settings.labels) else settings.labels
    made = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for institution_id in dict.fromkeys(codes):
            made.append(_one(con, visits, institution_id, out, settings, per_department, labels))
    except OSError as error:
        raise FundwatchError(
            f"{error.filename or out} cannot be written: {error.strerror or error}. Choose another --out."
        ) from error
    return made


def _one(
    con: duckdb.DuckDBPyConnection,
    visits: Visits,
    institution_id: str,
    out: Path,
    settings: Settings,
    per_department: int | None,
    labels: str,
) -> dict[str, Any]:
    records = visits.records.filter(institution_id=institution_id)
    frame_hash = places.frame_hash(records) if per_department else None
    if per_department:
        draw = {"institution_id": institution_id, "seed": settings.seed, "per_department": per_department}
        audit_log.record(settings.home, "draw", visits.run_id or None, draw | {"frames": {"records": frame_hash}})
        records = places.drawn(records, per_department, settings.seed)
    else:
        nobody = {"drawn": pl.lit(None, pl.Boolean), "probability": pl.lit(None, pl.Float64)}
        records = records.with_columns(**nobody, seed=pl.lit(None, pl.Int64))
    files = [file_name(institution_id, ending) for ending in ("html", "xlsx")]
    if settings.unmask:
        audit_log.record(settings.home, "unmask", visits.run_id or None, {"for": "visit"})
    what = {"files": dict.fromkeys(files), "to": str(out.resolve()), "unmasked": settings.unmask}
    audit_log.record(settings.home, "visit", visits.run_id or None, what | {"institution_id": institution_id})
    write_page(visits, institution_id, out / files[0])
    tally = visit_workbook.write_tally(
        con, visits, institution_id, records, out / files[1], labels=labels, unmask=settings.unmask
    )
    drawn = int(records["drawn"].fill_null(False).sum())
    return {
        "institution_id": institution_id,
        "files": files,
        "records": records.height,
        "lines": tally.lines.height,
        "amount": tally.lines["counted_amount"].sum() or 0,
        "fund": tally.lines["counted_fund"].sum() or 0,
        "drawn": drawn,
        "frame_hash": frame_hash,
    }
