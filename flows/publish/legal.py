"""What a dossier says of the law: the words of the clauses that held on the days of the acts, limitation, loss."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import in_force
from flows.publish.words import words
from models.sources.source import Source

#: Roles that every page quotes, and the unit that one with stays paid by case quotes.
ALWAYS, LOSS = ("limitation", "time"), "rules-35"
#: A loss as a number, not the words that it is not computed.
COMPUTED = r"^[0-9]+([.][0-9]+)?$"
#: From this day there is a law to cite: 条例 came into force. A finding without a day is cited by it.
FIRST = date(2021, 5, 1)
ORDER = ("since", "law", "article", "paragraph", "item")


class Law:
    """The law behind the leads of one run."""

    def __init__(self, con: duckdb.DuckDBPyConnection, sources: Collection[Source], language: str) -> None:
        in_force.make(con, sources)
        self._units, self._words = frame(con, in_force.query(con, "law_words")), words(language)

    def units(self, lead: dict[str, Any], evidence: pl.DataFrame) -> list[dict[str, Any]]:
        """Every unit that a finding of the lead rests on, once, with its words where they are at hand whole."""
        days = evidence.select("source", day=pl.coalesce("occurred_on", pl.lit(lead["first_on"] or FIRST))).unique()
        own = self._units.filter(pl.col("subject_type") == lead["subject_type"]).join(days, on="source")
        own = own.filter(pl.col("day").is_between("begins", "ends")).drop("day")
        everywhere = self._units.filter(pl.col("source").is_null())
        needed = pl.col("role").is_in(ALWAYS)
        if evidence["loss"].is_not_null().any():
            needed = needed | (pl.col("id") == LOSS)
        cited = pl.concat([own, everywhere.filter(needed)]).unique("id", keep="first", maintain_order=True)
        return cited.sort(ORDER, nulls_last=False, maintain_order=True).to_dicts()

    def loss(self, evidence: pl.DataFrame) -> str | None:
        """The loss in stays paid by case where both standards are known; else the items' amount, and no loss."""
        is_computed = pl.col("loss").str.contains(COMPUTED)
        computed, lines = evidence.filter(is_computed).unique("settlement_id"), []
        if computed.height:
            loss = computed.select(pl.col("loss").cast(pl.Decimal(18, 2)).sum()).item()
            lines.append(self._words["loss_computed"].format(n=f"{computed.height:,}", amount=f"{loss:,.2f}"))
        if (uncounted := evidence.filter(is_computed.not_())).height:
            # each yuan once, as the lead counts it
            amount = uncounted.select(pl.coalesce("counted_amount", "amount").sum()).item() or Decimal(0)
            lines.append(self._words["loss_by_case"].format(n=f"{uncounted.height:,}", amount=f"{amount:,.2f}"))
        return " ".join(lines) or None


def limitation(evidence: pl.DataFrame, language: str) -> list[str]:
    """Until when the acts of a lead can be penalised, and how many were past it on the day of the run."""
    days = evidence["limitation"].drop_nulls()
    if days.is_empty():
        return []
    first, last, w = days.min(), days.max(), words(language)
    key = "limitation_day" if first == last else "limitation_days"
    lines = [w[key].format(first=first, last=last), w["limitation_five"]]
    if beyond := evidence["limitation_note"].count():
        lines.append(w["limitation_past"].format(n=f"{beyond:,}", total=f"{evidence.height:,}"))
    return lines


def clauses(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The clauses of one rule's findings, each with the days of the acts it held for, in the order of time."""
    held = rows.group_by("clause", maintain_order=True).agg(
        first=pl.col("occurred_on").min(), last=pl.col("occurred_on").max()
    )
    return held.sort("first", nulls_last=True, maintain_order=True).to_dicts()
