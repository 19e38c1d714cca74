"""Which order ranks this run: the prior rates as verdicts moved them, or a learned model that proved better."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from data.warehouse.connection import frame
from models.casebook import rates, verdicts
from models.learning import contest, design, models
from models.learning.contest import Contest
from models.learning.examples import Examples, load
from models.sources.source import Source

FEWEST = 30  # confirmed, and dismissed, before a model is fitted at all
FOR_TREES = 300
PRIOR, LEARNED = "prior rates", "learned model"


@dataclass(frozen=True)
class Learned:
    """What verdicts teach a run: rates a source and kind of subject, and a model where one is live."""

    rates: pl.DataFrame | None
    model: models.Fitted | None
    examples: int
    confirmed: int
    dismissed: int
    spoken: int  # verdicts and inspections the rates rest on
    on: date | None = None
    contest: Contest | None = None

    @property
    def said(self) -> str:
        """One line: which order it is, and why."""
        held = self.contest
        if self.model is not None and held is not None:
            return (
                f"ranked by: {LEARNED} ({held.name}) of {self.on}, {self.examples} verdicts, average precision"
                f" {held.learned_ap:.2f} vs {held.prior_ap:.2f} on {held.held_out} later verdicts"
            )
        sentence = f"ranked by: {PRIOR}" + (f" moved by {_counted(self.spoken)}" if self.spoken else "")
        if held is not None:
            return (
                f"{sentence}; the learned model ({held.name}) is not better beyond doubt: average precision"
                f" {held.learned_ap:.2f} vs {held.prior_ap:.2f} on {held.held_out} later verdicts"
            )
        if not self.examples:
            return sentence
        if min(self.confirmed, self.dismissed) >= FEWEST:
            return f"{sentence}; no later round yet to try a learned model on"
        return (
            f"{sentence}; a learned model needs {FEWEST} confirmed and {FEWEST} dismissed,"
            f" there are {self.confirmed} and {self.dismissed}"
        )


def learn(con: duckdb.DuckDBPyConnection, sources: Collection[Source], seed: int, live: bool = True) -> Learned:
    """Read the casebook; with `live` false as if it were empty. Deterministic for a casebook and a seed."""
    verdicts.prepare(con, sources)
    if not live:
        return Learned(None, None, 0, 0, 0, 0)
    taught = rates.shared(frame(con, rates.query()), sources)
    kind_rates = rates.kinds_of(taught, sources)
    examples = load(con)
    confirmed, dismissed = examples.counts
    base = Learned(kind_rates, None, len(examples.round), confirmed, dismissed, taught["said_by"].n_unique())
    if min(confirmed, dismissed) < FEWEST:
        return base
    names = [models.LOGISTIC, *([models.BOOSTING] if base.examples >= FOR_TREES else [])]
    others = taught.filter(~pl.col("said_by").is_in(examples.leads["key"].to_list()))

    def learned_from(keys: Collection[str]) -> pl.DataFrame:
        return rates.kinds_of(pl.concat([others, taught.filter(pl.col("said_by").is_in(list(keys)))]), sources)

    tried = contest.run(examples, learned_from, names, seed)
    best = max(tried, key=lambda held: (held.is_won, held.learned_ap - held.prior_ap, held.name), default=None)
    model = _fitted(best.name, examples, kind_rates, seed) if best is not None and best.is_won else None
    last = max(examples.leads["day"])
    return Learned(kind_rates, model, base.examples, confirmed, dismissed, base.spoken, last, best)


def _fitted(name: str, examples: Examples, kind_rates: pl.DataFrame, seed: int) -> models.Fitted:
    return models.fit(name, examples, design.propensity(examples.leads, examples.evidence, kind_rates), seed)


def _counted(n: int) -> str:
    return f"{n:,} verdict{'s' if n != 1 else ''}"
