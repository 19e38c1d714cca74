"""HOME kept as large as its data: old runs thinned out, the warehouse written anew without its gaps."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from data.errors import FundwatchError
from data.warehouse import events, paths, spill
from data.warehouse.connection import FILE_NAME, open_warehouse, stands
from flows.home import audit_log, lock

#: Says in a thinned run's folder what went; `fundwatch replay` makes the run again from its manifest.
PRUNED = "pruned.json"
#: What stays of a thinned run: what was published, and what it was made from.
STAYS = ("manifest.json", "account.csv", "coverage.csv", "official.csv", "watchlist_*.csv", "worklist*.csv", "areas")


def prune(home: Path, keep: int, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Take evidence packs, pages and findings of all runs but the last `keep`; gives the runs that were thinned.

    Manifests and lists stay for ever. `keep` 0 keeps everything.
    """
    if keep < 1:
        return []
    newest = con.execute(f"select run_id from run.run order by {events.order(con, 'run.run')} desc").fetchall()
    thinned = []
    for (run_id,) in newest[keep:]:
        folder = home / "runs" / str(run_id)
        if (going := sorted(_going(folder))) and (folder / "manifest.json").is_file():
            files = (p for top in going for p in (folder / top, *(folder / top).rglob("*")) if p.is_file())
            gone = sorted(p.relative_to(folder).as_posix() for p in files)
            audit_log.record(home, "prune", str(run_id), {"files": len(gone), "keep_runs": keep}, con)
            (folder / PRUNED).write_text(json.dumps(gone, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            for top in going:
                shutil.rmtree(folder / top) if (folder / top).is_dir() else (folder / top).unlink()
            thinned.append(str(run_id))
    return thinned


def pruned(folder: Path) -> set[str]:
    """The files that were taken out of a run's folder."""
    try:
        return set(json.loads((folder / PRUNED).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return set()


def _going(folder: Path) -> Iterator[str]:
    """What lies at the top of a run's folder and does not stay."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != PRUNED and not any(path.match(pattern) for pattern in STAYS):
            yield path.name


def vacuum(home: Path, memory_limit: str = "") -> tuple[int, int]:
    """Write the warehouse anew without the room that deleted rows left; (bytes before, bytes after).

    Raises UsageError where there is none, FundwatchError where it is in use, has no room beside it, or the copy does
    not hold what the warehouse holds; the warehouse then stays as it is.
    """
    stands(home)
    path = home / FILE_NAME
    with lock.hold(home):
        with open_warehouse(home, memory_limit=memory_limit) as con:
            con.execute("checkpoint")
        before = path.stat().st_size
        if shutil.disk_usage(home).free < before:
            raise FundwatchError(
                f"{home} has no room for a second {before:,} bytes, which the warehouse takes while it is written anew."
                " Make room and ask again; nothing was done."
            )
        with spill.folder(home / spill.NAME, "vacuum") as place:
            aside = place / FILE_NAME
            _copy(path, aside, place, memory_limit)
            aside.chmod(0o600)
            with aside.open("rb") as handle:
                os.fsync(handle.fileno())
            os.replace(aside, path)
        audit_log.sync_folder(home)
        return before, path.stat().st_size


def _copy(path: Path, aside: Path, place: Path, memory_limit: str) -> None:
    """Everything of a warehouse into a new one. Raises FundwatchError where the two do not hold the same."""
    with duckdb.connect() as con:
        con.execute(f"set temp_directory = '{paths.escaped(place / 'query')}'")
        if memory_limit:
            con.execute(f"set memory_limit = '{paths.escaped(memory_limit)}'")
        con.execute(f"attach '{paths.escaped(path)}' as whole (read_only)")
        con.execute(f"attach '{paths.escaped(aside)}' as anew")
        con.execute("copy from database whole to anew")
        con.execute("checkpoint anew")
        if _counts(con, "whole") != _counts(con, "anew"):
            raise FundwatchError(f"The copy of {path} does not hold what it holds. The warehouse was left as it is.")


def _counts(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[object, ...]]:
    """Every table of a database with its rows, and every view."""
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $database order by all",
        {"database": database},
    ).fetchall()
    parts = [
        f"select '{schema}' as s, '{table}' as t, count(*) as n from {database}.\"{schema}\".\"{table}\""
        for schema, table in tables
    ]
    views = con.execute(
        "select schema_name, view_name, -1 from duckdb_views() where database_name = $database and not internal"
        " order by all",
        {"database": database},
    ).fetchall()
    return con.execute(" union all ".join(parts) + " order by all").fetchall() + views
