"""The words of the pages that people read, in English and Chinese; one row a word in words.csv."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from flows.language import PHRASES, spoken, words

__all__ = ["PHRASES", "page", "spoken", "words"]

FOLDER = Path(__file__).parent


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
