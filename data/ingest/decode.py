"""Text in the encodings that deliveries come in; what DuckDB cannot read becomes a UTF-8 file aside."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
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


def to_utf8(path: Path, encoding: str, target: Path) -> Path:
    """Write the content as UTF-8 to `target`; bytes that are no character become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with target.open("w", encoding="utf-8", newline="") as out:
        for chunk in chunks(path):
            out.write(decoder.decode(chunk))
        out.write(decoder.decode(b"", final=True))
    return target


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
