"""Containers: zip archives and workbooks, taken apart into a folder aside, within limits.

What a file is, its first bytes say; its name is only asked where they leave it open.
"""

from __future__ import annotations

import errno
import hashlib
import io
import itertools
import shutil
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data import texts
from data.errors import InputRefused
from data.ingest import bounds, stray, workbook

#: A real export shrinks 10 to 40 times; what claims more than this is not one. An archive is held to it as a whole.
MOST_RATIO = 200
MOST_BYTES = 200 << 30
MOST_MEMBERS = 10_000
#: Bytes of a disk that unpacking leaves to others.
LEAVES_FREE = 1 << 30
#: Bytes that stand before a member's content at the least, besides its name.
LOCAL_HEADER = 30
#: Names in a work folder: nobody else gives numbers there.
NUMBERS = itertools.count()
#: Bytes from which a size is looked at.
BIG = 100 << 20
#: Archives within archives that are opened.
DEEPEST = 3
TEXTS = (".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz", ".dat", ".gz", ".del", ".unl")
WORKBOOKS = workbook.ENDINGS
READABLE = (*TEXTS, ".zip", *WORKBOOKS, ".parquet")
#: What a file is, whatever its name says.
MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    workbook.OLE: "workbook",
    b"\x1f\x8b": "gzip",
    b"PAR1": "parquet",
    b"7z\xbc\xaf\x27\x1c": "archive",
    b"Rar!\x1a\x07": "archive",
    b"BZh": "archive",
    b"\xfd7zXZ": "archive",
    b"\x28\xb5\x2f\xfd": "archive",
}


@dataclass(frozen=True)
class Part:
    """One content: where it lies, the name it is shown and recognised by, and how it is read.

    The form is text, parquet, grid (a sheet: columns c0, c1, ... of texts, its header still among the rows, and where
    each row stands), control (counts or checksums of others), stray or paper (nothing of the record is in it), empty,
    or unread, with why in a sentence.
    """

    path: Path
    name: str  # path inside the delivery, then ! and the member or sheet
    stem: str  # what the table is recognised by
    form: str
    book: str = ""  # a sheet's workbook: the file's own name
    is_hidden: bool = False
    digest: str = ""  # of a content that was taken apart
    why: str = ""
    is_1904: bool = False  # a sheet that counts its days from 1904


def parts(path: Path, name: str, work: Path, called: str | None = None, depth: int = 0) -> Iterator[Part]:
    """The contents of one delivered file; `called` is its own name where `path` is a copy aside.

    Raises InputRefused for an archive that is not safe. What cannot be read is a part of the form unread.
    """
    called = called or path.name
    low = called.lower()
    kind = _kind(path, low)
    if kind == "zip":
        yield from _zipped(path, name, work, depth)
    elif kind == "workbook":
        yield from _sheets(path, name, work, called)
    elif kind == "archive":
        yield Part(path, name, called, "unread", why=f"{name} is an archive that cannot be opened here. {UNPACK}")
    elif kind == "parquet":
        yield Part(path, name, called, "parquet")
    elif kind == "gzip" and not low.endswith(".gz"):
        packed = _aside(work, ".gz")
        shutil.copyfile(path, packed)
        yield Part(packed, name, called, "text")
    elif kind == "text" or low.endswith(".gz"):
        yield Part(path, name, called, "empty" if _is_blank(path) else "text")
    elif stray.is_dump(low, _head(path)):
        yield Part(path, name, called, "unread", why=f"{name} is a dump or script of a database or program. {EXPORT}")
    else:
        yield Part(path, name, called, "unread", why=f"{name} is of no kind that can be read. {workbook.ADVICE}")


EXPORT = "Export its table as CSV UTF-8, or take the file out if it holds none; nothing was loaded."
UNPACK = "Unpack it and deliver the tables as CSV, zip, xlsx or Parquet; nothing was loaded."


def _kind(path: Path, low: str) -> str:
    try:
        with path.open("rb") as handle:
            head = handle.read(8)
    except OSError as error:
        raise InputRefused(
            f"{stray.shown(low)} cannot be read ({error.strerror or error}). Deliver it again."
        ) from error
    if stray.is_archive(low):
        return "archive"
    seen = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")
    if low.endswith(".numbers"):
        return ""  # an archive of a program's own, which holds no file that others read
    if seen == "zip":
        return "workbook" if low.endswith(WORKBOOKS) or _holds_sheets(path) else "zip"
    if seen and not (seen == "archive" and low.endswith((".csv", ".txt", ".tsv"))):
        return seen
    if low.endswith(".zip"):
        return "zip"
    if low.endswith(".parquet"):
        return "parquet"
    if low.endswith(WORKBOOKS):
        return "workbook"
    if low.endswith(".gz"):
        return "gzip"
    return "text" if low.endswith(TEXTS) or not PurePosixPath(low).suffix else ""


def _is_blank(path: Path) -> bool:
    with path.open("rb") as handle:
        return not handle.read(64).removeprefix(texts.MARK.encode()).strip() and path.stat().st_size <= 64


