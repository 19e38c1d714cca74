"""Text in the encodings that deliveries come in; what DuckDB cannot read becomes a UTF-8 file aside."""

from __future__ import annotations

import codecs
import gzip
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from data.texts import closer, first_guess

__all__ = ["best_guess", "chunks", "first_guess", "longest_line", "open_bytes", "open_text", "pieces", "to_utf8"]

CHUNK = 1 << 20


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content, unzipped where its name says .gz."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def best_guess(path: Path) -> str:
    """utf-8 or gb18030 by the whole file."""
    return closer(pieces(path))


def longest_line(path: Path, at_least: int) -> int:
    """Bytes of the longest line, or of the first one found that is as long as `at_least`."""
    longest = since = 0
    for chunk in chunks(path):
        first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
        longest = max(longest, since + (first if first >= 0 else len(chunk)))
        if longest >= at_least:
            return longest
        since = len(chunk) - last - 1 if last >= 0 else since + len(chunk)
    return max(longest, since)


#: Encodings whose lines end where the byte of a line end stands: joined files may hold lines of both.
BY_LINE = ("utf-8", "gb18030")
#: Two letters of UTF-8 as Chinese texts have them; texts of GB18030 hold such bytes by chance only.
IN_UTF_8 = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}")
#: So many letters that are sound in UTF-8 are no chance.
SURE = 4


def to_utf8(path: Path, encoding: str, target: Path) -> Path:
    """Write the content as UTF-8 to `target`; bytes that are no character become U+FFFD.

    Where files of UTF-8 and GB18030 were joined, each line is read in its own encoding.
    """
    if encoding in BY_LINE:
        with target.open("w", encoding="utf-8", newline="") as out:
            out.writelines(_by_line(path, encoding))
        return target
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with target.open("w", encoding="utf-8", newline="") as out:
        for chunk in chunks(path):
            out.write(decoder.decode(chunk))
        out.write(decoder.decode(b"", final=True))
    return target


def _by_line(path: Path, encoding: str) -> Iterator[str]:
    """The text piece by piece, each of whole lines; only in pieces that hold both encodings line by line."""
    rest, is_utf_8 = b"", encoding == "utf-8"
    for chunk in chain(chunks(path), (b"",)):
        whole, end = rest + chunk, (rest + chunk).rfind(b"\n") + 1
        piece, rest = (whole[:end], whole[end:]) if chunk else (whole, b"")
        if piece.startswith(codecs.BOM_UTF8) or b"\n" + codecs.BOM_UTF8 in piece:
            piece = piece.replace(codecs.BOM_UTF8, b"")
        if encoding == "gb18030" and not is_utf_8 and not IN_UTF_8.search(piece):
            yield piece.decode(encoding, "replace")
            continue
        for line in piece.splitlines(keepends=True):
            is_utf_8 = _is_utf_8(line, encoding == "utf-8", is_utf_8)
            yield line.decode("utf-8" if is_utf_8 else "gb18030", "replace")


def _is_utf_8(line: bytes, usually: bool, before: bool) -> bool:
    """Whether a line is UTF-8; `usually`: whether the file is, `before`: whether the line before it was."""
    if line.isascii():
        return before
    try:
        text = line.decode()
    except UnicodeDecodeError:
        if closer([line.decode("utf-8", "replace")]) == "utf-8":
            return True
        return usually and not _is_sound(line)
    sure = len(text) - len(text.encode("ascii", "ignore")) >= SURE
    return usually or before or sure or not _is_sound(line)


def _is_sound(line: bytes) -> bool:
    """Whether it can be read as GB18030."""
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unzipped, a megabyte at a time."""
    with open_bytes(path) as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


def pieces(path: Path) -> Iterator[str]:
    """The file's text read as UTF-8, a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks(path):
        yield decoder.decode(chunk)


def open_text(path: Path) -> IO[str]:
    """A UTF-8 file's text with its line ends as they are; bytes that are no character become U+FFFD."""
    return io.TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="replace", newline="")
