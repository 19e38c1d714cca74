"""The words of cases and leads from outside, English and Chinese, and what they are kept as."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from data.errors import UsageError, like

FOLDER = Path(__file__).parent
#: What a word is about, for the sentence that refuses one.
WHAT = {
    "kind": "kind of check",
    "state": "state of a case",
    "end": "way a case ends",
    "outside": "kind of outside lead",
}


@cache
def words(what: str) -> dict[str, str]:
    """word -> value of one kind of word: kind, state, end, outside."""
    with (FOLDER / "case_words.csv").open(encoding="utf-8", newline="") as handle:
        return {row["word"]: row["value"] for row in csv.DictReader(handle) if row["what"] == what}


@cache
def spoken(what: str) -> dict[str, str]:
    """value -> its first Chinese word."""
    chinese: dict[str, str] = {}
    for word, value in words(what).items():
        if not word.isascii():
            chinese.setdefault(value, word)
    return chinese


def value(what: str, word: str) -> str:
    """What a word is kept as. Raises UsageError naming the words there are."""
    plain = word.strip().lower()
    if plain in words(what):
        return words(what)[plain]
    offered = ", ".join(f"{v} ({zh})" for v, zh in spoken(what).items())
    raise UsageError(f"There is no {WHAT[what]} '{word}'.{like(plain, words(what))} Use {offered}.")
