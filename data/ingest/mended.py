"""A mended rejected.csv is a delivery: its raw rows are read again under the header they came with."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import small, unmasked, unpack
from data.ingest.delivery import Delivery, once
from data.ingest.find import MENDED, words_of
from data.ingest.masked import MASK
from data.ingest.unpack import Part

#: Which rejected row each row of a mended content was; it lives as long as the connection.
ROWS = "mended_row"
NEEDED = ("file", "row_number", "table", "raw")


def deliveries(
    con: duckdb.DuckDBPyConnection, parts: list[Part], work: Path, names: mapping.Names
) -> Iterator[Delivery]:
    """One delivery a file named in the mended rejects.

    A row of a masked copy gets back from run.rejected what was masked in it. Raises InputRefused for a file that was
    never delivered, and for a masked cell that was changed in part.
    """
    con.execute(f"create or replace temp table {ROWS} (content varchar, place bigint, row_number bigint)")
    for part in parts:
        rows = _rows(part)
        for file, table in sorted({(row["file"], row["table"]) for row in rows}):
            yield _one(con, part, [r for r in rows if (r["file"], r["table"]) == (file, table)], work, names)


def _rows(part: Part) -> list[dict[str, str]]:
    """The file's rows, however a spreadsheet saved them; cells that keep a text from being a formula freed."""
    rows = [dict(zip(MENDED, cells, strict=False)) for cells in small.rows(part)[1:]]  # its labels may be Chinese
    if any(not row.get(name) for row in rows for name in NEEDED):
        raise InputRefused(
            f"{part.name} has a row that lacks one of its columns {', '.join(NEEDED)}. Keep the columns of"
            " rejected.csv and mend only what stands under raw; nothing was loaded."
        )
    return [row | {"raw": row["raw"][1:] if row["raw"][:2] in ESCAPED else row["raw"]} for row in rows]


#: How our own files write a text that begins like a formula.
ESCAPED = tuple(f"'{sign}" for sign in "=+-@\t\r＝＋－＠")


def _one(
    con: duckdb.DuckDBPyConnection, part: Part, rows: list[dict[str, str]], work: Path, names: mapping.Names
) -> Delivery:
    file, table = rows[0]["file"], rows[0]["table"]
    known = con.execute(
        "select header, delimiter from run.input_file where file = $file and source_table = $table"
        " order by event_number desc limit 1",
        {"file": file, "table": table},
    ).fetchall()
    if not known or table not in mapping.tables():
        raise InputRefused(f"{part.name} mends rows of {file}, which was never delivered. Nothing was loaded.")
    header, delimiter = json.loads(known[0][0]), known[0][1]
    if any(MASK in row["raw"] for row in rows):
        rows = unmasked.rows(con, part.name, rows, delimiter)
    target = work / f"mended-{next(unpack.NUMBERS)}.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(header)
        out.writelines(row["raw"].rstrip("\r\n") + "\n" for row in rows)
    content = hashlib.sha256(target.read_bytes()).hexdigest()
    con.executemany(
        f"insert into {ROWS} values (?, ?, try_cast(? as bigint))",
        [[content, place, row["row_number"]] for place, row in enumerate(rows, 1)],
    )
    source = mapping.tables()[table]
    updated = mapping.updated(header)
    return Delivery(
        target, f"{part.name}!{file}", source, content, "text", "utf-8", delimiter, tuple(header),
        once(names.match(source, header))[0], updated, words_of(source, names), mends=file, rows=len(rows),
    )  # fmt: skip
