"""Find what was delivered and say which table each content is: by file or sheet name, else by header."""

from __future__ import annotations

import csv
import hashlib
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import decode
from data.ingest.unpack import READABLE, Part, parts

DELIMITERS = (",", "\t", "|", ";")
HEAD = 1 << 20
MOST_LINE = 1 << 20
#: What rejected.csv says of itself; a mended copy is a delivery.
MENDED = ("file", "row_number", "table", "field", "reason", "raw")
#: The same with Chinese labels.
MENDED_ZH = ("文件", "行号", "表", "字段", "拒收原因", "原始内容")


@dataclass(frozen=True)
class Delivery:
    """One delivered content: where it is read from, which table, its hash, how it is written, its header."""

    path: Path
    name: str  # path inside the delivery, as the account shows it
    table: mapping.Table
    file_id: str  # sha256 of the content
    form: str  # text, parquet
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    fields: dict[str, mapping.Field]  # header cell -> field
    updated: str | None  # header cell of the update time
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # national field: word -> code
    mends: str | None = None  # the delivered file whose rejected rows these are

    @property
    def missing(self) -> list[str]:
        """Fields of the contract that the header lacks; a number that another field stands in for is not missed."""
        have = {f.source for f in self.fields.values()}
        lacking = set(self.table.lacks(have))
        return [
            f.source for f in self.table.fields if f.source not in have and (f.source in lacking or not f.is_required)
        ]


@dataclass(frozen=True)
class Found:
    """What a folder holds: tables, mended rejects, and files that are no table."""

    deliveries: list[Delivery]
    mended: list[Part]
    unknown: list[str]


def find(folder: Path, work: Path, names: mapping.Names | None = None) -> Found:
    """Every readable content of the folder and below, in a stable order; archives are taken apart in `work`.

    Raises InputRefused when the folder is missing, holds no known table or a link out of it, when an archive is
    not safe, and when a table lacks a required field.
    """
    names = names or mapping.names()
    if not folder.is_dir():
        what = f"{folder} is a file" if folder.exists() else f"The input folder {folder} does not exist"
        raise InputRefused(f"{what}. Give the folder that holds the export.")
    deliveries: list[Delivery] = []
    mended: list[Part] = []
    unknown: list[str] = []
    for part in _contents(folder, work, unknown):
        delivery = _recognise(part, names)
        if delivery is not None:
            deliveries.append(delivery)
        elif _is_mended(part):
            mended.append(part)
        else:
            unknown.append(part.name)
    if not deliveries and not mended:
        wanted = ", ".join(f"{t.source}.csv" for t in mapping.tables().values() if t.is_required)
        raise InputRefused(
            f"{folder} holds no table of the national export. Expected at least {wanted}, as CSV, zip, xlsx or Parquet."
        )
    for delivery in deliveries:
        _require_fields(delivery)
    return Found(deliveries, mended, unknown)


def missing_tables(found: Collection[Delivery], loaded: Collection[str]) -> list[str]:
    """The indispensable tables that neither this delivery nor an earlier one brings."""
    have = {d.table.source for d in found} | set(loaded)
    return [t.source for t in mapping.tables().values() if t.is_required and t.source not in have]


def _contents(folder: Path, work: Path, unknown: list[str]) -> Iterator[Part]:
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and root not in path.resolve().parents:
            name = path.relative_to(folder).as_posix()
            raise InputRefused(f"{name} is a link that leads out of the delivery. Put the file itself there.")
        if not path.is_file() or any(p.startswith(".") for p in path.relative_to(folder).parts):
            continue
        if path.name.lower().endswith(READABLE):
            yield from parts(path, path.relative_to(folder).as_posix(), work)
        else:
            unknown.append(path.relative_to(folder).as_posix())


def _recognise(part: Part, names: mapping.Names) -> Delivery | None:
    named = names.table(part.stem)
    if part.form == "parquet":
        encoding, delimiter, header = "", "", _parquet_header(part)
    else:
        head = _head(part)
        encoding = decode.first_guess(head)
        line = _first_line(head, encoding)
        if "\0" in line:
            raise InputRefused(f"{part.name} is not a text file: its header holds NUL bytes. Nothing was loaded.")
        delimiter, header = _split(line, named, names)
    table = named or names.guess(header)
    if table is None:
        return None
    updated = next((c for c in header if c.strip().lower() in mapping.UPDATED), None)
    fields = names.match(table, header)
    words = words_of(table, names)
    return Delivery(
        part.path, part.name, table, _digest(part), part.form, encoding, delimiter, header, fields, updated, words
    )


def words_of(table: mapping.Table, names: mapping.Names) -> dict[str, Mapping[str, str]]:
    """The words that stand for codes in the table's fields."""
    return {name: words for (source, name), words in names.of_word.items() if source == table.source}


def _split(line: str, named: mapping.Table | None, names: mapping.Names) -> tuple[str, tuple[str, ...]]:
    """The delimiter under which the header names most fields, and the header."""
    best: tuple[int, str, tuple[str, ...]] = (-1, ",", ())
    for delimiter in DELIMITERS:
        try:
            header = tuple(next(csv.reader([line], delimiter=delimiter), []))
        except csv.Error:
            continue
        table = named or names.guess(header)
        known = len(names.match(table, header)) if table else 0
        if known > best[0]:
            best = (known, delimiter, header)
    return best[1], best[2]


def _head(part: Part) -> bytes:
    try:
        with decode.open_bytes(part.path) as handle:
            return handle.read(HEAD)
    except (OSError, EOFError) as error:
        raise InputRefused(f"{part.name} cannot be read ({error}). Deliver the file again.") from error


def _first_line(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    return text.splitlines()[0] if text.strip() else ""


def _parquet_header(part: Part) -> tuple[str, ...]:
    import polars as pl

    try:
        return tuple(pl.read_parquet_schema(part.path))
    except Exception as error:  # the reader raises kinds of its own
        raise InputRefused(f"{part.name} cannot be read as Parquet. Deliver the file again.") from error


def _is_mended(part: Part) -> bool:
    if part.form != "text":
        return False
    header = next(csv.reader([_first_line(_head(part), "utf-8")]), [])
    return tuple(header) in (MENDED, MENDED_ZH)


def _digest(part: Part) -> str:
    """The content's hash. Refuses a text with a line no table has: the reader would drop it without a word."""
    if part.form == "text":
        try:
            if decode.longest_line(part.path, at_least=MOST_LINE) >= MOST_LINE:
                raise InputRefused(
                    f"{part.name} has a line of over {MOST_LINE >> 20} MB; no table has. Nothing was loaded."
                )
        except (OSError, EOFError, zlib.error) as error:
            raise InputRefused(f"{part.name} cannot be read to its end ({error}). Nothing was loaded.") from error
    with part.path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _require_fields(delivery: Delivery) -> None:
    have = [f.source for f in delivery.fields.values()]
    if lacking := delivery.table.lacks(have):
        raise InputRefused(
            f"{delivery.name} ({delivery.table.source}) lacks the column {', '.join(lacking)}."
            " Export the table again with this column; nothing was loaded."
        )
    twice = sorted(
        {f for f in have if have.count(f) > 1} | {c for c in delivery.header if delivery.header.count(c) > 1}
    )
    if twice:
        raise InputRefused(f"{delivery.name} names the column {twice[0]} twice in its header. Nothing was loaded.")


def renamed(delivery: Delivery, path: Path, encoding: str = "utf-8") -> Delivery:
    """The same delivery read from another place."""
    return replace(delivery, path=path, encoding=encoding)
