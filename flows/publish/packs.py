"""leads/<lead_id>/: what goes to the meeting room, for every lead of tiers A and B.

`dossier.html` to read and print, `evidence.csv` with the exact lines, of a group `members.csv` with who came on which
day, `replay.sql` to find them again, `manifest.json` with the hashes of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import polars as pl

from flows.publish import evidence, people
from flows.publish.dossier import Dossiers
from flows.publish.labels import labelled
from flows.publish.replay_sql import replay_sql
from flows.publish.safe import ready, whole, write_ready
from models.casebook import lead_runs
from models.sources import areas
from models.sources.source import Source

MANIFEST = "manifest.json"
#: Names the leads in a table whose own columns may have changed their names.
CUT = "lead of the row"


def write(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    folder: Path,
    lists: Mapping[str, pl.DataFrame],
    run_id: str,
    *,
    language: str,
    labels: str,
    unmask: bool = False,
) -> int:
    """One folder a lead; returns how many. `lists`: subject type -> watchlist."""
    shown = "l.tier in ('A', 'B')"
    rows = evidence.evidence(con, sources, shown, {}, language, unmask=unmask, run_id=run_id)
    by_id, known = {s.id: s for s in sources}, {s.id: areas.knowing(con, s.reads) for s in sources}
    dossiers = Dossiers(con, sources, lists, language, unmask=unmask, before=lead_runs.number(con, run_id))
    packs = rows.partition_by("lead_id", as_dict=True, include_key=False, maintain_order=True)
    tables = _tables(rows, labels)
    groups = people.members(con, shown, {}, unmask=unmask).partition_by("lead_id", as_dict=True)
    for lead in pl.concat(lists.values()).filter(pl.col("tier").is_in(["A", "B"])).iter_rows(named=True):
        pack, members = packs.get((lead["lead_id"],)), groups.get((lead["lead_id"],))
        if pack is None:
            continue
        place = folder / str(lead["lead_id"])
        place.mkdir(parents=True, exist_ok=True)
        write_ready(tables[(lead["lead_id"],)], place / "evidence.csv")
        if members is not None:
            write_ready(_ready(people.visits(members, pack), people.IDS, labels), place / "members.csv")
        _text(place / "dossier.html", dossiers.page(lead, pack, members))
        _text(
            place / "replay.sql",
            replay_sql(lead, [by_id[s] for s in pack["source"].unique(maintain_order=True)], known),
        )
        files = sorted(p.name for p in place.iterdir() if p.name != MANIFEST)
        manifest = {
            "lead_id": lead["lead_id"],
            "run_id": run_id,
            "findings": pack.height,
            "files": [{"file": f, "sha256": hashlib.sha256((place / f).read_bytes()).hexdigest()} for f in files],
        }
        _text(place / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return len(packs)


def _tables(rows: pl.DataFrame, labels: str) -> dict[tuple[object, ...], pl.DataFrame]:
    """The evidence of each lead as it is written, by its id: made ready in one go, then cut."""
    whole_table = _ready(rows.drop("lead_id"), evidence.IDS, labels).with_columns(rows["lead_id"].alias(CUT))
    return whole_table.partition_by(CUT, as_dict=True, include_key=False, maintain_order=True)


def _ready(rows: pl.DataFrame, ids: Collection[str], labels: str) -> pl.DataFrame:
    """Rows for a CSV of the pack; its ids are made safe before the columns may change their names."""
    return ready(labelled(rows, labels), ids=labelled(rows.head(0).select(ids), labels).columns)


def _text(path: Path, text: str) -> None:
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))
