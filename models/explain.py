"""The sentence that explains one finding, built in SQL from its card's template and its detail."""

from __future__ import annotations

import re
from collections.abc import Iterable

from models.source import Source

COLUMNS = {
    "amount": "cast(f.amount as varchar)",
    "occurred_on": "cast(f.occurred_on as varchar)",
    **{
        c: f"f.{c}"
        for c in ("settlement_id", "line_id", "encounter_id", "person_id", "institution_id", "practitioner_id")
    },
}
LANGUAGES = ("en", "zh")
#: A whole number without the point it has as a decimal or double: 2, not 2.0.
WHOLE = r"regexp_replace({}, '^(-?[0-9]+)\.0+$', '\1')"


def sentence_sql(sources: Iterable[Source], language: str) -> str:
    """SQL over `f` (model.finding) that yields each finding's explanation in the language."""
    branches = [
        f"when {_text(s.id)} then {_filled(s.card.sentence_zh if language == 'zh' else s.card.sentence)}"
        for s in sources
    ]
    return f"case f.source {' '.join(branches)} end" if branches else "cast(null as varchar)"


def card_sql(sources: Iterable[Source], language: str, what: str) -> str:
    """SQL over `f` that yields the title or the clause ('title', 'basis') of each finding's source."""
    branches = []
    for s in sources:
        title = s.card.title_zh if language == "zh" else s.card.title
        said = title if what == "title" else "；".join(s.card.basis)
        branches.append(f"when {_text(s.id)} then {_text(said)}")
    return f"case f.source {' '.join(branches)} end" if branches else "cast(null as varchar)"


def _filled(template: str) -> str:
    parts = []
    for piece in re.split(r"(\{\w+\})", template):
        if name := re.fullmatch(r"\{(\w+)\}", piece):
            value = COLUMNS.get(name[1], WHOLE.format(f"json_extract_string(f.detail, '$.{name[1]}')"))
            parts.append(f"coalesce({value}, '?')")
        elif piece:
            parts.append(_text(piece))
    return "(" + " || ".join(parts or ["''"]) + ")"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
