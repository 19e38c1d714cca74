"""leads/<lead_id>/dossier.html: one page for the inspector, complete in itself: who, why, how much, what to fetch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from data.warehouse import frame
from flows.exports import history
from flows.exports.words import materials, page
from models.source import Source

#: Findings of each rule shown on the page, the largest amounts; the rest stands in evidence.csv.
SHOWN = 12

#: What detectors say of peers in a finding's detail, one row an indicator and lead.
PEERS = """
    select r.lead_id, f.source,
        coalesce(json_extract_string(f.detail, $title), json_extract_string(f.detail, '$.title'), f.source)
            as indicator,
        json_extract_string(f.detail, '$.own') as own, json_extract_string(f.detail, '$.peer_median') as usual,
        json_extract_string(f.detail, '$.peers') as n, json_extract_string(f.detail, '$.peer_percentile') as percentile
    from model.finding as f
    join casebook.lead_register as r on r.subject_type = f.subject_type and r.subject_key = f.subject_id
    join model.lead as l on l.lead_id = r.lead_id and l.tier in ('A', 'B')
    join model.coverage as c on c.source = f.source and c.status = 'live'
    where json_extract_string(f.detail, '$.own') is not null
        and json_extract_string(f.detail, '$.peer_median') is not null
    order by r.lead_id, f.source, indicator, f.finding_id
"""
POINTS = "select lead_id, part, points from model.lead_part where points <> 0 order by lead_id, points desc, part"


class Dossiers:
    """The pages of one run's leads: tables read once, a page made of the parts of its lead."""

    def __init__(self, con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], language: str) -> None:
        self.sources, self.language = sources, language
        title = "$.title_zh" if language == "zh" else "$.title"
        self._peers = _by_lead(frame(con, PEERS, {"title": title}))
        self._points = _by_lead(frame(con, POINTS))
        self._history = history.by_lead(con, sources, language)

    def page(self, lead: dict[str, Any], evidence: pl.DataFrame) -> str:
        """The page of one lead (a watchlist row) with its evidence rows."""
        return page(
            "dossier",
            self.language,
            lead=lead,
            reasons=self._reasons(evidence),
            points=self._points.get(lead["lead_id"], []),
            known_before=self._history.get(lead["lead_id"]),
            peers=self._peers.get(lead["lead_id"], [])[: 2 * SHOWN],
            months=_months(evidence),
            fetch=self._fetch(evidence),
        )

    def _reasons(self, evidence: pl.DataFrame) -> list[dict[str, Any]]:
        zh, said = self.language == "zh", []
        for (name,), rows in evidence.group_by("source", maintain_order=True):
            card = self.sources[str(name)].card
            top = rows.sort("amount", descending=True, nulls_last=True, maintain_order=True).head(SHOWN)
            said.append(
                {
                    "source": name,
                    "title": card.title_zh if zh else card.title,
                    "certainty": card.certainty,
                    "clause": "；".join(card.basis),
                    "exclusions": card.exclusions_zh if zh else card.exclusions,
                    "limits": card.limits_zh if zh else card.limits,
                    "findings": rows.height,
                    "amount": rows["amount"].sum() or Decimal(0),
                    "lines": top.sort("occurred_on", maintain_order=True, nulls_last=True).to_dicts(),
                }
            )
        return sorted(said, key=lambda r: (r["certainty"] != "definite", -r["amount"], r["source"]))

    def _fetch(self, evidence: pl.DataFrame) -> list[str]:
        cards = (self.sources[name].card for name in evidence["source"].unique(maintain_order=True))
        known = materials(self.language)
        return list(dict.fromkeys(known[f] for c in cards if (f := c.family or c.violation) in known))


def _by_lead(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts = rows.partition_by("lead_id", as_dict=True, include_key=False, maintain_order=True)
    return {str(lead): part.to_dicts() for (lead,), part in parts.items()}


def _months(evidence: pl.DataFrame) -> list[dict[str, Any]]:
    """Month, amount at issue and its share of the largest, without the gaps between first and last left out."""
    dated = evidence.filter(pl.col("occurred_on").is_not_null())
    if dated.is_empty():
        return []
    months = dated.group_by(month=pl.col("occurred_on").dt.truncate("1mo")).agg(pl.col("amount").sum())
    first, last = months["month"].min(), months["month"].max()
    every = pl.select(month=pl.date_range(first, last, "1mo"))  # type: ignore[arg-type]
    whole = every.join(months, on="month", how="left").sort("month").with_columns(pl.col("amount").fill_null(0))
    amount = pl.col("amount").cast(pl.Float64)
    share = pl.when(amount.max() > 0).then(amount / amount.max()).otherwise(0.0)
    return whole.select(pl.col("month").dt.strftime("%Y-%m"), "amount", share=share).to_dicts()
