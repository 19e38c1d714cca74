"""Words of cards made ready to be read: parameters in their texts filled, materials to fetch looked up."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
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


REASONS = Path(__file__).with_name("reasons.csv")
#: What a phrase of a table leaves open.
ANYTHING = re.compile(r"\{n?\}")
#: A counted reason as coverage carries it: too few peers (12).
_COUNTED = re.compile(r"(.+?) \((\d+)\)(?:; |$)")


def reason_zh(text: str) -> str:
    """Why a source could not judge, in Chinese; what the table does not know stays as it is written."""
    if re.fullmatch(r".+ \(\d+\)", text):
        return "；".join(f"{translated(reason, REASONS)}（{n}）" for reason, n in _COUNTED.findall(text))
    return translated(text, REASONS)


def translated(text: str, table: Path, word: Callable[[str], str] = str) -> str:
    """The text by a table of two columns, English and Chinese, where {} stands for anything and {n} for a number.

    What the table does not know, the whole or a part, is as `word` gives it.
    """
    whole, patterns = _phrases(table)
    if text in whole:
        return whole[text]
    for pattern, chinese in patterns:
        if match := pattern.fullmatch(text):
            return chinese.format(*(_chinese(translated(part, table, word)) for part in match.groups()))
    return word(text)


def _chinese(part: str) -> str:
    """What stands for {} with Chinese punctuation between its pieces."""
    return re.sub(r" \(([^()]*)\)", r"（\1）", part).replace("; ", "；")


@cache
def _phrases(table: Path) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    with table.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))[1:]
    patterns = [(_pattern(english), chinese) for english, chinese in rows if ANYTHING.search(english)]
    return {english: chinese for english, chinese in rows if not ANYTHING.search(english)}, patterns


def _pattern(english: str) -> re.Pattern[str]:
    groups = ["(.+?)" if hole == "{}" else r"([\d,.]+)" for hole in ANYTHING.findall(english)] + [""]
    between = map(re.escape, ANYTHING.split(english))
    return re.compile("".join(text + group for text, group in zip(between, groups, strict=True)), re.DOTALL)
