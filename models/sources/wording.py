"""Words of cards made ready to be read: parameters in their texts filled, materials to fetch looked up."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

MATERIALS = Path(__file__).with_name("materials.csv")
#: {name}, or {name:how} with how % (a share in percent), pp (a share as percentage points) or an English noun.
HOLE = re.compile(r"\{(\w+)(?::([^{}]+))?\}")


def holes(texts: Iterable[str]) -> set[str]:
    """The parameters that the texts name in braces."""
    return {name for text in texts for name, _ in HOLE.findall(text)}


def filled(text: str, params: Mapping[str, Any]) -> str:
    """The text with the values in force in place of {param}; a name without a parameter stays as it is."""

    def value(hole: re.Match[str]) -> str:
        name, how = hole.groups()
        return _written(params[name], how) if name in params else hole[0]

    return HOLE.sub(value, text)


def _written(value: Any, how: str | None) -> str:
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if how in ("%", "pp"):
        return f"{100 * value:.10g}" + ("%" if how == "%" else "")
    number = f"{value:.10g}"
    return f"{number} {how}{'' if value == 1 else 's'}" if how else number


@cache
def materials(language: str) -> dict[str, str]:
    """Word of a material -> what to ask for on site. A family of evidence is the word of what it asks for."""
    with MATERIALS.open(encoding="utf-8", newline="") as handle:
        return {row["material"]: row["ask_zh" if language == "zh" else "ask"] for row in csv.DictReader(handle)}


#: What parameters decide, and their units: English and Chinese; one translation a meaning, whichever cards have it.
MEANINGS, UNITS = (Path(__file__).with_name(name) for name in ("meanings.csv", "units.csv"))
REASONS = Path(__file__).with_name("reasons.csv")


@cache
def in_chinese(table: Path) -> dict[str, str]:
    """The table's English -> Chinese, texts without anything left open."""
    with table.open(encoding="utf-8", newline="") as handle:
        return dict(list(csv.reader(handle))[1:])


#: What a phrase of a table leaves open: anything, a number, or a value that stays as it is.
ANYTHING = re.compile(r"\{[n=]?\}")
#: A counted reason as coverage carries it: too few peers (12).
_COUNTED = re.compile(r"(.+?) \((\d+)\)(?:; |$)")


def reason_zh(text: str) -> str:
    """Why a source could not judge, in Chinese; what the table does not know stays as it is written."""
    if re.fullmatch(r".+ \(\d+\)", text):
        return "；".join(f"{translated(reason, REASONS)}（{n}）" for reason, n in _COUNTED.findall(text))
    return translated(text, REASONS)


@dataclass(frozen=True)
class Phrase:
    """A phrase with something left open, and its Chinese."""

    english: str
    chinese: str
    texts: tuple[str, ...]  # what stands between what is left open

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        groups = [r"([\d,.]+)" if hole == "{n}" else "(.*?)" for hole in ANYTHING.findall(self.english)] + [""]
        between = map(re.escape, self.texts)
        return re.compile("".join(text + group for text, group in zip(between, groups, strict=True)), re.DOTALL)

    def groups(self, text: str) -> tuple[str, ...] | None:
        """What stands in the holes, None where the text is another; its own words are looked for before the rest."""
        if not (text.startswith(self.texts[0]) and text.endswith(self.texts[-1])):
            return None
        place = 0
        for part in self.texts:
            place = text.find(part, place)
            if place < 0:
                return None
            place += len(part)
        match = self.pattern.fullmatch(text)
        return match.groups() if match else None

    def filled(self, parts: Sequence[str], word: Callable[[str], str]) -> str:
        """The Chinese with the parts, each in words but for those that stay."""
        holes = ANYTHING.findall(self.english)
        return self.chinese.format(*(p if hole == "{=}" else word(p) for p, hole in zip(parts, holes, strict=True)))


def translated(text: str, tables: Path | tuple[Path, ...], word: Callable[[str], str] = str) -> str:
    """The text by tables of two columns, English and Chinese; {} stands for anything, {n} for a number, {=} for a
    value that stays as it is. Of two phrases that fit, one that begins with words of its own
    counts before one that begins with a hole, then the one with more words.

    What the tables do not know, the whole or a part, is as `word` gives it.
    """
    whole, phrases = _phrases(tables if isinstance(tables, tuple) else (tables,))
    if text in whole:
        return whole[text]
    for phrase in phrases:
        if (parts := phrase.groups(text)) is not None:
            return phrase.filled(parts, lambda part: _chinese(part, translated(part.strip(" "), tables, word)))
    return word(text)


def _chinese(part: str, worded: str) -> str:
    """What stands for {} with Chinese punctuation between its pieces; a path keeps its own."""
    if worded == part and "/" in part:
        return part
    return re.sub(r" \(([^()]*)\)", r"（\1）", worded).replace("; ", "；")


@cache
def _phrases(tables: tuple[Path, ...]) -> tuple[dict[str, str], list[Phrase]]:
    whole: dict[str, str] = {}
    phrases: dict[str, Phrase] = {}
    for table in tables:
        with table.open(encoding="utf-8", newline="") as handle:
            for english, chinese in list(csv.reader(handle))[1:]:
                if ANYTHING.search(english):
                    phrases.setdefault(english, Phrase(english, chinese, tuple(ANYTHING.split(english))))
                else:
                    whole.setdefault(english, chinese)
    return whole, sorted(phrases.values(), key=_outermost)


def _outermost(phrase: Phrase) -> tuple[bool, int, int]:
    """What begins with words of its own holds what follows; then the more words, then the more numbers."""
    return not phrase.texts[0], -sum(map(len, phrase.texts)), -phrase.english.count("{n}")
