"""Count a text's records without the reader of its table, so that the account can be held against something else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.ingest import decode

LF, CR, QUOTE = b"\n", b"\r", b'"'


@dataclass(frozen=True)
class Survey:
    """A text's lines; it is plain when each of them is a record that any reader sees as one.

    Plain: one kind of line end, no blank line, no quotation mark open over a line end.
    """

    records: int
    is_plain: bool


def look(path: Path) -> Survey:
    """Count the lines of a text of single bytes (UTF-8, GB18030)."""
    end = _line_end(path)
    records, is_open, before = 0, False, LF if end != CR else CR
    for chunk in decode.chunks(path):
        mark = CR if end == CR else LF
        line_ends = chunk.count(mark)
        if not _is_even(chunk, before, end, line_ends):
            return Survey(0, False)
        if QUOTE in chunk:
            if _opens(chunk, mark, is_open):
                return Survey(0, False)
            is_open ^= chunk.count(QUOTE) % 2 == 1
        elif is_open and line_ends:
            return Survey(0, False)
        records += line_ends
        before = (before + chunk)[-2:]
    if is_open:
        return Survey(0, False)
    return Survey(records + (not before.endswith(CR if end == CR else LF)), True)


def lines(path: Path) -> int:
    """The lines of a UTF-8 text, whatever they end in."""
    count, last = 0, LF
    for chunk in decode.chunks(path):
        count += chunk.count(LF) + chunk.count(CR) - chunk.count(b"\r\n")
        count -= last == CR and chunk.startswith(LF)
        last = chunk[-1:]
    return count + (last not in (LF, CR))


def _line_end(path: Path) -> bytes:
    for chunk in decode.chunks(path):
        if LF in chunk:
            return b"\r\n" if chunk[chunk.index(LF) - 1 : chunk.index(LF)] == CR else LF
        if CR in chunk[:-1]:
            return CR
    return LF


def _is_even(chunk: bytes, before: bytes, end: bytes, found: int) -> bool:
    """Whether all lines of the chunk end alike and none is blank; `before` are the last bytes that came before it."""
    if end == LF:
        return CR not in chunk and LF * 2 not in chunk and not (before.endswith(LF) and chunk.startswith(LF))
    if end == CR:
        return LF not in chunk and CR * 2 not in chunk and not (before.endswith(CR) and chunk.startswith(CR))
    joined = before[-2:] + chunk
    pairs = joined.count(b"\r\n") - (before[-2:] == b"\r\n")
    returns = joined.count(CR) - before[-2:].count(CR) + (before.endswith(CR) and chunk.startswith(LF))
    late = chunk.endswith(CR)  # its line feed comes with the next chunk
    return pairs == found and returns == found + late and b"\r\n\r\n" not in joined


def _opens(chunk: bytes, mark: bytes, is_open: bool) -> bool:
    """Whether a quotation mark is open where a line ends."""
    import numpy as np

    codes = np.frombuffer(chunk, np.uint8)
    quotes = np.flatnonzero(codes == QUOTE[0])
    ends = np.flatnonzero(codes == mark[0])
    return bool(np.any((np.searchsorted(quotes, ends) + is_open) % 2))
