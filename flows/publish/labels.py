"""Columns and values in Chinese for people who read the files; machine names are the default.

columns.csv says each column's label, how its values are worded, and what it means; words.csv words the values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import UsageError
from flows.publish import regions
from flows.publish.words import spoken, words
from models.sources import wording

CHOICES = ("names", "zh")
DIGITS = {"1": "一", "2": "二", "3": "三"}
COLUMNS = Path(__file__).with_name("columns.csv")


@dataclass(frozen=True)
class Column:
    """What people call a column, how its values are worded, and what it means."""

    zh: str
    values: str
    meaning_zh: str
    meaning: str


@dataclass(frozen=True)
class Known:
    """Names that only a run knows: Chinese titles of rules by id, names of divisions by code."""

    titles: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)


NOTHING = Known()


@cache
def columns(table: str = "", shared: bool = True) -> dict[str, Column]:
    """Machine name -> column: those all tables share, unless they are not wanted, then the table's own."""
    with COLUMNS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {
        row["column"]: Column(row["zh"], row["values"], row["meaning_zh"], row["meaning"])
        for wanted in dict.fromkeys(("", table) if shared else (table,))
        for row in rows
        if row["table"] == wanted
    }


def labelled(frame: pl.DataFrame, labels: str, table: str = "", known: Known = NOTHING) -> pl.DataFrame:
    """The frame with the chosen labels; `zh` words the values too and leaves out what only repeats in English.

    Raises UsageError for labels that do not exist.
    """
    if labels not in CHOICES:
        raise UsageError(f"--labels {labels} does not exist; use {' or '.join(CHOICES)}.")
    if labels != "zh":
        return frame
    named = columns(table)
    frame = frame.drop(c for c in frame.columns if c in named and named[c].values == "drop")
    return valued(frame, table, known).rename({c: named[c].zh for c in frame.columns if c in named})


def valued(frame: pl.DataFrame, table: str = "", known: Known = NOTHING) -> pl.DataFrame:
    """The frame with its values in Chinese; ids, amounts and what was delivered stay."""
    named = columns(table)
    worded = {
        c: _each(frame[c], _worder(c, named[c].values, known))
        for c, kind in frame.schema.items()
        if kind == pl.String and c in named and named[c].values not in ("", "drop")
    }
    return frame.with_columns(**worded)


def told(
    names: Sequence[str], rows: Sequence[Sequence[Any]], table: str = "console"
) -> tuple[list[str], list[list[Any]]]:
    """A table of the command line in Chinese: its columns' names and its cells, amounts and ids as they are."""
    named = columns("console") | columns(table)
    worded = [_worder(n, named[n].values, NOTHING) if n in named and named[n].values else None for n in names]
    cells = [[_cell(cell, word) for word, cell in zip(worded, row, strict=True)] for row in rows]
    return [named[n].zh if n in named else n for n in names], cells


def _cell(cell: Any, word: Callable[[str], str] | None) -> Any:
    """A cell in words; where its column words nothing, yes and no all the same."""
    if isinstance(cell, bool) and word is None:
        return words("zh")[f"is.{cell}"]
    return word(str(cell)) if word and isinstance(cell, str | bool) else cell


def peer_group(key: str, names: Mapping[str, str]) -> str:
    """The key of a peer group in words: specialised, hospital|2|1, drugstore|510104, drugstore|all."""
    w = words("zh")
    kind, *parts = key.split("|")
    if f"peers.{kind}" not in w:
        return key
    if kind == "drugstore":
        where = w["peers.all"] if parts == ["all"] else regions.named(parts[0], names)
        return f"{w['peers.drugstore']}（{where}）"
    level = [w["peers.level"].format(DIGITS[p]) if p in DIGITS else w["peers.unlevelled"] for p in parts[:1]]
    owner = [w.get(f"peers.{p}", p) for p in parts[1:]]
    return "·".join([w[f"peers.{kind}"], *level, *owner])


def _worder(column: str, values: str, known: Known) -> Callable[[str], str]:
    w = words("zh")
    match values:
        case "words":
            return lambda value: "、".join(w.get(f"{column}.{v}", w.get(v, v)) for v in value.split(", "))
        case _ if values.startswith("words:"):  # words of its own for a column that tables use in several senses
            own = values.removeprefix("words:")
            return lambda value: w.get(f"{own}.{value}", w.get(f"{column}.{value}", w.get(value, value)))
        case "titles":
            return lambda value: "；".join(known.titles.get(name, name) for name in value.split(";"))
        case "regions":
            return lambda value: regions.named(value, known.regions) or value
        case "peer_group":
            return lambda value: peer_group(value, known.regions)
        case "drift":
            return lambda value: w.get(f"drift.{value}", known.titles.get(value, value))
        case "examples":
            return _example
        case "phrases":
            return lambda value: spoken(value, "zh")
        case _:
            return lambda value: spoken(wording.reason_zh(value), "zh")


def _example(value: str) -> str:
    """name=value pairs of a check's example under the columns' Chinese names; why nothing was judged in words."""
    if "=" not in value:
        return spoken(wording.reason_zh(value), "zh")
    return pairs_zh(value)


def pairs_zh(value: str) -> str:
    """name=value pairs of rows of the record under their columns' Chinese names."""
    named = columns("example")
    pairs = re.sub(r"\b([a-z_]+)=", lambda m: f"{named[m[1]].zh if m[1] in named else m[1]}=", value)
    return pairs.replace("; ", "；").replace(", ", "，")


def _each(values: pl.Series, word: Callable[[str], str]) -> pl.Series:
    """Every distinct value worded once."""
    different = values.drop_nulls().unique().to_list()
    return values.replace_strict(different, [word(v) for v in different], default=None, return_dtype=pl.String)


#: Machine name -> Chinese label of the columns all tables share.
ZH = {name: column.zh for name, column in columns().items()}
