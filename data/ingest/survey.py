"""Count a text's records without the reader of its table, so that the account can be held against something else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from data.ingest import decode

LF, CR, QUOTE = b"\n", b"\r", b'"'
#: What a text's cells may hold that has to be looked at cell by cell; a text without it is spared the look.
ODD = frozenset(
    (
        "padding",
        "tab",
        "apostrophe",
        "formula",
        "full_width",
        "hash",
        "plus",
        "unreadable",
        "nul",
        "invisible",
        "garbled",
    )
)
#: Control characters other than tab and line ends (U+001F before numbers is a known trick against spreadsheets; a NUL
#: is a broken text and refused elsewhere), spaces without width, marks of direction, soft hyphens, byte order marks.
CONTROLS = bytes(c for c in (*range(1, 32), 127) if c not in b"\t\n\r")
#: Invisible characters beyond ASCII in UTF-8, by what they begin with: hardly any text holds such a beginning, and a
#: text without it is not looked through for each of them.
MARKS = {
    b"\xc2\xad": (b"\xc2\xad",),
    b"\xef\xbb": (b"\xef\xbb\xbf",),
    b"\xe2\x80": tuple(b"\xe2\x80" + bytes([c]) for c in (*range(0x8B, 0x90), *range(0xAA, 0xAF))),
    b"\xe2\x81": tuple(b"\xe2\x81" + bytes([c]) for c in (*range(0xA6, 0xAA), 0xA0)),
}
#: What is left of a text without these is its letters beyond ASCII and its controls: little, and all that is looked at.
PRINTABLE = bytes(range(32, 127)) + b"\t\n\r"
#: Single bytes, and what they are a sign of.
SIGNS = {"tab": b"\t", "apostrophe": b"'", "hash": b"#", "plus": b"+"}
#: Beginnings of full-width letters, digits and marks in UTF-8; the full-width and the hard space; no character at all.
FULL_WIDTH, SPACES, UNREADABLE = (b"\xef\xbc", b"\xef\xbd"), (b"\xe3\x80\x80", b"\xc2\xa0"), b"\xef\xbf\xbd"
#: What letters become on their way through programs that do not know them: ???, &#21407; and 锟斤拷, or of private use.
GARBLED = (b"???", b"&#", b"\xee", b"\xe9\x94\x9f\xe6\x96\xa4\xe6\x8b\xb7")
#: Beside one of these a blank pads a cell, whichever of them parts the cells.
EDGES = b',;|\t\n\r"^\x01'


@dataclass(frozen=True)
class Survey:
    """A text's lines; it is plain when each of them is a record that any reader sees as one.

    Plain: one kind of line end, no blank line, no quotation mark open over a line end, and as many marks between cells
    as rows of that width have. `odd`: what of ODD its bytes may hold; what is not named there, no cell holds.
    """

    records: int
    is_plain: bool
    odd: frozenset[str] = ODD


def look(path: Path, mark: bytes = b"", columns: int = 0) -> Survey:
    """Count the lines of a text of single bytes (UTF-8, GB18030); `mark` parts its cells, where their number matters.

    A row with a cell too many whose last cell is empty passes for a row in the reader, with all its cells shifted.
    """
    end = _line_end(path)
    records, marks, is_open, before = 0, 0, False, LF if end != CR else CR
    odd: set[str] = set()
    for chunk in decode.chunks(path):
        line_end = CR if end == CR else LF
        line_ends = chunk.count(line_end)
        if not _is_even(chunk, before, end, line_ends):
            return Survey(0, False)
        marks += _outside(chunk, mark, is_open) if mark else 0
        if QUOTE in chunk:
            if _opens(chunk, line_end, is_open):
                return Survey(0, False)
            is_open ^= chunk.count(QUOTE) % 2 == 1
        elif is_open and line_ends:
            return Survey(0, False)
        records += line_ends
        odd |= _odd(chunk, before, odd)
        before = (before + chunk)[-TAIL:]
    if is_open:
        return Survey(0, False)
    if before.endswith(b" "):
        odd.add("padding")
    records += not before.endswith(CR if end == CR else LF)
    return Survey(records, not mark or marks == records * (columns - 1), frozenset(odd))


#: Bytes of the chunk before that a character or a line end may begin in.
TAIL = 3


def _odd(chunk: bytes, before: bytes, seen: set[str]) -> set[str]:
    """What of ODD stands in the chunk and was not `seen` before it; `before` are the last bytes that came before."""
    joined = before + (chunk.removeprefix(b"\xef\xbb\xbf") if before in (LF, CR) else chunk)
    odd = {name for name, sign in SIGNS.items() if name not in seen and sign in joined}
    if QUOTE in joined and (b'="' in joined or b'=""' in joined):
        odd.add("formula")
    if "garbled" not in seen and any(sign in joined for sign in GARBLED):
        odd.add("garbled")
    if "padding" not in seen and _is_padded(joined):
        odd.add("padding")
    if not (rest := joined.translate(None, PRINTABLE)):
        return odd
    if b"\0" in rest:
        odd.add("nul")
    if any(mark in rest for mark in FULL_WIDTH):
        odd.add("full_width")
    if UNREADABLE in rest:
        odd.add("unreadable")
    if any(space in rest for space in SPACES):
        odd.add("padding")
    if _is_invisible(rest):
        odd.add("invisible")
    return odd


def _is_padded(chunk: bytes) -> bool:
    """Whether a blank stands at the edge of a cell, or a cell is a pair of quotation marks."""
    import numpy as np

    codes = np.frombuffer(chunk, np.uint8)
    is_edge = np.zeros(256, np.bool_)
    is_edge[np.frombuffer(EDGES, np.uint8)] = True
    blanks = np.flatnonzero(codes == ord(" "))
    after, ahead = blanks[blanks < len(codes) - 1] + 1, blanks[blanks > 0] - 1
    return bool(is_edge[codes[after]].any() or is_edge[codes[ahead]].any()) or QUOTE * 2 in chunk


def has_invisible(path: Path) -> bool:
    """Whether a UTF-8 text holds invisible characters anywhere."""
    parts = decode.chunks(path)
    first = next(parts, b"").removeprefix(b"\xef\xbb\xbf")
    return any(_is_invisible(part.translate(None, PRINTABLE)) for part in chain((first,), parts))


def _is_invisible(rest: bytes) -> bool:
    """Whether what a text has beside printable ASCII holds invisible characters."""
    if not rest:
        return False
    if len(rest.translate(None, CONTROLS)) < len(rest):
        return True
    return any(mark in rest for start, marks in MARKS.items() if start in rest for mark in marks)


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


def _outside(chunk: bytes, mark: bytes, is_open: bool) -> int:
    """How many of the marks stand outside quotation marks."""
    if QUOTE not in chunk:
        return 0 if is_open else chunk.count(mark)
    import numpy as np

    codes = np.frombuffer(chunk, np.uint8)
    quotes, places = np.flatnonzero(codes == QUOTE[0]), np.flatnonzero(codes == mark[0])
    return int(np.count_nonzero((np.searchsorted(quotes, places) + is_open) % 2 == 0))


def _opens(chunk: bytes, mark: bytes, is_open: bool) -> bool:
    """Whether a quotation mark is open where a line ends."""
    import numpy as np

    codes = np.frombuffer(chunk, np.uint8)
    quotes = np.flatnonzero(codes == QUOTE[0])
    ends = np.flatnonzero(codes == mark[0])
    return bool(np.any((np.searchsorted(quotes, ends) + is_open) % 2))