def _head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(1 << 20)


def _holds_sheets(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(n in ("xl/workbook.xml", "xl/workbook.bin") for n in archive.namelist())
    except bounds.DAMAGE:
        return False


def _zipped(path: Path, name: str, work: Path, depth: int) -> Iterator[Part]:
    if depth >= DEEPEST:
        raise InputRefused(f"{name} lies in archives within archives. {UNPACK}")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise InputRefused(f"{name} holds {len(members):,} files; that is no export. Nothing was loaded.")
            for member in members:
                _refuse_unsafe(member, name)
            _refuse_bomb(members, path, work, name)
            for member in members:
                inside = PurePosixPath(stray.shown(_named(member).replace("\\", "/")))
                shown = f"{name}!{inside.as_posix()}"
                if stray.is_counting(inside.name):
                    target = _aside(work, ".txt")
                    _extract(archive, member, target, name)
                    yield Part(target, shown, inside.name, "control")
                elif stray.is_stray(inside.as_posix()):
                    yield Part(path, shown, inside.name, "stray")
                elif stray.is_paper(inside.name):
                    yield Part(path, shown, inside.name, "paper")
                else:
                    target = _aside(work, ending(inside.name))
                    _extract(archive, member, target, name)
                    yield from parts(target, shown, work, inside.name, depth + 1)
    except bounds.DAMAGE as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # the archive is sound, the disk is full
        secret = isinstance(error, RuntimeError) and "password" in str(error).lower()
        why = "it is protected with a password" if secret else str(error) or type(error).__name__
        raise InputRefused(f"{name} cannot be unpacked ({why}). Deliver it again; nothing was loaded.") from error


def _named(member: zipfile.ZipInfo) -> str:
    """The member's name; archives of Chinese systems write GBK and do not say so."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _aside(work: Path, ending: str) -> Path:
    """A fresh place in the work folder that keeps the name's endings, which say how it is read."""
    return work / f"{next(NUMBERS)}{ending}"


def ending(name: str) -> str:
    """The endings of a name that say how it is read."""
    low = name.lower()
    return next((e for e in (".csv.gz", ".txt.gz", ".tsv.gz") if low.endswith(e)), PurePosixPath(low).suffix[:10])


def _refuse_unsafe(member: zipfile.ZipInfo, name: str) -> None:
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    leads_out = inside.is_absolute() or ".." in inside.parts or is_link or "\0" in member.filename
    if leads_out or not inside.name or ":" in inside.parts[0]:
        raise InputRefused(f"{name} holds a path that leads out of the archive. Nothing was loaded.")


def _refuse_bomb(members: Collection[zipfile.ZipInfo], path: Path, work: Path, name: str) -> None:
    """An archive whose members share their bytes, or that holds more than an export or than the disk has room for."""
    packed, total = path.stat().st_size, sum(m.file_size for m in members)
    ends = 0
    for member in sorted(members, key=lambda m: m.header_offset):
        if member.header_offset < ends:
            raise InputRefused(f"{name} holds files that lie upon each other: that is no export. Nothing was loaded.")
        ends = member.header_offset + LOCAL_HEADER + len(member.filename) + member.compress_size
    grows = max(
        [total / max(1, packed), *(m.file_size / max(1, m.compress_size) for m in members if m.file_size > BIG)]
    )
    if total > MOST_BYTES or (grows > MOST_RATIO and total > BIG):
        raise InputRefused(
            f"{name} would unpack to {total / 2**30:,.1f} GB, {grows:,.0f} times its size: that is no export. Nothing"
            " was loaded."
        )
    free = shutil.disk_usage(work).free
    if total > BIG and total > free - LEAVES_FREE:
        raise InputRefused(
            f"{name} unpacks to {total / 2**30:,.1f} GB, and {free / 2**30:,.1f} GB are free where it is unpacked. Free"
            " some space and run again; nothing was loaded."
        )


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, name: str) -> None:
    with archive.open(member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        if out.tell() > member.file_size:
            raise InputRefused(f"{name} unpacks to more than it says. Nothing was loaded.")


def _sheets(path: Path, name: str, work: Path, called: str) -> Iterator[Part]:
    """Each sheet as a grid of its texts: ids stay text, dates keep what the cell shows."""
    holds = False
    try:
        for sheet in workbook.sheets(path, name):
            cells = sheet.cells.drop(workbook.PLACE)
            if not cells.width or not cells.height:
                continue
            holds = True
            target = _aside(work, ".grid")
            sheet.cells.write_parquet(target)
            written = io.BytesIO()
            cells.write_csv(written, include_header=False)
            digest = hashlib.sha256(written.getvalue()).hexdigest()
            of_sheet = Part(target, f"{name}!{sheet.name}", sheet.name, "grid", called, sheet.is_hidden, digest)
            yield replace(of_sheet, is_1904=sheet.is_1904)
        if not holds:
            yield Part(path, name, called, "empty")
    except workbook.NoWorkbook:
        yield Part(path, name, called, "text")
    except InputRefused as error:
        yield Part(path, name, called, "unread", why=str(error))
