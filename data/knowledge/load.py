"""Load the knowledge: knowledge/<table>.csv of the package, then the overlay a bureau keeps beside its warehouse.

An overlay is a folder of files with the same names. Its rows are of the layers nation (later publications), province
and city, applied in that order; before them those of the layers starter and derived, a reading of ours, which take the
place of no published row. A cell with a word that no rule evaluates (a window of time, a way of counting) is refused.
A row takes the place of the rows with its key from its ``valid_from`` on (empty: of all of them); after its own end
they do not come back. A reason in the extra column ``switched_off`` only takes them away.
"""

from __future__ import annotations

import csv
import hashlib
import re
from functools import cache
from pathlib import Path

import duckdb

from data import texts
from data.errors import UsageError
from data.knowledge import by_area, price_codes, words
from data.warehouse.connection import ddl, transaction
from data.warehouse.paths import literal

FOLDER = Path(__file__).with_name("tables")
OVERLAY = "knowledge"  # its name in HOME
LAYERS = ("nation", "province", "city")
OWN_LAYERS = ("starter", "derived")  # what is nobody's published text: findings that rest on it are suspected
OFF = "switched_off"
_TABLE = re.compile(r"key: ([a-z0-9_, ]+)\ncreate table if not exists knowledge\.(\w+) \(\n(.*?)\n\);", re.DOTALL)


@cache
def tables() -> dict[str, tuple[list[str], list[str]]]:
    """Every knowledge table: its columns, and those of its key but validity."""
    found = {}
    for key, name, body in _TABLE.findall(ddl()):
        columns = [line.split()[0] for line in body.splitlines()]
        found[name] = (columns, [k for k in key.split(", ") if k != "valid_from"])
    return found


def version(overlay: Path | None = None, *, package: Path = FOLDER) -> str:
    """Hash of every knowledge file of package and overlay: equal means the same facts."""
    digest = hashlib.sha256()
    for path in [*sorted(package.glob("*.csv")), *_overlaid(overlay)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for area, paths in by_area.folders(overlay, _overlaid).items():
        for path in paths:
            digest.update(f"{area}/{path.name}".encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def load(con: duckdb.DuckDBPyConnection, overlay: Path | None = None, *, package: Path = FOLDER) -> dict[str, int]:
    """Fill every knowledge table from its file, then apply the overlay folder if it exists; returns rows per table.

    Raises UsageError when a file is missing, names no table, or a value does not fit its column.
    """
    laid = _overlaid(overlay)
    for path in laid:
        if path.stem not in tables():
            raise UsageError(f"{path} names no knowledge table. See `fundwatch knowledge coverage`.")
    areas = by_area.folders(overlay, _overlaid)
    by_area.check(areas)
    counts = {}
    with transaction(con):
        for table in tables():
            _fill(con, table, package / f"{table}.csv")
        for path in laid:
            _lay(con, path.stem, path)
        for area, paths in areas.items():
            for path in paths:
                if path.stem in by_area.BY_COLUMN:
                    _lay(con, path.stem, path, area)
        price_codes.spread(con)
        by_area.load(con, areas, _lay, price_codes.spread)
        for table in sorted(tables()):
            counts[table] = con.execute(f"select count(*) from knowledge.{table}").fetchall()[0][0]
    return counts


def _fill(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    if not path.exists():
        raise UsageError(f"The knowledge file {path.name} is missing.")
    try:
        con.execute(f"delete from knowledge.{table}")
        con.execute(
            f"insert into knowledge.{table} by name from read_csv($path, header = true, auto_detect = false,"
            " delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = $columns)",
            {"path": literal(path), "columns": dict.fromkeys(_header(path), "varchar")},
        )
        _check_words(con, table, f"knowledge.{table}", path)
    except duckdb.Error as error:
        raise UsageError(f"{path.name}: {str(error).splitlines()[0]}") from error


def _header(path: Path) -> list[str]:
    """Its column names: known, they spare the reader guessing at every file's form."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return next(csv.reader(handle), [])


def _lay(con: duckdb.DuckDBPyConnection, table: str, path: Path, area: str = "") -> None:
    """Apply one overlay file, layer by layer; its rows hold in an area where one is named."""
    columns, key = tables()[table]
    try:
        _given(con, path)
        if "area" in columns:
            by_area.place(con, path, area)
        given = [d[0] for d in con.execute("from overlay limit 0").description or []]
        unknown = set(given) - {*columns, OFF, "layer"}
        if unknown or not _required(con, table) & set(key) <= set(given):
            raise UsageError(f"{path}: the columns must be {', '.join([*columns, OFF])}.")
        for name in dict.fromkeys((OFF, "layer", "valid_from", *key)):
            if name not in given:
                con.execute(f"alter table overlay add column {name} varchar")
        con.execute("update overlay set layer = 'city' where layer is null")
        strange = con.execute(
            "select distinct layer from overlay where layer not in $1", [[*LAYERS, *OWN_LAYERS]]
        ).fetchall()
        if strange:
            raise UsageError(f"{path}: layer is '{strange[0][0]}'; it must be {', '.join(LAYERS)}.")
        _check_words(con, table, "overlay", path)
        _leave_published(con, table)
        for layer in (*OWN_LAYERS, *LAYERS):
            _supersede(con, table, layer)
            taken = ", ".join(c for c in dict.fromkeys((*given, "layer")) if c in columns)
            con.execute(
                f"insert into knowledge.{table} by name select {taken} from overlay where layer = $1 and {OFF} is null",
                [layer],
            )
    except duckdb.Error as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}") from error


def _given(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Table `overlay`: the file's rows as texts, however a spreadsheet saved them; empty is null."""
    import polars as pl

    try:
        header, rows = texts.table(texts.read(path))
        cells = [[cell.strip() or None for cell in row[: len(header)]] for _, row in rows]
        given = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String), orient="row")
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path} cannot be read as CSV ({error}). Save it as CSV UTF-8.") from error
    con.register("overlay_given", given)
    con.execute("create or replace temp table overlay as from overlay_given")
    con.unregister("overlay_given")


