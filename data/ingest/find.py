"""Find the delivered files and say which table each of them is."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from data import mapping
from data.errors import InputRefused

SUFFIXES = (".csv", ".csv.gz", ".txt", ".txt.gz")
DELIMITERS = (",", "\t", "|")


@dataclass(frozen=True)
class Delivery:
    """One delivered file: where it is, which table, its content hash and header."""

    path: Path
    name: str  # path inside the delivery, as the account shows it
    table: mapping.Table
    file_id: str  # sha256 of the bytes
    delimiter: str
    header: tuple[str, ...]
    fields: dict[str, mapping.Field]  # header cell -> field


def find(folder: Path) -> list[Delivery]:
    """Every file of the folder (and below) that is a table of the export, in a stable order.

    Raises InputRefused when the folder is missing or holds no known table, and when a file lacks a
    required field.
    """
    if not folder.is_dir():
        raise InputRefused(f"The input folder {folder} does not exist. Give the folder that holds the export.")
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name.lower().endswith(SUFFIXES))
    found = [d for path in paths if (d := _recognise(folder, path)) is not None]
    if not found:
        wanted = ", ".join(f"{t.source}.csv" for t in mapping.tables().values() if t.is_required)
        raise InputRefused(
            f"{folder} holds no table of the national export. Expected at least {wanted} (plain or .gz)."
        )
    for delivery in found:
        _require_fields(delivery)
    return found


def missing_tables(found: list[Delivery], loaded: set[str]) -> list[str]:
    """The indispensable tables that neither this delivery nor an earlier one brings."""
    have = {d.table.source for d in found} | loaded
    return [t.source for t in mapping.tables().values() if t.is_required and t.source not in have]


def _recognise(folder: Path, path: Path) -> Delivery | None:
    table = _table_of(path)
    if table is None:
        return None
    name = path.relative_to(folder).as_posix()
    first = _first_line(path, name)
    best: tuple[str, tuple[str, ...], dict[str, mapping.Field]] = (",", (), {})
    for delimiter in DELIMITERS:
        header = tuple(next(csv.reader([first], delimiter=delimiter), []))
        fields = table.match(header)
        if len(fields) > len(best[2]) or not best[1]:
            best = (delimiter, header, fields)
    return Delivery(path, name, table, _digest(path), *best)


def _table_of(path: Path) -> mapping.Table | None:
    stem = path.name.lower()
    named = [t for t in mapping.tables().values() if re.match(rf"{t.source}(?![a-z])", stem)]
    return max(named, key=lambda t: len(t.source), default=None)


def _first_line(path: Path, name: str) -> str:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as handle:
            raw = io.BufferedReader(handle).readline(1 << 20)
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except (OSError, EOFError) as error:
        raise InputRefused(f"{name} cannot be read ({error}). Deliver the file again.") from error
    except UnicodeDecodeError as error:
        raise InputRefused(f"{name} is not UTF-8 text. Save it as CSV UTF-8 and run again.") from error


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _require_fields(delivery: Delivery) -> None:
    have = {field.source for field in delivery.fields.values()}
    lacking = [f.source for f in delivery.table.fields if f.is_required and f.source not in have]
    if lacking:
        raise InputRefused(
            f"{delivery.name} ({delivery.table.source}) lacks the column {', '.join(lacking)}."
            " Export the table again with this column; nothing was loaded."
        )
    if len(delivery.fields) != len(have):
        raise InputRefused(f"{delivery.name} names a column twice in its header. Nothing was loaded.")
