"""findings.parquet, coverage.csv, account.csv and rejected.csv."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import polars as pl

from data.ingest.masked import MASK
from data.warehouse import journal
from data.warehouse.connection import frame, transaction
from flows.home import audit_log
from flows.publish.safe import whole, write_csv

#: A finding that makes no lead (a trial source, judged or set aside by people) has no lead_id; of the others, the
#: counted amounts of a lead sum to what its list says.
FINDINGS = """
    select f.finding_id, f.source, f.source_version, f.certainty, f.outcome, f.subject_type,
        case when f.subject_type = 'group' then r.lead_id else f.subject_id end as subject_id, m.lead_id,
        f.settlement_id, f.line_id, f.encounter_id, f.person_id, f.institution_id, f.practitioner_id,
        f.occurred_on, f.amount, f.fund_amount, f.detail, c.status, m.counted_amount, m.counted_fund
    from model.finding as f
    join model.coverage as c on c.source = f.source
    left join model.finding_counted as m on m.finding_id = f.finding_id
    left join (
        select g.lead_id, g.subject_type, g.subject_key
        from casebook.lead_register as g join model.lead as l on l.lead_id = g.lead_id
    ) as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id
    order by f.source, f.subject_type, f.finding_id
"""


def findings(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Every finding, also of trial rules; straight from DuckDB to the file."""

    def copy(aside: Path) -> None:
        name = str(aside).replace("'", "''")
        con.execute(f"copy ({FINDINGS}) to '{name}' (format parquet, compression zstd)")

    whole(path, copy)
    return int(con.execute("select count(*) from model.finding").fetchall()[0][0])


def coverage(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What every rule and detector judged, hit and could not judge, and why."""
    return frame(
        con,
        "select source, kind, official, status, judged, hits, cannot_judge, reason, seconds"
        " from model.coverage order by kind desc, source",
    )


def account(con: duckdb.DuckDBPyConnection, ingest_id: str) -> pl.DataFrame:
    """The account of the last delivery, file by file, and of every earlier file of which rejected rows still stand
    or that was left out whole and has not come since.

    A row that was mended since counts as replaced where it was rejected: its mended version took its place. Of the
    rejected rows, `dismissed` says how many a person let go.
    """
    return frame(
        con,
        """
        with fate as (
            select ingest_id, file, source_table,
                count(*) filter (where mended_by is null and dismissed is null) as standing,
                count(*) filter (where mended_by is null and dismissed is not null) as dismissed,
                count(*) filter (where mended_by is not null) as mended,
                coalesce(sum(yuan) filter (where mended_by is not null), 0) as yuan_mended
            from run.rejected group by ingest_id, file, source_table
        )
        select a.file, a.source_table as "table", a.rows_in, a.loaded, a.duplicate,
            a.replaced + coalesce(f.mended, 0) as replaced, a.rejected - coalesce(f.mended, 0) as rejected,
            a.yuan_in, a.yuan_loaded, a.yuan_duplicate,
            cast(a.yuan_replaced + coalesce(f.yuan_mended, 0) as decimal(18,2)) as yuan_replaced,
            cast(a.yuan_rejected - coalesce(f.yuan_mended, 0) as decimal(18,2)) as yuan_rejected,
            coalesce(a.left_out, 0) as left_out, a.refused,
            coalesce(f.dismissed, 0) as dismissed
        from run.account as a
        left join fate as f
            on f.ingest_id = a.ingest_id and f.file = a.file and f.source_table = a.source_table and a.rejected > 0
        where a.ingest_id = $id or f.standing > 0 or (a.refused is not null and a.taken_by is null)
        order by a.file, a.source_table, a.ingest_id = $id, a.ingest_id
        """,
        {"id": ingest_id},
    )


def rejected(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every rejected row that stands, of all that was delivered; what names a person is masked."""
    return _rejected(con, f"coalesce(masked, '{MASK}')")


def keep_rejected(con: duckdb.DuckDBPyConnection, home: Path) -> Path | None:
    """HOME/rejected/rejected.csv: the standing rejected rows in full, to be mended and never handed on (0600).

    The audit log says when it shows other names than before.

    Returns its path, None where no row stands. A copy that somebody works on there is not written over.
    """
    path = home / "rejected" / "rejected.csv"
    rows = _rejected(con, "raw")
    if rows.is_empty() and not path.exists():
        return None
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and _digest(path) != _kept(con):
        _aside(path)
    if rows.is_empty():
        path.unlink(missing_ok=True)
        return None
    aside = path.with_name(".rejected.new")
    write_csv(rows, aside)
    aside.chmod(0o600)
    if (digest := _digest(aside)) != _kept(con):
        audit_log.record(home, "unmask", None, {"for": "rejected rows", "files": {path.name: rows.height}})
    aside.replace(path)
    with transaction(con):
        journal.write(con, "rejected", digest)
    return path


def _rejected(con: duckdb.DuckDBPyConnection, raw: str) -> pl.DataFrame:
    return frame(
        con,
        f"""
        select file, row_number, source_table as "table", field, reason, {raw} as raw, sheet_row
        from run.rejected where mended_by is null and dismissed is null
        order by file, row_number, source_table, ingest_id, rejected.raw
        """,
    )


def _aside(path: Path) -> None:
    """Keep what somebody changed under a name of its own."""
    taken = sum(1 for _ in path.parent.glob("edited-*.csv"))
    path.rename(path.with_name(f"edited-{taken + 1}.csv"))


def _kept(con: duckdb.DuckDBPyConnection) -> str | None:
    return journal.print_of(con, "rejected")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
