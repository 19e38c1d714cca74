"""Lines of one rule for a page: what all of them say stands once, what several say once for those."""

from __future__ import annotations

from typing import Any

import polars as pl

#: Where a sentence of a card falls into clauses.
BREAK = {"zh": "；", "en": "; "}
DAYS = ("occurred_on", "settlement_id", "line_id")


def blocks(rows: pl.DataFrame, shown: int, language: str) -> dict[str, Any]:
    """The findings of one rule: `common`, the clauses that all share, and blocks of rows.

    A block has `head`, what its findings share (empty: nothing), `findings`, how many say so, `counted`, their money,
    and `lines`, the rows shown, each with `tail`, the rest of its sentence, and `is_same` where that is the one
    above's. At most `shown` rows in all, the largest money first; a block without a shown row is not there.
    """
    cut = rows.with_columns(clauses=pl.col("explanation").fill_null("").str.split(BREAK[language]))
    common = _common(cut) if rows.height > 1 else []
    rest = pl.col("clauses").list.filter(~pl.element().is_in(common))
    top = cut.sort("counted_amount", "amount", *DAYS, descending=[True, True, False, False, False], nulls_last=True)
    is_shown = pl.int_range(pl.len()) < shown
    told = top.with_columns(rest=rest, is_shown=is_shown).with_columns(
        head=pl.col("rest")
        .list.head(pl.col("rest").list.len().cast(pl.Int64).sub(1).clip(0))
        .list.join(BREAK[language])
    )
    sizes = pl.len().over("head")
    told = told.with_columns(
        # a single finding's sentence stays whole
        tail=pl.when(sizes > 1)
        .then(pl.col("rest").list.last())
        .otherwise(pl.col("rest").list.join(BREAK[language]))
        .fill_null(""),
        head=pl.when(sizes > 1).then("head").otherwise(pl.lit("")),
    )
    blocks = [
        {
            "head": str(head),
            "findings": part.height,
            "counted": part["counted_amount"].sum(),
            "lines": _lines(part.filter("is_shown")),
        }
        for (head,), part in told.group_by("head", maintain_order=True)
        if part["is_shown"].any()
    ]
    return {"common": BREAK[language].join(common), "blocks": blocks}


def _common(cut: pl.DataFrame) -> list[str]:
    """The clauses that stand in every row, in their order."""
    first = cut["clauses"][0].to_list()
    held = cut.select(pl.col("clauses").list.unique()).explode("clauses")["clauses"].value_counts()
    everywhere = set(held.filter(pl.col("count") == cut.height)["clauses"].to_list())
    return [clause for clause in first if clause in everywhere and clause]


def _lines(part: pl.DataFrame) -> list[dict[str, Any]]:
    ordered = part.sort("tail", *DAYS, nulls_last=True) if part["tail"].n_unique() < part.height else part.sort(*DAYS)
    return ordered.with_columns(is_same=(pl.col("tail") == pl.col("tail").shift()).fill_null(False)).to_dicts()