def _overlaid(overlay: Path | None) -> list[Path]:
    """The files of an overlay. Raises UsageError for one that nothing reads."""
    if overlay is None or not overlay.is_dir():
        return []
    paths = sorted(p for p in overlay.iterdir() if p.is_file() and not p.name.startswith((".", "~")))
    if unread := [p for p in paths if p.suffix.lower() in (".xlsx", ".xls", ".et", ".txt", ".tsv")]:
        raise UsageError(f"{unread[0]} is not read: save it as CSV UTF-8, {unread[0].stem}.csv, in the same place.")
    return [p for p in paths if p.suffix.lower() == ".csv"]


def _supersede(con: duckdb.DuckDBPyConnection, table: str, layer: str) -> None:
    """Take away, or end the day before, what the rows of a layer replace."""
    columns, key = tables()[table]
    names = ", ".join(key)
    same = " and ".join(f"k.{c} is not distinct from cast(o.{c} as {_kind(con, table, c)})" for c in key)
    con.execute(
        f"create or replace temp table fresh as select {names}, min(coalesce(cast(valid_from as date), date"
        f" '0001-01-01')) as starts_on from overlay where layer = $1 group by {names}",
        [layer],
    )
    if "valid_from" not in columns:
        con.execute(f"delete from knowledge.{table} as k where exists (select 1 from fresh as o where {same})")
        return
    starts = "coalesce(k.valid_from, date '0001-01-01')"
    con.execute(
        f"delete from knowledge.{table} as k where exists (select 1 from fresh as o where {same}"
        f" and o.starts_on <= {starts})"
    )
    con.execute(
        f"update knowledge.{table} as k set valid_to = o.starts_on - 1, superseded_by = $1 from fresh as o"
        f" where {same} and o.starts_on <= coalesce(k.valid_to, date '9999-12-31')",
        [f"overlay {layer}"],
    )


def _check_words(con: duckdb.DuckDBPyConnection, table: str, rows: str, path: Path) -> None:
    """Write the words of a table's fixed columns as rules read them; raises UsageError for one that no rule does."""
    given = {str(name) for name, *_ in con.execute(f"describe {rows}").fetchall()}
    for column in words.columns(table):
        if column not in given:
            continue
        texts = con.execute(
            f"select cast({column} as varchar) as word, min(rowid) - (select min(rowid) from {rows}) + 1"
            f" from {rows} where {column} is not null group by word order by 2"
        ).fetchall()
        meanings = words.meanings(table, column, [str(text) for text, _ in texts])
        for text, place in texts:
            meaning = meanings[text]
            if meaning is None:
                allowed = words.allowed(table, column)
                raise UsageError(f"{path}, row {place}: {column} is '{text}'; it must be one of {allowed}.")
            if meaning != text:
                con.execute(f"update {rows} set {column} = $1 where {column} = $2", [meaning, text])


def _leave_published(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rows of our own reading give way to what is published of the same key."""
    columns, key = tables()[table]
    if "layer" not in columns:
        return
    same = " and ".join(f"k.{c} is not distinct from cast(o.{c} as {_kind(con, table, c)})" for c in key)
    con.execute(
        f"delete from overlay as o where o.layer in $1 and o.{OFF} is null and exists ("
        f"select 1 from knowledge.{table} as k where k.layer in $2 and k.valid_to is null and {same})",
        [list(OWN_LAYERS), list(LAYERS)],
    )


def _required(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Columns that may not be empty: a file may leave out the others."""
    found = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'knowledge' and table_name = $1"
        " and not is_nullable",
        [table],
    ).fetchall()
    return {str(name) for (name,) in found}


def _kind(con: duckdb.DuckDBPyConnection, table: str, column: str) -> str:
    found = con.execute(
        "select data_type from duckdb_columns() where schema_name = 'knowledge' and table_name = $1"
        " and column_name = $2",
        [table, column],
    ).fetchall()
    return str(found[0][0])
