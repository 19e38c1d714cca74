"""Text in the encodings that deliveries come in; what DuckDB cannot read becomes a UTF-8 file aside."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

CHUNK = 1 << 20
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content, unzipped where its name says .gz."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def first_guess(head: bytes) -> str:
    """utf-8, utf-16 or gb18030 by the first bytes; a cut-off character at their end is no fault."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return "utf-8" if encoding == "utf-8-sig" else encoding
    return _closer([codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=False)])


def best_guess(path: Path) -> str:
    """utf-8 or gb18030 by the whole file."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return _closer(decoder.decode(chunk) for chunk in _chunks(path))


def longest_line(path: Path, at_least: int) -> int:
    """Bytes of the longest line, or of the first one found that is as long as `at_least`."""
    longest = since = 0
    for chunk in _chunks(path):
        first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
        longest = max(longest, since + (first if first >= 0 else len(chunk)))
        if longest >= at_least:
            return longest
        since = len(chunk) - last - 1 if last >= 0 else since + len(chunk)
    return max(longest, since)


def _closer(texts: Iterable[str]) -> str:
    """Text read as UTF-8 is UTF-8 when its characters far outnumber its broken bytes: in GB18030 text, read so,
    nearly every character breaks."""
    broken = whole = 0
    for text in texts:
        unread = text.count("\ufffd")
        broken += unread
        whole += len(text) - len(text.encode("ascii", "ignore")) - unread
    return "utf-8" if whole >= 4 * broken else "gb18030"


def to_utf8(path: Path, encoding: str, target: Path) -> Path:
    """Write the content as UTF-8 to `target`; bytes that are no character become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with target.open("w", encoding="utf-8", newline="") as out:
        for chunk in _chunks(path):
            out.write(decoder.decode(chunk))
        out.write(decoder.decode(b"", final=True))
    return target


def _chunks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as handle:
        while chunk := handle.read(CHUNK):
            yield chunk
