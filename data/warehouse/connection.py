"""The warehouse file: opening, schema, one writer at a time."""

from __future__ import annotations

import functools
import hashlib
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from data.errors import FundwatchError, InUse, UsageError
from data.warehouse import commit, damage, events, paths, spill
from data.warehouse.catalogue import has as has
from data.warehouse.paths import escaped

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
SCHEMA = Path(__file__).with_name("schema")
FILE_NAME = "warehouse.duckdb"
#: What to do while another process has the warehouse: for one that writes, for one that only reads.
WAIT = "Wait for it, or stop it."
MEANWHILE = (
    "Ask again when it is done; `fundwatch watchlist`, `explain`, `runs`, `fund`, `prices` and `rule coverage` show the"
    " last published run meanwhile."
)
#: Seconds a writer waits for those who read: a look at a list must not end a run between two of its steps.
PATIENCE = 10.0


@functools.cache
def ddl() -> str:
    """The statements that make every table but those of the features: the files of schema/ in the order of their
    names."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCHEMA.glob("*.sql")))


@contextmanager
def open_warehouse(
    home: Path, *, memory_limit: str = "", threads: int = 0, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open HOME's warehouse, made on first use; closed on leaving.

    Raises UsageError when there is none to read, FundwatchError when another process holds it, when it is not a
    warehouse, or when a newer fundwatch wrote it.
    """
    path = home / FILE_NAME
    if (unfit := paths.UNFIT.search(str(home))) is not None:
        raise UsageError(
            f"The path {home} holds the character {unfit[0]}, and no warehouse opens there. Choose another --home."
        )
    if read_only:
        stands(home)
    con = _connect(home, path, read_only)
    own = ExitStack()
    try:
        for extensions in ("autoinstall_known_extensions", "autoload_known_extensions"):
            con.execute(f"set {extensions} = false")  # nothing is fetched over the network, whatever is asked
        con.execute("set preserve_insertion_order = true")
        con.execute(f"set temp_directory = '{escaped(_spill(home, own))}'")
        if memory_limit:
            con.execute(f"set memory_limit = '{escaped(damage.within_memory(memory_limit))}'")
        if threads:
            con.execute(f"set threads = {damage.within_threads(int(threads))}")
        _check_format(con, path, read_only)
        yield con
    finally:
        con.close()
        own.close()


def _spill(home: Path, own: ExitStack) -> Path:
    """A folder of this connection's own; in a HOME that may only be read, one that nothing is written to."""
    try:
        return own.enter_context(spill.folder(home / spill.NAME, "query"))
    except OSError:
        return home / spill.NAME


def stands(home: Path) -> None:
    """Raises UsageError where HOME has no warehouse: a mistyped --home is no order to make one."""
    if not (home / FILE_NAME).exists():
        raise UsageError(f"{home} holds no warehouse yet. Run `fundwatch run INPUT --home {home}` first.")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commit on success, roll back on any error."""
    con.execute("begin")
    commit.begun(con)
    try:
        yield
    except BaseException:
        commit.ended(con)
        con.execute("rollback")
        raise
    acts = commit.ended(con)
    con.execute("commit")
    for act in acts:
        act()


def frame(con: duckdb.DuckDBPyConnection, query: str, params: dict[str, Any] | None = None) -> pl.DataFrame:
    """A query's rows as a polars frame.

    A relation is planned once to be described and once more to be run; half of what a small query costs is its plan.
    """
    import polars as pl

    with warnings.catch_warnings():  # that the rows are copied once more is less than planning them twice
        warnings.simplefilter("ignore", UserWarning)
        table = con.execute(query, params).to_arrow_table()
    return cast("pl.DataFrame", pl.from_arrow(table, rechunk=False))


@functools.cache
def _fingerprint() -> str:
    return hashlib.sha256(ddl().encode()).hexdigest()[:16]


def changed_views(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The views that this version's schema declares and the warehouse has otherwise; none in one of another version."""
    this = {"this": _fingerprint()}
    if not con.execute("select 1 from run.step where step = 'schema' and fingerprint = $this", this).fetchall():
        return []
    query = "select schema_name || '.' || view_name, sql from duckdb_views() where not internal order by 1"
    declared = _declared(query)
    have = dict(con.execute(query).fetchall())
    return [view for view, sql in declared if have.get(view) != sql and not _is_same(have.get(view), sql)]


def _declared(query: str) -> list[tuple[Any, ...]]:
    """A query's rows in a warehouse that holds what schema/ declares and nothing else."""
    with duckdb.connect() as fresh:
        fresh.execute(ddl())
        return fresh.execute(query).fetchall()


