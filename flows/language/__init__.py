"""The program's Chinese: which language a command answers in, and the catalogue of its sentences.

Every `*.csv` of this folder is read: English with {} where a value stands, and Chinese. {n} is a number, {=} a value
that stays as it is (codes, paths, what was typed); the Chinese takes them in order, or by number where it turns them
round. A sentence that is not here stays English; tests/flows/test_catalogue.py names those that are missing.
"""

from __future__ import annotations

import csv
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
#: Sentences that reach files as well as the terminal.
PHRASES = FOLDER.parent / "publish" / "phrases.csv"
#: Why a source could not judge.
REASONS = FOLDER.parents[1] / "models" / "sources" / "reasons.csv"
#: The words of pages, lists and their columns; one row a word.
WORDS = FOLDER.parent / "publish" / "words.csv"
LANGUAGES = ("en", "zh")
#: How a check shows a row: settlement_id=S1, amount=5.00.
PAIRS = re.compile(r"[a-z_]+=(?!=)")
#: What ends a sentence about the words of a command; what stands before it is a sentence of its own.
HELP_AT_HAND = re.compile(r"(.*) Try `([^`]*)`\.", re.DOTALL)


def chosen(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> str:
    """The language of a command before its arguments are parsed: --language, the environment, HOME's file.

    It refuses nothing: what is wrong there is said by the settings, in English.
    """
    environ = os.environ if environ is None else environ
    language = _option(arguments, "--language") or environ.get("FUNDWATCH_LANGUAGE") or ""
    if not language:
        home = _option(arguments, "--home") or environ.get("FUNDWATCH_HOME") or "fundwatch-home"
        try:
            language = tomllib.loads((Path(home) / "fundwatch.toml").read_text("utf-8-sig")).get("language", "")
        except (OSError, ValueError):
            language = ""
    return language if language in LANGUAGES else "en"


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option as it was typed, `--name value` or `--name=value`."""
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


def spoken(text: str, language: str) -> str:
    """What the program says, line by line, in the language."""
    if language != "zh":
        return text
    return "\n".join(map(sentence, text.split("\n")))


@cache
def tables() -> tuple[Path, ...]:
    """The catalogue's files."""
    return (*sorted(FOLDER.glob("*.csv")), PHRASES, REASONS)


def sentence(text: str) -> str:
    """One sentence in Chinese; the space before and after it stays."""
    from models.sources import wording  # not at the top: help looks up whole texts and does without

    bare = text.strip(" ")
    if not bare:
        return text
    if found := HELP_AT_HAND.fullmatch(bare):
        return f"{sentence(found[1])}请用 {found[2]} 查看用法。"
    chinese = wording.translated(bare, tables(), _word)
    before = len(text) - len(text.lstrip(" "))
    return text[:before] + chinese + text[before + len(bare) :]


@cache
def catalogue() -> dict[str, str]:
    """English -> Chinese of every file, texts with holes too; of two rows of one text the first counts."""
    rows = [row for path in tables() for row in _rows(path)]
    return {english: chinese for english, chinese in reversed(rows)}


@cache
def words(language: str) -> dict[str, str]:
    """key -> word in the language (en, zh)."""
    with WORDS.open(encoding="utf-8", newline="") as handle:
        return {row["key"]: row[language] for row in csv.DictReader(handle)}


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))[1:]


def _word(part: str) -> str:
    """A part that no sentence of the catalogue is: a word of the pages, a unit, what a check asks for, or a value."""
    from models.sources import wording

    if PAIRS.match(part):
        from flows.publish import labels

        return labels.pairs_zh(part)
    counted = _counted(part)
    if counted != part:
        return counted
    return _checks().get(part, part) if part.endswith(".") else wording.in_chinese(wording.UNITS).get(part, part)


@cache
def _checks() -> dict[str, str]:
    from data.checks import checking

    return {check.what: check.what_zh for check in checking.load()}


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
