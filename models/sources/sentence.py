"""The sentence that explains one finding, built in SQL from its card's template and its detail."""

from __future__ import annotations

import re
from collections.abc import Iterable

from data.warehouse.paths import escaped
from models.sources.source import Source

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
#: Yuan as a bill writes them, 9.60 and not 9.6; prices of a unit keep further places.
YUAN = r"regexp_replace(regexp_replace({}, '^(-?[0-9]+)$', '\1.0'), '^(-?[0-9]+[.][0-9])$', '\10')"
#: What follows a hole that money stands in.
IS_MONEY = re.compile(r" ?(元|yuan)")
#: English nouns that a count stands before; of one they lose their plural.
PLURAL = re.compile(r" (times|days|persons|stays|items|lines|places|institutions|packs|diagnoses)\b")
#: Holes that name a place: a reader knows it by its name, the code stands where the register has none.
IS_PLACE = re.compile(r"(\w+_)?(institution|hospital|pharmacy)_id|top_pharmacy")
PLACE = "coalesce((select max(i.institution_name) from feature.institution as i where i.institution_id = {0}), {0})"


#: A row whose pattern no field tells from an ordinary practice names that first: columns innocent and innocent_zh.
INNOCENT = {
    "en": "coalesce('This may be ' || nullif(json_extract_string(f.detail, '$.innocent'), '') || '. If not: ', '')",
    "zh": (
        "coalesce('先核实是否属于' || nullif(json_extract_string(f.detail, '$.innocent_zh'), '') || '；如不属于：', '')"
    ),
}


def sentence_sql(sources: Iterable[Source], language: str) -> str:
    """SQL over `f` (model.finding) that yields each finding's explanation in the language."""
    branches = [f"when {_text(s.id)} then {_explained(s, language)}" for s in sources]
    return f"case f.source {' '.join(branches)} end" if branches else "cast(null as varchar)"


def _explained(source: Source, language: str) -> str:
    """The card's sentence, an ordinary reading before it unless the card has its own place for that."""
    template = source.card.sentence_zh if language == "zh" else source.card.sentence
    filled = _filled(template)
    return filled if "{innocent" in template else f"({INNOCENT['zh' if language == 'zh' else 'en']} || {filled})"


def title_sql(sources: Iterable[Source], language: str) -> str:
    """SQL over `f` that yields the title of each finding's source."""
    branches = [
        f"when {_text(s.id)} then {_text(s.card.title_zh if language == 'zh' else s.card.title)}" for s in sources
    ]
    return f"case f.source {' '.join(branches)} end" if branches else "cast(null as varchar)"


def _filled(template: str) -> str:
    parts, counted = [], ""
    pieces = re.split(r"(\{\w+\})", template)
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        if name := re.fullmatch(r"\{(\w+)\}", piece):
            parts.append(f"coalesce({_value(name[1], after)}, '?')")
            counted = name[1]
        elif piece:
            parts.append(_after_count(piece, counted))
            counted = ""
    return "(" + " || ".join(parts or ["''"]) + ")"


def _after_count(piece: str, counted: str) -> str:
    """SQL of the words after the hole `counted`: 1 time, 2 times."""
    noun = PLURAL.match(piece)
    if not counted or noun is None:
        return _text(piece)
    single = noun[1].removesuffix("s") if noun[1] != "diagnoses" else "diagnosis"
    is_single = f"{_value(counted, '')} = '1'"
    return f"case when {is_single} then {_text(' ' + single)} else {_text(noun[0])} end || {_text(piece[noun.end() :])}"


def _value(name: str, after: str) -> str:
    """SQL of what stands in a hole, in the form that its name and the words `after` it ask for."""
    value = COLUMNS.get(name, WHOLE.format(f"json_extract_string(f.detail, '$.{name}')"))
    if IS_PLACE.fullmatch(name):
        return PLACE.format(value)
    return YUAN.format(value) if IS_MONEY.match(after) else value


def _text(value: str) -> str:
    return f"'{escaped(value)}'"
