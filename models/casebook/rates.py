"""What verdicts say of each source: its confirmation rate, drawn towards its prior while verdicts are few.

A verdict about a lead is about all its evidence together. A confirmed lead shows that something was right, so each
source earns its share of the chance the lead had; a dismissed one that everything was wrong. What a source earned is
held against what it promised, not against the number of leads: leads come to be judged because they looked bad.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame, has
from models import belief
from models.casebook import verdicts
from models.sources.source import Source

#: The prior counts as much as this many reviewed leads.
PRIOR_WEIGHT = 10.0
#: Confirmations a kind of subject must promise before it counts as much as the source's rate with all kinds.
KIND_WEIGHT = 0.5
TEXTS = {"source": pl.String, "certainty": pl.String, "family": pl.String}


def rates(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """source, prior, confirmed, dismissed, expected, credited, rate: one row a source, also those nobody spoke of.

    Without verdicts the rate is the prior. `expected` is what the source promised where people looked, `credited` what
    it earned; partly confirmed counts half.
    """
    verdicts.prepare(con, sources)
    return of(shared(frame(con, query()), sources), sources)


def of(said: pl.DataFrame, sources: Collection[Source]) -> pl.DataFrame:
    """The same from `shared` rows."""
    sums = said.group_by("source", maintain_order=True).agg(
        confirmed=pl.col("truth").sum(),
        dismissed=(1 - pl.col("truth")).sum(),
        expected=pl.col("expected").sum().round(9),
        credited=pl.col("credited").sum().round(9),
    )
    joined = _known(sources).join(sums, on="source", how="left", maintain_order="left")
    return (
        joined.with_columns(pl.col("confirmed", "dismissed", "expected", "credited").fill_null(0.0))
        .with_columns(rate=_moved(pl.col("prior"), PRIOR_WEIGHT * pl.col("prior")))
        .drop("certainty", "family")
    )


def by_kind(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """source, subject_type, prior, rate, reviewed: of every source and kind of subject; see `kinds_of`."""
    verdicts.prepare(con, sources)
    return kinds_of(shared(frame(con, query()), sources), sources)


def kinds_of(said: pl.DataFrame, sources: Collection[Source]) -> pl.DataFrame:
    """The source's rate, moved again by what it promised and earned with one kind of subject.

    A rule can be right about institutions and wrong about the practitioners it names.
    """
    general = of(said, sources).select("source", "prior", pl.col("rate").alias("general"), "confirmed", "dismissed")
    kept = said.filter(pl.col("subject_type").is_not_null() & pl.col("is_kept"))
    sums = kept.group_by("source", "subject_type", maintain_order=True).agg(
        promised=pl.col("expected").sum().round(9), credited=pl.col("credited").sum().round(9)
    )
    kinds = pl.DataFrame({"subject_type": list(belief.FULL_YIELD)})
    return (
        general.join(kinds, how="cross", maintain_order="left_right")
        .join(sums, on=["source", "subject_type"], how="left", maintain_order="left")
        .with_columns(pl.col("promised", "credited").fill_null(0.0))
        .with_columns(expected=pl.col("promised") * pl.col("general") / pl.col("prior"))
        .with_columns(rate=_moved(pl.col("general"), pl.lit(KIND_WEIGHT)))
        .select("source", "subject_type", "prior", "rate", reviewed=pl.col("confirmed") + pl.col("dismissed"))
    )


def shared(said: pl.DataFrame, sources: Collection[Source]) -> pl.DataFrame:
    """Add is_kept, expected (the chance the source gave) and credited (its share of what proved true) to rates.sql's.

    Where a lead's evidence was not kept, each source promised its prior.
    """
    known = said.join(_known(sources), on="source", maintain_order="left")
    # what it promised follows the certainty that its evidence had, which a row may have of its own
    odds = belief.odds_of(
        belief.with_odds(known.select("source", certainty=pl.coalesce("shown_certainty", "certainty")))
    )
    seen = known.select(
        pl.col("places").fill_null(1.0), pl.col("volume", "slip").fill_null(0.0), pl.col("weight").fill_null(1.0)
    )
    places, volume, slip, weight = (seen[c].to_numpy() for c in ("places", "volume", "slip", "weight"))
    chances = belief.chance(places, volume, slip, weight, odds)
    priced = known.with_columns(is_kept=pl.col("places").is_not_null(), expected=pl.Series(chances, dtype=pl.Float64))
    strongest = priced.group_by("said_by", "family").agg(pl.col("expected").max())
    leads = strongest.sort("said_by", "family").group_by("said_by", maintain_order=True)
    together = leads.agg(of_lead=1 - (1 - pl.col("expected")).product())
    share = pl.when("is_whole").then(pl.col("expected") / pl.max_horizontal("of_lead", "expected")).otherwise(1.0)
    return priced.join(together, on="said_by", maintain_order="left").with_columns(credited=pl.col("truth") * share)


def _moved(base: pl.Expr, weight: pl.Expr) -> pl.Expr:
    return (base * (weight + pl.col("credited")) / (weight + pl.col("expected"))).clip(
        upper_bound=pl.max_horizontal(base, pl.lit(belief.HIGHEST))
    )


def _known(sources: Collection[Source]) -> pl.DataFrame:
    said = [(s.id, s.card.certainty, s.card.family or s.card.violation) for s in sources]
    priors = {certainty: odds.prior for certainty, odds in belief.ODDS.items()}
    return pl.DataFrame(said, schema=TEXTS, orient="row").with_columns(
        prior=pl.col("certainty").replace_strict(priors, return_dtype=pl.Float64)
    )


def query() -> str:
    """The rows `shared` reads: one a verdict or inspection and source."""
    return (Path(__file__).with_name("rates.sql")).read_text(encoding="utf-8")


def version(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of the verdicts, inspection results and decided appeals: equal means that no rate moved, no lead was closed
    and no line was settled since."""
    verdict = con.execute("select verdict_id from casebook.verdict order by 1").fetchall()
    inspected = con.execute(
        "select case_id, subject_id, rule_id, result from record.inspection_result order by all"
    ).fetchall()
    known: tuple[object, ...] = (verdict, inspected)
    if has(con, "casebook.appeal_standing"):  # of an earlier version nothing was sent
        decided = con.execute(
            "select appeal_id, line_key, state, accepted_amount, explained_amount, cut_amount"
            " from casebook.appeal_standing where state in ('won', 'stands', 'paid') order by all"
        ).fetchall()
        known += (decided,) if decided else ()
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]
