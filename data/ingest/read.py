"""Read one delivered content into a temporary typed table, its faulty rows beside it, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from data.contract import mapping
from data.contract.mapping import Field, Table
from data.errors import InputRefused
from data.ingest import decode, labels, masked, match, normalise, rewrite, survey
from data.ingest.find import Delivery
from data.ingest.heading import Heading
from data.ingest.pseudonym import Pseudonyms

STAGE, FAULTS = "stage", "stage_fault"
#: The delivered cells as text, each with row_place, from 0: only a numbered read keeps the order of the file.
TEXTS = "stage_text"
EMPTY_KEY = "empty, and it names the row"
LOST_LINES, LOST_SCANS = "stage_lost_lines", "stage_lost_scans"
#: What database programs print for no value, in any column.
NULLS = ("", "NULL", "null", "\\N", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]", "[null]", "None", "NaN", "nan")
#: More faulty rows than this share and the file is not what it says it is.
MOST_FAULTY = 0.05


@dataclass(frozen=True)
class Staged:
    """What was read of a content: rows as counted apart from the reader, lines that are no record, what to say."""

    rows: int
    left: Mapping[str, int]  # labels.KINDS -> rows
    notes: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        """Rows that are no record."""
        return sum(self.left.values())


def stage(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    work: Path,
    pseudonyms: Pseudonyms | None = None,
    names: mapping.Names | None = None,
) -> Staged:
    """Fill `stage` (row_place, typed columns, updated_at) and `stage_fault` (row_number, field, reason, raw, masked).

    A row is in one of the two or in `stage_left`, which holds what is no record. Raises InputRefused when the content
    cannot be read as the table at all, when more than a twentieth of its rows are faulty, and when the rows read are
    not as many as were counted.
    """
    lost, counted, notes = _texts(con, delivery, work)
    _typed(con, delivery, pseudonyms)
    left = labels.find(con, delivery, names or mapping.names(), TEXTS)
    rows = con.sql(f"select row_place + 1 from {labels.LEFT} order by row_place").fetchall()
    if left:
        con.execute(f"delete from {STAGE} where row_place in (select row_place from {labels.LEFT})")
        notes.append(labels.sentence(left, [row for (row,) in rows]))
    if delivery.form == "grid":
        _refuse_no_results(con, delivery)
    _part(con, delivery, lost, pseudonyms)
    read = _count(con, STAGE) + _count(con, FAULTS) + sum(left.values())
    wanted = counted if delivery.rows is None else delivery.rows
    if read != wanted:
        raise InputRefused(
            f"{delivery.name}: {wanted:,} rows were counted and {read:,} read. Save it as CSV UTF-8 and deliver it"
            " again; nothing was loaded."
        )
    return Staged(counted, left, tuple(notes))


def _refuse_no_results(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """A sheet where a column that every row must have is empty throughout: formulas saved without their results."""
    wanted = {cell: f for cell, f in delivery.fields.items() if f.is_required and f.kind in normalise.TYPES}
    if not wanted:
        return
    counts = ", ".join(f"count({normalise.quoted(cell)})" for cell in wanted)
    rows, *filled = con.sql(f"select count(*), {counts} from {TEXTS}").fetchall()[0]
    empty = [cell for cell, count in zip(wanted, filled, strict=True) if not count]
    if rows and empty:
        raise InputRefused(
            f"{delivery.name}: {empty[0]} is empty in all {rows:,} rows, and every row must have it. Formulas saved"
            " without their results are empty: save the sheet's values and deliver that; nothing was loaded."
        )


#: A line that could not be split: data row, its text.
Lost = tuple[int, str]


def _texts(con: duckdb.DuckDBPyConnection, delivery: Delivery, work: Path) -> tuple[list[Lost], int, list[str]]:
    """Fill `stage_text` with the cells as text; returns the lines that could not be split, the rows counted apart from
    the reader, and what there is to say."""
    notes = [f"{delivery.above} line{'s' * (delivery.above > 1)} above the header left out"] if delivery.above else []
    if delivery.form != "text":
        _fill(con, delivery)
        return [], _held(con, delivery), notes
    if delivery.encoding != "utf-8":
        delivery = _decoded(delivery, delivery.encoding, work)
    seen = survey.look(delivery.path)
    if seen.is_plain and delivery.lines == 1 and delivery.quote == '"':
        lost = _fill(con, delivery)
        if not lost:
            return [], seen.records - 1, notes
        if any(kind == "INVALID ENCODING" for _, kind in lost):
            delivery = _decoded(delivery, decode.best_guess(delivery.path), work)
    elif _is_broken(delivery.path):
        delivery = _decoded(delivery, decode.best_guess(delivery.path), work)
    return _rewritten(con, delivery, work, notes)


def _rewritten(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, work: Path, notes: list[str]
) -> tuple[list[Lost], int, list[str]]:
    """Read a text that is not plain by way of one that is."""
    target = work / f"plain-{sum(1 for _ in work.iterdir())}.csv"
    heading = Heading(delivery.header, delivery.lines, delivery.above, 0, delivery.delimiter or ",", delivery.quote)
    done = rewrite.rewrite(delivery.path, heading, target)
    if done.lines != survey.lines(delivery.path):
        raise InputRefused(
            f"{delivery.name}: {survey.lines(delivery.path):,} lines were counted and {done.lines:,} read. Save it as"
            " CSV UTF-8 and deliver it again; nothing was loaded."
        )
    if lost := _fill(con, replace(delivery, path=target)):
        raise InputRefused(
            f"{delivery.name}, line {lost[0][0]}: it cannot be read as a table. Open it, save it as CSV UTF-8 and run"
            " again; nothing was loaded."
        )
    if done.repaired:
        notes.append(f"{done.repaired:,} rows hold a quotation mark that nothing closes; it is read as it stands")
    return done.lost, done.rows + len(done.lost), notes


def _is_broken(path: Path) -> bool:
    """Whether a text that claims to be UTF-8 is something else further on."""
    for chunk in decode.pieces(path):
        if "\ufffd" in chunk:
            return True
    return False


def _decoded(delivery: Delivery, encoding: str, work: Path) -> Delivery:
    target = work / f"decoded-{sum(1 for _ in work.iterdir())}.csv"
    return replace(delivery, path=decode.to_utf8(delivery.path, encoding, target), encoding="utf-8")


def _fill(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> list[tuple[int, str]]:
    """Make the table `stage_text`; returns (line, kind) of the lines the reader could not split."""
    for name in (LOST_LINES, LOST_SCANS):
        con.execute(f"drop table if exists {name}")
    try:
        con.execute(
            f"create or replace temp table {TEXTS} as"
            f" select row_number() over () - 1 as row_place, * from {scan(delivery)}"
        )
    except duckdb.Error as error:
        raise InputRefused(_plain(delivery, error)) from error
    made = con.sql(f"select count(*) from duckdb_tables() where table_name = '{LOST_LINES}'").fetchall()
    if not made[0][0]:
        return []
    rows = con.sql(f"select line, cast(error_type as varchar) from {LOST_LINES} order by line").fetchall()
    return [(int(line), str(kind)) for line, kind in rows]


def _held(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> int:
    """The rows that a Parquet file says it holds, without those up to a sheet's header."""
    rows = con.sql(f"select sum(num_rows) from parquet_file_metadata('{_globbed(delivery.path)}')").fetchall()[0][0]
    return int(rows or 0) - (delivery.lines if delivery.form == "grid" else 0)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.sql(f"select count(*) from {table}").fetchall()[0][0])