def _is_same(one: str | None, other: str) -> bool:
    return one is not None and _ordered(one) == _ordered(other)


def _ordered(sql: str) -> str:
    """The engine gives back the columns that a star leaves out or replaces in any order."""
    import sqlglot

    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for star in tree.find_all(sqlglot.exp.Star):
        for part in ("except_", "replace"):
            if columns := star.args.get(part):
                star.set(part, sorted(columns, key=lambda column: column.sql(dialect="duckdb")))
    return tree.sql(dialect="duckdb")


def _connect(home: Path, path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _found(path)
        damage.refuse_foreign(path)
        con = _patient(path, read_only)
    except OSError as error:
        raise FundwatchError(f"{home} cannot be written: {error.strerror}. Choose another --home.") from error
    except duckdb.Error as error:
        holder = re.search(r"\(PID (\d+)\)", str(error))
        if "Could not set lock" in str(error) or holder:
            who = f"process {holder[1]}" if holder else "another process"
            raise InUse(f"The warehouse {path} is in use by {who}. {MEANWHILE if read_only else WAIT}") from error
        first = str(error).splitlines()[0].rstrip(".")
        raise FundwatchError(
            damage.sentence(error, path) or f"{path} cannot be opened as a warehouse: {first}. It was left as it is."
        ) from error
    if not read_only:
        path.chmod(0o600)
    return con


def _patient(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Connect; a writer tries again for a while where another process has the file."""
    until = time.monotonic() + (0.0 if read_only else PATIENCE)
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error) or time.monotonic() >= until:
                raise
        time.sleep(0.1)


def _found(path: Path) -> None:
    """Make an empty warehouse aside and give it its name when it is whole: half a file could never be opened."""
    aside = path.with_name(path.name + ".part")
    aside.unlink(missing_ok=True)
    duckdb.connect(str(aside)).close()
    aside.replace(path)


def _check_format(con: duckdb.DuckDBPyConnection, path: Path, read_only: bool) -> None:
    is_told = has(con, "run.warehouse")
    written = con.execute("select max(format) from run.warehouse").fetchall()[0][0] if is_told else None
    if written is not None and written > FORMAT:
        raise FundwatchError(
            f"{path} was written by a newer fundwatch (format {written}, this one knows {FORMAT})."
            " Use that version, or another --home."
        )
    if not read_only:
        _bring_up(con, written is None)
        _refuse_cut(con, path)
    elif not is_told:
        raise UsageError(f"{path} holds no tables yet. Run `fundwatch run INPUT --home {path.parent}` first.")


def _refuse_cut(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A delivery that was lost must not be missing from then on without a word."""
    have, kept = events.last(con), commit.kept(path.parent)
    if have < kept:
        raise FundwatchError(
            f"{path} holds {have} events and {commit.FILE_NAME} beside it tells of {kept}: its last changes are lost,"
            " or an older copy lies in its place. Put both back from one copy; or remove"
            f" {commit.FILE_NAME} and give the commands that are lost again: audit.log tells which."
        )


def _bring_up(con: duckdb.DuckDBPyConnection, is_new: bool) -> None:
    """Make what schema/ declares and this warehouse lacks; nothing when it is this schema's already."""
    schema, fingerprint = ddl(), _fingerprint()
    if (
        not is_new
        and con.execute(f"select 1 from run.step where step = 'schema' and fingerprint = '{fingerprint}'").fetchall()
    ):
        return
    with transaction(con):
        if not is_new:
            _grow(con)  # first: a view of today may ask for a column that an older table lacks
        con.execute(schema)
        last = events.number_old(con)
        if is_new:
            con.execute("insert into run.warehouse values ($format)", {"format": FORMAT})
        con.execute("delete from run.step where step = 'schema'")
        con.execute(
            "insert into run.step values ('schema', $fingerprint, now() at time zone 'UTC', null, $last)",
            {"fingerprint": fingerprint, "last": str(last)},  # what came before this schema has no higher number
        )


def _grow(con: duckdb.DuckDBPyConnection) -> None:
    """Give the tables that an older warehouse has the columns that the schema has gained since."""
    query = "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
    have = {tuple(row[:3]) for row in con.execute(query).fetchall()}
    declared = _declared(query)
    tables = {tuple(row) for row in con.execute("select schema_name, table_name from duckdb_tables()").fetchall()}
    for schema, table, column, kind in declared:
        if (schema, table, column) not in have and (schema, table) in tables:
            con.execute(f"alter table {schema}.{table} add column {column} {kind}")
