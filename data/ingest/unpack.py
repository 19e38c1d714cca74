"""Containers: zip archives and workbooks, taken apart into a folder aside, within limits."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data.errors import InputRefused

#: A real export shrinks 10 to 40 times; what claims more than this is not one.
MOST_RATIO = 200
MOST_BYTES = 200 << 30
MOST_MEMBERS = 10_000
TEXTS = (".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz")
WORKBOOKS = (".xlsx", ".xlsm")
READABLE = (*TEXTS, ".zip", *WORKBOOKS, ".parquet")


@dataclass(frozen=True)
class Part:
    """One readable content: where it lies, the name it is shown and recognised by, and how it is read."""

    path: Path
    name: str  # path inside the delivery, then ! and the member or sheet
    stem: str  # what the table is recognised by
    form: str  # text, parquet


def parts(path: Path, name: str, work: Path, called: str | None = None) -> Iterator[Part]:
    """The readable contents of one delivered file; `called` is its own name where `path` is a copy aside.

    Raises InputRefused for an archive that is not safe.
    """
    called = called or path.name
    low = called.lower()
    if low.endswith(".zip"):
        yield from _zipped(path, name, work)
    elif low.endswith(WORKBOOKS):
        yield from _sheets(path, name, work, called)
    elif low.endswith(".parquet"):
        yield Part(path, name, called, "parquet")
    elif low.endswith(TEXTS):
        yield Part(path, name, called, "text")


def _zipped(path: Path, name: str, work: Path) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise InputRefused(f"{name} holds {len(members):,} files; that is no export. Nothing was loaded.")
            for member in members:
                _refuse_unsafe(member, name)
                inside = PurePosixPath(member.filename.replace("\\", "/"))
                if inside.name.lower().endswith((*TEXTS, *WORKBOOKS, ".parquet")):
                    target = _aside(work, inside.name)
                    _extract(archive, member, target, name)
                    yield from parts(target, f"{name}!{inside.as_posix()}", work, inside.name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise InputRefused(f"{name} cannot be unpacked ({error}). Deliver it again; nothing was loaded.") from error


def _aside(work: Path, name: str) -> Path:
    """A fresh place in the work folder that keeps the name's endings, which say how it is read."""
    low = name.lower()
    ending = next(e for e in (".csv.gz", ".txt.gz", ".tsv.gz", Path(low).suffix) if low.endswith(e))
    return work / f"{sum(1 for _ in work.iterdir())}{ending}"


def _refuse_unsafe(member: zipfile.ZipInfo, name: str) -> None:
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0] or is_link or "\0" in member.filename:
        raise InputRefused(f"{name} holds a path that leads out of the archive. Nothing was loaded.")
    grows = member.file_size / max(1, member.compress_size)
    if member.file_size > MOST_BYTES or (grows > MOST_RATIO and member.file_size > 100 << 20):
        raise InputRefused(
            f"{name} would unpack to {member.file_size / 2**30:,.1f} GB, {grows:,.0f} times its size: that is no"
            " export. Nothing was loaded."
        )


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, name: str) -> None:
    with archive.open(member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        if out.tell() > member.file_size:
            raise InputRefused(f"{name} unpacks to more than it says. Nothing was loaded.")


def _sheets(path: Path, name: str, work: Path, called: str) -> Iterator[Part]:
    """Each sheet as a UTF-8 CSV of its texts: ids stay text, dates keep what the cell shows."""
    import polars as pl

    try:
        sheets = pl.read_excel(path, sheet_id=0, infer_schema_length=0, raise_if_empty=False)
    except Exception as error:  # the reader raises kinds of its own
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputRefused(f"{name} cannot be read as a workbook ({first}). Nothing was loaded.") from error
    for sheet, rows in sheets.items():
        if rows.width:
            target = _aside(work, "sheet.csv")
            rows.select(pl.all().cast(pl.String)).write_csv(target)
            yield Part(target, f"{name}!{sheet}", called if len(sheets) == 1 else sheet, "text")
