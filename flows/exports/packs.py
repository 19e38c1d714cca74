"""leads/<lead_id>/: what goes to the meeting room, for every lead of tiers A and B.

`dossier.html` to read and print, `evidence.csv` with the exact lines, `replay.sql` to find them again, `manifest.json`
with the hashes of the three.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import polars as pl

from flows.exports import evidence
from flows.exports.dossier import Dossiers
from flows.exports.labels import labelled
from flows.exports.replay_sql import replay_sql
from flows.exports.safe import whole, write_csv
from models.source import Source


def write(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    folder: Path,
    lists: Mapping[str, pl.DataFrame],
    run_id: str,
    *,
    language: str,
    labels: str,
) -> int:
    """One folder a lead; returns how many. `lists`: subject type -> watchlist."""
    rows = evidence.evidence(con, sources, "l.tier in ('A', 'B')", {}, language)
    ids = labelled(rows.head(0).select(evidence.IDS), labels).columns
    by_id = {s.id: s for s in sources}
    dossiers = Dossiers(con, by_id, language)
    packs = rows.partition_by("lead_id", as_dict=True, include_key=False, maintain_order=True)
    for lead in pl.concat(lists.values()).filter(pl.col("tier").is_in(["A", "B"])).iter_rows(named=True):
        pack = packs.get((lead["lead_id"],))
        if pack is None:
            continue
        place = folder / str(lead["lead_id"])
        place.mkdir(parents=True, exist_ok=True)
        write_csv(labelled(pack, labels), place / "evidence.csv", ids=ids)
        _text(place / "dossier.html", dossiers.page(lead, pack))
        _text(place / "replay.sql", replay_sql(lead, [by_id[s] for s in pack["source"].unique(maintain_order=True)]))
        files = ("dossier.html", "evidence.csv", "replay.sql")
        manifest = {
            "lead_id": lead["lead_id"],
            "run_id": run_id,
            "findings": pack.height,
            "files": [{"file": f, "sha256": hashlib.sha256((place / f).read_bytes()).hexdigest()} for f in files],
        }
        _text(place / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return len(packs)


def _text(path: Path, text: str) -> None:
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))
