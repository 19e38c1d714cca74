"""The words of the pages that people read, in English and Chinese; one row a word in words.csv."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import jinja2

FOLDER = Path(__file__).parent


@cache
def words(language: str) -> dict[str, str]:
    """key -> word in the language (en, zh)."""
    return {row["key"]: row[language] for row in _rows("words")}


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
