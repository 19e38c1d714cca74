"""The manifest of a run: inputs, code, knowledge, settings, sources, outputs, each with its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb

from data.knowledge import load as knowledge_load
from flows.home import decisions, version
from flows.home.settings import Settings
from models.casebook import profile
from models.ranking import learned
from models.sources.source import Source

#: Says how long each source took, so its bytes are not part of what a run is.
TIMED = "coverage.csv"


def manifest(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    run_id: str,
    fingerprint: str,
    aside: Path,
) -> dict[str, object]:
    """What a run was made of and what it made: all that a replay needs, but the inputs themselves."""
    inputs = con.execute(
        "select file, source_table, file_id, rows_in, dense_rank() over (order by event_number) from run.input_file"
        " order by file, file_id"
    ).fetchall()
    outputs = sorted(p for p in aside.rglob("*") if p.is_file() and p.name != TIMED)
    return {
        "run_id": run_id,
        "fingerprint": fingerprint,
        "code": version.code(),
        "knowledge": knowledge_load.version(settings.home / "knowledge"),
        "dialects": knowledge_load.version(settings.home / "mappings"),
        "libraries": version.libraries(),
        "settings": settings.deciding(),
        "ranking": learned.told(con),
        "compared_with": profile.before(con, run_id)[0],
        "audit": decisions.anchor(settings.home, con),
        "inputs": [{"file": f, "table": t, "sha256": h, "rows": n, "load": k} for f, t, h, n, k in inputs],
        "sources": [
            {"id": s.id, "kind": s.kind, "version": s.card.version, "status": s.card.status, "params": dict(s.params)}
            | ({"areas": {area: dict(params) for area, params in sorted(s.areas.items())}} if s.areas else {})
            for s in sources
        ],
        "outputs": [{"file": p.relative_to(aside).as_posix(), "sha256": digest(p)} for p in outputs],
    }


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
