"""Small texts of people's own, as their programs save them: UTF-8 with or without a mark, UTF-16, GB18030."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

from data.errors import UsageError

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
MARK = "\ufeff"
DELIMITERS = (",", "\t", ";", "|", "，")
HEAD = 1 << 20
#: UTF-16 without its mark: some bytes are nil, in other texts none is, and nearly all of them on one side.
SOME, MOSTLY = 0.02, 0.95


def write_whole(path: Path, text: str) -> None:
    """Write a text under a name aside, make it durable, then give it its name: a full disk leaves what was there."""
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("w", encoding="utf-8", newline="") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def first_guess(head: bytes) -> str:
    """utf-8, utf-16 or gb18030 by the first bytes; a cut-off character at their end is no fault."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return "utf-8" if encoding == "utf-8-sig" else encoding
    some = head[:4096]
    nil = some.count(0)
    if nil > 3 and nil >= SOME * len(some):
        for encoding, side in (("utf-16-le", some[1::2]), ("utf-16-be", some[::2])):
            if side.count(0) >= MOSTLY * nil:
                return encoding
    return closer([codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=False)])


def closer(texts: Iterable[str]) -> str:
    """Text read as UTF-8 is UTF-8 when its characters far outnumber its broken bytes: in GB18030 text, read so,
    nearly every character breaks."""
    broken = whole = 0
    for text in texts:
        unread = text.count("\ufffd")
        broken += unread
        whole += len(text) - len(text.encode("ascii", "ignore")) - unread
    return "utf-8" if whole >= 4 * broken else "gb18030"


def plain(content: bytes) -> str:
    """The content as text, whatever it was saved in; marks at its beginning gone, every line end a newline."""
    text = content.decode(first_guess(content), "replace").lstrip(MARK)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read(path: Path) -> str:
    """A small text file. Raises UsageError when it cannot be read."""
    try:
        return plain(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header cells and (line, cells) of a small CSV, by the delimiter of its header; blank lines are none.

    A first line `sep=;` says the delimiter; rows are filled up to the header. Raises ValueError for what is no CSV.
    """
    separator_line = re.match(r'"?sep=(.)"?[^\n]*\n', text)
    lines = text[separator_line.end() :] if separator_line else text
    head = next(iter(lines.split("\n")), "")
    mark = separator_line[1] if separator_line else max(DELIMITERS, key=lambda d: head.count(d))
    try:
        reader = csv.reader(io.StringIO(lines, newline=""), delimiter=mark, strict=False)
        rows = [(reader.line_num + bool(separator_line), row) for row in reader if any(c.strip() for c in row)]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if not rows:
        return [], []
    header = [cell.strip().strip(MARK) for cell in rows[0][1]]
    return header, [(line, [*row, *[""] * (len(header) - len(row))]) for line, row in rows[1:]]


def records(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, header cell -> text) of every row of a small CSV. Raises UsageError when it is none."""
    try:
        header, rows = table(read(path))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read as CSV ({error}). Save it as CSV UTF-8.") from error
    return [(line, {k: v.strip() for k, v in zip(header, row, strict=False)}) for line, row in rows]
