"""A mended row of a masked copy: what was masked in it comes back from the warehouse, what was mended stays."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence

import duckdb

from data.errors import InputRefused
from data.ingest.masked import MASK

Row = dict[str, str]
HERE = "Mend it in HOME/rejected/rejected.csv, which has the rows in full; nothing was loaded."


def rows(con: duckdb.DuckDBPyConnection, name: str, mended: Sequence[Row], delimiter: str) -> list[Row]:
    """The mended rows of one delivered file, none of their cells masked. Raises InputRefused naming file and row."""
    kept = _kept(con, mended[0]["file"], mended[0]["table"])
    nth: dict[str, int] = defaultdict(int)
    whole = []
    for row in mended:
        number = row["row_number"].strip()
        originals, place = kept.get(number, []), nth[number]
        nth[number] += 1
        if MASK not in row["raw"]:
            whole.append(row)
        elif place < len(originals):
            whole.append(row | {"raw": _restored(row["raw"], *originals[place], delimiter, f"{name}, row {number}")})
        else:
            raise InputRefused(
                f"{name}, row {number} of {row['file']} is masked ({MASK}), and this HOME has no rejected row of that"
                " number to take the masked cells from; nothing was loaded."
            )
    return whole


def _kept(con: duckdb.DuckDBPyConnection, file: str, table: str) -> dict[str, list[tuple[str, str]]]:
    """Row number -> (raw, masked) of the rejected rows of a file, in the order in which mended ones are matched."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for number, raw, masked in con.execute(
        """
        select r.row_number, r.raw, coalesce(r.masked, $mask)
        from run.rejected as r
        left join (select distinct file_id, loaded_at from run.input_file) as i on i.file_id = r.file_id
        where r.file = $file and r.source_table = $table
        -- mended ones too: the same mended file may come twice
        order by r.mended_by is not null, i.loaded_at desc, r.rowid
        """,
        {"file": file, "table": table, "mask": MASK},
    ).fetchall():
        found[str(number)].append((raw or "", masked))
    return found


def _restored(mended: str, raw: str, masked: str, delimiter: str, where: str) -> str:
    if mended.strip() == masked.strip():
        return raw
    now, shown, full = (_cells(text, delimiter) for text in (mended, masked, raw))
    if not len(now) == len(shown) == len(full):
        raise InputRefused(f"{where} was masked and has not as many cells as it had. {HERE}")
    cells = [
        cell if MASK not in cell else own if cell.strip() == said.strip() else None
        for cell, said, own in zip(now, shown, full, strict=True)
    ]
    if None in cells:
        raise InputRefused(f"{where}: its cell {cells.index(None) + 1} is masked and was changed in part. {HERE}")
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(cells)
    return line.getvalue()


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