def _typed(con: duckdb.DuckDBPyConnection, delivery: Delivery, pseudonyms: Pseudonyms | None) -> None:
    """Make the table `stage` of the cells as text."""
    by_column = {field.column: (cell, field) for cell, field in delivery.fields.items()}
    columns, checks = _columns(delivery, by_column, pseudonyms)
    texts = [f"{normalise.text(cell)} as t_{column}" for column, (cell, _) in by_column.items()]
    updated = normalise.text(delivery.updated) if delivery.updated else "cast(null as varchar)"
    try:
        con.execute(
            f"""
            create or replace temp table {STAGE} as
            with texts as (select row_place, {", ".join(texts)}, {updated} as t_updated_at from {TEXTS})
            select row_place, {", ".join(columns)}, try_cast(t_updated_at as timestamp) as updated_at,
                {f"coalesce({', '.join(checks)})" if checks else "cast(null as varchar)"} as bad
            from texts
            """
        )
    except duckdb.Error as error:
        raise InputRefused(_plain(delivery, error)) from error


def _columns(
    delivery: Delivery, by_column: dict[str, tuple[str, Field]], pseudonyms: Pseudonyms | None
) -> tuple[list[str], list[str]]:
    """SQL of the stage's columns, and of each cell's fault, over the delivered texts t_<column>."""
    values = {column: _value(delivery, field) for column, (_, field) in by_column.items()}
    persons = match.columns(delivery.table, values, pseudonyms)
    columns, checks = [], []
    for field in delivery.table.fields:
        raw, value = f"t_{field.column}", values.get(field.column)
        if value is not None:
            if (fault := _fault(delivery, field, raw, value)) is not None:
                checks.append(f"'{field.source}|' || ({fault})")
            if field.column in delivery.table.key and field.is_required and field.column not in persons:
                checks.append(f"case when {raw} is null then '{field.source}|{EMPTY_KEY}' end")
            if pseudonyms and pseudonyms.hides(field):
                value = pseudonyms.sql(value)
            elif pseudonyms and field.column == "subject_id" and "subject_type" in by_column:
                value = pseudonyms.subject(value, "t_subject_type")
        else:
            value = f"cast(null as {normalise.TYPES.get(field.kind, 'varchar')})"
        columns.append(f"{persons.get(field.column, value)} as {field.column}")
    if "person_id" in persons:
        checks.append(f"case when {persons['person_id']} is null then 'psn_no|{EMPTY_KEY}' end")
    if match.KEY in persons:
        columns.append(f"{persons[match.KEY]} as {match.KEY}")
    if "id_number" in {f.column for f in delivery.table.fields}:
        columns += normalise.implied("t_id_number" if "id_number" in by_column else None)
    return columns, checks


