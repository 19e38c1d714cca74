"""The nature of a problem (问题类别) as inspection teams class it: one for every violation a card names.

Tallies, the sheets that go to an institution and the ledger class by it; the type (问题类型) is the source's title.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from models.sources.source import Source

FILE = Path(__file__).with_name("natures.csv")
#: A violation of a bureau's own card that the table does not know.
OTHER = ("other", "Other", "其他")


@dataclass(frozen=True)
class Nature:
    """Its id and what it is called."""

    id: str
    title: str
    title_zh: str


@cache
def natures() -> dict[str, Nature]:
    """Violation -> its nature."""
    with FILE.open(encoding="utf-8", newline="") as handle:
        return {r["violation"]: Nature(r["nature"], r["title"], r["title_zh"]) for r in csv.DictReader(handle)}


def nature(violation: str) -> Nature:
    """The nature of a violation, `other` where nobody classed it."""
    return natures().get(violation) or Nature(*OTHER)


def by_source(sources: Collection[Source]) -> pl.DataFrame:
    """source, nature, nature_title, nature_zh, title, title_zh, kind, item_id: one row a source.

    item_id: the first official self-check item the card names, in the official order; null where it names none.
    """
    import polars as pl

    rows = []
    for source in sources:
        found = nature(source.card.violation)
        items = sorted(source.card.problem, key=lambda item: (item.rpartition("-")[0], int(item.rpartition("-")[2])))
        titles = (source.card.title, source.card.title_zh)
        first = items[0] if items else None
        rows.append((source.id, found.id, found.title, found.title_zh, *titles, source.kind, first))
    names = ("source", "nature", "nature_title", "nature_zh", "title", "title_zh", "kind", "item_id")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
