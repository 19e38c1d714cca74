"""Why a lead is on the list: its sources, strongest first, and one sentence in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.sources.card import Card

SHOWN = 3


def attach(leads: pl.DataFrame, evidence: pl.DataFrame, cards: Mapping[str, Card]) -> pl.DataFrame:
    """Add rules (source ids), reasons and reasons_zh to the leads."""
    titles = pl.DataFrame(
        {
            "source": list(cards),
            "title": [c.title for c in cards.values()],
            "title_zh": [c.title_zh for c in cards.values()],
        },
        schema={"source": pl.String, "title": pl.String, "title_zh": pl.String},
    )
    money = pl.col("amount").cast(pl.Decimal(16, 2)).cast(pl.String)
    definite = pl.col("certainty") == "definite"
    parts = (
        evidence.join(titles, on="source", how="left")
        .sort("lead_id", "chance", "amount", "source", descending=[False, True, True, False])
        .with_columns(
            part=pl.when(pl.col("settlements") > 0)
            .then(
                pl.format(
                    "{}: {} in {}, {} yuan",
                    "title",
                    _counted("findings", "finding"),
                    _counted("settlements", "settlement"),
                    money,
                )
            )
            .otherwise(pl.format("{}: {}", "title", _counted("findings", "indicator"))),
            part_zh=pl.when(pl.col("settlements") > 0)
            .then(
                pl.format(
                    "{}（{}）：{}次结算、{}条，涉及{}元",
                    "title_zh",
                    pl.when(definite).then(pl.lit("明确违规")).otherwise(pl.lit("可疑")),
                    "settlements",
                    "findings",
                    money,
                )
            )
            .otherwise(pl.format("{}（可疑）：{}项指标偏离同类", "title_zh", "findings")),
        )
    )
    said = parts.group_by("lead_id", maintain_order=True).agg(
        rules=pl.col("source").str.join(";"),
        reasons=pl.col("part").head(SHOWN).str.join("; "),
        reasons_zh=pl.col("part_zh").head(SHOWN).str.join("；"),
        more=pl.len().cast(pl.Int64) - SHOWN,
    )
    return leads.join(said, on="lead_id", how="left", maintain_order="left").with_columns(
        reasons=pl.when(pl.col("more") > 0)
        .then(pl.format("{}; and {} more", "reasons", "more"))
        .otherwise(pl.col("reasons")),
        reasons_zh=pl.when(pl.col("more") > 0)
        .then(pl.format("{}；另有{}项", "reasons_zh", "more"))
        .otherwise(pl.col("reasons_zh")),
    )


def _counted(column: str, noun: str) -> pl.Expr:
    plural = pl.when(pl.col(column) == 1).then(pl.lit(noun)).otherwise(pl.lit(noun + "s"))
    return pl.format("{} {}", column, plural)