def _value(delivery: Delivery, field: Field) -> str:
    """SQL for the field's typed value, before anything is hidden."""
    if field.kind == "word":
        return normalise.worded(f"t_{field.column}", delivery.words[field.source])
    return normalise.typed(f"t_{field.column}", field)


def _fault(delivery: Delivery, field: Field, raw: str, value: str) -> str | None:
    if field.kind == "word":
        return normalise.unknown_word(raw, value, delivery.words[field.source])
    return normalise.fault(raw, value, field)


def _part(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    lost: list[Lost],
    pseudonyms: Pseudonyms | None,
) -> None:
    """Number the rows as delivered and take the faulty ones out of the stage."""
    con.execute("create or replace temp table stage_gap (before bigint)")
    if lost:
        con.executemany("insert into stage_gap values (?)", [[row - place] for place, (row, _) in enumerate(lost, 1)])
    con.execute(
        f"""
        create or replace temp table {FAULTS} as
        select {_numbered("r", bool(lost))} as row_number, r.row_place, split_part(r.bad, '|', 1) as field,
            split_part(r.bad, '|', 2) as reason, cast(null as varchar) as raw, {_money(delivery, "r")} as yuan,
            cast(null as varchar) as masked, {row_key(delivery.table, "r")} as row_key
        from {STAGE} as r where r.bad is not null
        """
    )
    if con.sql(f"select count(*) from {FAULTS}").fetchall()[0][0]:
        con.execute(f"delete from {STAGE} where bad is not null")
        _raw_texts(con, delivery, pseudonyms is not None)
    con.execute(f"drop table {TEXTS}")
    if lost:
        con.executemany(
            f"insert into {FAULTS} values (?, null, null, ?, ?, 0, '{masked.MASK}', null)",
            [[row, _lost_reason(text, delivery), text] for row, text in lost],
        )
    _refuse_foreign(con, delivery)


def row_number(con: duckdb.DuckDBPyConnection, alias: str) -> str:
    """SQL for a staged row's number among the delivered data rows, from 1."""
    return _numbered(alias, bool(con.sql("select count(*) from stage_gap").fetchall()[0][0]))


def _numbered(alias: str, has_gaps: bool) -> str:
    # `before` sound rows precede a row the reader lost: what follows is numbered one higher
    gaps = f" + (select count(*) from stage_gap as g where g.before <= {alias}.row_place)" if has_gaps else ""
    return f"{alias}.row_place + 1{gaps}"


def row_key(table: Table, alias: str) -> str:
    """SQL for a hash of the row's key, by which a rejected row is known when it comes again; null without one.

    Where fields of the key may be left out, the required ones make it whole.
    """
    required = {f.column for f in table.fields if f.is_required}
    whole = " and ".join(f"{alias}.{k} is not null" for k in table.key if k in required)
    return f"case when {whole} then md5(concat_ws('|', {', '.join(f'{alias}.{k}' for k in table.key)})) end"


