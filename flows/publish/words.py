"""The words of the pages that people read, in English and Chinese; one row a word in words.csv."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import jinja2

from models.sources import wording

FOLDER = Path(__file__).parent
#: Sentences of the command line and of ranking: English with {} where something stands, and Chinese.
PHRASES = FOLDER / "phrases.csv"


@cache
def words(language: str) -> dict[str, str]:
    """key -> word in the language (en, zh)."""
    return {row["key"]: row[language] for row in _rows("words")}


def spoken(sentence: str, language: str) -> str:
    """A sentence of the program in the language: phrases.csv has them; one it lacks stays English."""
    return wording.translated(sentence, PHRASES, _counted) if language == "zh" else sentence


def _counted(part: str) -> str:
    """29 institution, 75 person and the like in Chinese; a name, a path or a sentence as it is."""
    pieces = re.split(r"(, | \+ )", part)
    worded = [_worded(piece) for piece in pieces[::2]]
    if None in worded:
        return part
    separators = [" + " if s == " + " else "，" for s in pieces[1::2]] + [""]
    return "".join(f"{word}{s}" for word, s in zip(worded, separators, strict=True))


def _worded(piece: str) -> str | None:
    match = re.fullmatch(r"(?:(-?[\d,.]+) )?([a-z_ ]+)", piece)
    if match is None or match[2] not in words("zh"):
        return None
    return words("zh")[match[2]] + (match[1] or "")


def page(name: str, language: str, **values: object) -> str:
    """The page `<name>.html.j2` filled; every value is escaped, a name it lacks is an error."""
    return _pages().get_template(f"{name}.html.j2").render(w=words(language), language=language, **values) + "\n"


@cache
def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
