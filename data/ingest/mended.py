"""A mended rejected.csv is a delivery: its raw rows are read again under the header they came with."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from data import mapping
from data.errors import InputRefused
from data.ingest.find import Delivery, words_of
from data.ingest.unpack import Part


def deliveries(
    con: duckdb.DuckDBPyConnection, parts: list[Part], work: Path, names: mapping.Names
) -> Iterator[Delivery]:
    """One delivery a file named in the mended rejects. Raises InputRefused for a file that was never delivered."""
    for part in parts:
        with part.path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
        for file, table in sorted({(row["file"], row["table"]) for row in rows}):
            mine = [
                row["raw"].lstrip("'") if row["raw"].startswith("'=") else row["raw"]
                for row in rows
                if (row["file"], row["table"]) == (file, table)
            ]
            yield _one(con, part, file, table, mine, work, names)


def _one(
    con: duckdb.DuckDBPyConnection, part: Part, file: str, table: str, raw: list[str], work: Path, names: mapping.Names
) -> Delivery:
    known = con.execute(
        "select header, delimiter from run.input_file where file = $file and source_table = $table"
        " order by loaded_at desc limit 1",
        {"file": file, "table": table},
    ).fetchall()
    if not known or table not in mapping.tables():
        raise InputRefused(f"{part.name} mends rows of {file}, which was never delivered. Nothing was loaded.")
    header, delimiter = json.loads(known[0][0]), known[0][1]
    target = work / f"mended-{sum(1 for _ in work.iterdir())}.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(header)
        out.writelines(line.rstrip("\r\n") + "\n" for line in raw)
    content = hashlib.sha256(target.read_bytes()).hexdigest()
    source = mapping.tables()[table]
    updated = next((c for c in header if c.strip().lower() in mapping.UPDATED), None)
    fields = names.match(source, header)
    return Delivery(
        target, f"{part.name}!{file}", source, content, "text", "utf-8", delimiter, tuple(header), fields, updated,
        words_of(source, names),
    )