def _raw_texts(con: duckdb.DuckDBPyConnection, delivery: Delivery, is_pseudonymous: bool) -> None:
    """The faulty rows' own cells, joined as they were delivered, and once more without what names a person."""
    mark = delivery.delimiter or ","
    shown = masked.cells(delivery, is_pseudonymous)
    con.execute(
        f"""
        update {FAULTS} as f set raw = d.raw, masked = d.masked
        from (
            select row_place, {_joined(map(normalise.quoted, delivery.header), mark)} as raw,
                {_joined(shown, mark)} as masked
            from {TEXTS} where row_place in (select row_place from {FAULTS})
        ) as d
        where d.row_place = f.row_place
        """
    )


def _joined(cells: Iterable[str], mark: str) -> str:
    """SQL for one line of a table, quoted where it must be."""
    texts = ", ".join(f"coalesce({c}, '')" for c in cells)
    needs = f"""regexp_matches(c, '["\r\n]') or contains(c, '{mark}')"""
    written = f"""case when {needs} then '"' || replace(c, '"', '""') || '"' else c end"""
    return f"list_aggregate(list_transform([{texts}], lambda c: {written}), 'string_agg', '{mark}')"


def _refuse_foreign(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """A file of which more than a twentieth is faulty is refused whole, by its first fault; mended rows are not."""
    if delivery.mends is not None:
        return
    foreign = f"not starts_with(reason, '{normalise.UNKNOWN_WORD}')"  # a word of another office spoils no other row
    faulty, sound = con.sql(
        f"select (select count(*) from {FAULTS} where {foreign}), (select count(*) from {STAGE})"
    ).fetchall()[0]
    if not faulty or faulty <= MOST_FAULTY * (faulty + sound):
        return
    row, source, reason = con.sql(
        f"select row_number, field, reason from {FAULTS} where {foreign} order by row_number limit 1"
    ).fetchall()[0]
    cell = next((c for c, f in delivery.fields.items() if f.source == source), None)
    where = f"{delivery.name}, data row {row}"
    said = f"{cell} is {reason}" if cell else reason
    more = f" ({faulty:,} of {faulty + sound:,} rows are faulty)" if faulty > 1 else ""
    raise InputRefused(f"{where}: {said}{more}. Correct the file and run again; nothing was loaded.")


def _money(delivery: Delivery, alias: str) -> str:
    money = delivery.table.money
    return f"coalesce({alias}.{money}, 0)" if money else "0"


def _lost_reason(text: str, delivery: Delivery) -> str:
    if text.count(delivery.quote) % 2:
        return "a quotation mark is not closed"
    return f"the row does not have the {len(delivery.header)} columns of the header"


def scan(delivery: Delivery) -> str:
    """SQL that reads the delivered cells as text."""
    path = _globbed(delivery.path)
    nulls = ", ".join(f"'{n}'" for n in NULLS)
    if delivery.form in ("parquet", "grid"):
        is_grid = delivery.form == "grid"
        given = [
            f"c{i}" if is_grid else f"cast({normalise.quoted(c)} as varchar)" for i, c in enumerate(delivery.header)
        ]
        cells = ", ".join(
            f"case when {text} not in ({nulls}) then {text} end as {normalise.quoted(name)}"
            for text, name in zip(given, delivery.header, strict=True)
        )
        below = f"where file_row_number >= {delivery.lines}" if is_grid else ""
        return f"(select {cells} from read_parquet('{path}', file_row_number = {str(is_grid).lower()}) {below})"
    columns = ", ".join(f"""'{cell.replace("'", "''")}': 'varchar'""" for cell in delivery.header)
    mark = {"\t": "\\t"}.get(delivery.delimiter, delivery.delimiter)
    return (
        f"read_csv('{path}', header = true, all_varchar = true, auto_detect = false, delim = '{mark}', quote = '\"',"
        f" escape = '\"', nullstr = [{nulls}], columns = {{{columns}}}, strict_mode = true,"
        f" store_rejects = true, rejects_table = '{LOST_LINES}', rejects_scan = '{LOST_SCANS}', rejects_limit = 0)"
    )


def _globbed(path: Path) -> str:
    """The path in SQL, where `[`, `*` and `?` of a name would be read as a pattern."""
    return re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''")


def _plain(delivery: Delivery, error: duckdb.Error) -> str:
    line = re.search(r"Line:?\s*(\d+)", str(error))
    where = f"{delivery.name}, line {line[1]}" if line else delivery.name
    return f"{where} cannot be read as a table. Open it, save it as CSV UTF-8 and run again; nothing was loaded."
