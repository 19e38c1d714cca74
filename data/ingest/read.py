"""Read one delivered content into a temporary typed table, its faulty rows beside it, nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from data.contract import mapping
from data.contract.mapping import Table
from data.errors import InputRefused
from data.ingest import (
    cells,
    controls,
    cut,
    ids,
    labels,
    masked,
    normalise,
    remarks,
    scale,
    spoiled,
    staged_rows,
    struck,
    whole,
)
from data.ingest.cells import TEXTS, Cells
from data.ingest.delivery import Delivery, refuse_changed
from data.ingest.pseudonym import Pseudonyms
from data.ingest.staged_rows import PLACED, ROWS, STAGE
from data.ingest.workbook import PLACE

FAULTS = "stage_fault"


@dataclass(frozen=True)
class Staged:
    """What was read of a content: rows as counted apart from the reader, lines that are no record, what to say."""

    rows: int
    left: Mapping[str, int]  # labels.KINDS -> rows
    notes: tuple[str, ...] = ()
    control: controls.Control = field(default_factory=controls.Control)

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
    held = opened(con, delivery, work, pseudonyms)
    labels.refuse_broken(delivery.name, held.lost)
    whole.refuse_twice(con, delivery, held)
    whole.refuse_1904(con, delivery)
    counted, notes = held.counted, held.notes
    notes += remarks.said(con, delivery, STAGE, TEXTS)
    left = labels.find(con, delivery, names or mapping.names(), TEXTS) if not held.is_file else {}
    rows = con.execute(f"select row_place + 1 from {labels.LEFT} order by row_place").fetchall() if left else []
    if left:
        con.execute(f"delete from {ROWS} where {PLACED}(rowid) in (select row_place from {labels.LEFT})")
        notes.append(labels.sentence(left, [row for (row,) in rows]))
    control = controls.held(con, delivery, held, STAGE, left)
    notes += [*ids.find(con, delivery, STAGE, ROWS), *scale.notes(con, delivery, held, STAGE)]
    notes += [*remarks.garbled(con, delivery, held), *cut.unended(delivery), *whole.empty(con, delivery, STAGE)]
    struck.refuse(con, delivery, held, STAGE)
    if delivery.form == "grid":
        whole.refuse_no_results(con, delivery)
    _part(con, delivery, held, pseudonyms)
    if _count(con, FAULTS):
        spoiled.refuse_second(con, delivery, names or mapping.names(), FAULTS)
    spoiled.refuse_foreign(con, delivery, STAGE, FAULTS)
    read = _count(con, STAGE) + _count(con, FAULTS) + sum(left.values())
    wanted = counted if delivery.rows is None else delivery.rows
    if read != wanted:
        raise InputRefused(
            f"{delivery.name}: {wanted:,} rows were counted and {read:,} read. Save it as CSV UTF-8 and deliver it"
            " again; nothing was loaded."
        )
    return Staged(counted, left, tuple(notes), control)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def opened(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, work: Path, pseudonyms: Pseudonyms | None = None
) -> Cells:
    """Make `stage` of a content; its cells stand in TEXTS where one of them has to be looked at again."""
    refuse_changed(delivery)
    try:
        held = cells.open_cells(con, delivery, work)
        if not _stage(con, delivery, held, pseudonyms):
            held = cells.open_cells(con, delivery, work, cells.lost_kinds(con))
            _stage(con, delivery, held, pseudonyms)
        if labels.are_doubtful(con, delivery, held, STAGE) or _has_remarks(con):
            held.fill(con)
    finally:
        refuse_changed(delivery)  # what a file that grows is refused for is not what is wrong with it
    return held


def _has_remarks(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute(f"select 1 from {ROWS} where remarks > 0 limit 1").fetchall())


def _stage(con: duckdb.DuckDBPyConnection, delivery: Delivery, held: Cells, pseudonyms: Pseudonyms | None) -> bool:
    """Make `stage` of the cells; false where the file that holds them has lines that cannot be split."""
    is_file = held.is_file
    if "invisible" in held.odd:
        held.fill(con)
        if is_file and cells.lost_kinds(con):
            return False
        held.notes += remarks.visible(con, delivery, TEXTS)
    staged_rows.fill(con, delivery, held, pseudonyms)
    return not (held.is_file and cells.lost_kinds(con))


def _part(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    held: Cells,
    pseudonyms: Pseudonyms | None,
) -> None:
    """Number the rows as delivered and take the faulty ones out of the stage."""
    lost = held.lost
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
    if _count(con, FAULTS):
        held.fill(con)
        con.execute(f"delete from {ROWS} where bad is not null")
        _raw_texts(con, delivery, pseudonyms is not None)
    con.execute(f"drop table if exists {TEXTS}")
    if lost:
        con.executemany(
            f"insert into {FAULTS} values (?, null, null, ?, ?, 0, '{masked.MASK}', null)",
            [[row, _lost_reason(text, delivery), text] for row, text in lost],
        )
    _sheet_rows(con, delivery)


def _sheet_rows(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """The faulty rows' places as a spreadsheet shows them; a Parquet file and a mended row have none."""
    con.execute(f"alter table {FAULTS} add column sheet_row bigint")
    if delivery.form == "text" and delivery.mends is None:
        con.execute(
            f"""
            update {FAULTS} as f set sheet_row = {delivery.lines} + f.row_number
                + coalesce((select sum(b.lines) from {cells.BLANKS} as b where b.before < f.row_number), 0)
            """
        )
    elif delivery.form == "grid":
        con.execute(
            f"update {FAULTS} as f set sheet_row = g.{PLACE} from {cells.places(delivery)} as g"
            f" where g.file_row_number = {delivery.lines} + f.row_number - 1"
        )


def row_number(con: duckdb.DuckDBPyConnection, alias: str) -> str:
    """SQL for a staged row's number among the delivered data rows, from 1."""
    return _numbered(alias, bool(con.execute("select count(*) from stage_gap").fetchall()[0][0]))


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
    mark = delivery.mark
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


def _money(delivery: Delivery, alias: str) -> str:
    money = delivery.table.money
    return f"coalesce({alias}.{money}, 0)" if money else "0"


def _lost_reason(text: str, delivery: Delivery) -> str:
    if text.count(delivery.quote) % 2:
        return "a quotation mark is not closed"
    return f"the row does not have the {len(delivery.header)} columns of the header"
