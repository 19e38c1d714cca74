"""Drugstores whose bills look unlike their neighbours' in two ways at once.

The signs are those of indicators.csv, from feature.pharmacy_indicator and feature.pharmacy_bill. Signs of one theme are
one sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.detectors.peers import method
from models.sources.work import Work


def find(work: Work) -> None:
    """At most one hit a drugstore. Units are drugstores."""
    rows, params = work.frame("rows"), work.params
    stores = rows.filter(pl.col("dear_share").fill_null(0) < params["max_dear"])
    signs = pl.concat([method.score(stores, i, params) for i in method.indicators(work.csv("indicators"))])
    money = stores.select("institution_id", "purchases", eligible=pl.col("eligible_amount").cast(pl.Float64))
    unlike = _unlike(signs, money, params)
    if unlike.height:
        with work.lend(unlike_store=unlike):
            work.run("judged")
    judged_signs = signs.group_by("institution_id").agg(signs=pl.col("reason").is_null().sum())
    cannot = judged_signs.filter(pl.col("signs") < params["min_signs"]).height
    work.count(
        stores.height - unlike.height - cannot,
        {
            "too few purchases, or too few stores of the area": cannot,
            "sells special drugs: no peers": rows.height - stores.height,
        },
    )


def _unlike(signs: pl.DataFrame, money: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """One row a store with signs of several themes: its signs in words and the excess of the largest."""
    strongest = (
        signs.filter(pl.col("is_hit"))
        .sort(["institution_id", "theme", "z", "indicator"], descending=[False, False, True, False])
        .unique(["institution_id", "theme"], keep="first", maintain_order=True)
        .sort(["institution_id", "z", "indicator"], descending=[False, True, False])
        .join(money, on="institution_id", maintain_order="left")
        .with_columns(
            excess=(pl.col("own") - pl.col("usual")) / 100 * pl.col("eligible"),
            reason_text=pl.format("{} {}% against {}%", "title", "own", "usual"),
            reason_text_zh=pl.format("{}占{}%（同类中位数{}%）", "title_zh", "own", "usual"),
            **method.beside_peers(),
        )
    )
    return (
        strongest.group_by("institution_id", maintain_order=True)
        .agg(
            signs=pl.len(),
            z=pl.col("z").max().round(2),
            peers=pl.col("peers").min(),
            purchases=pl.col("purchases").first(),
            amount=pl.col("excess").max().round(2),
            reason_text=pl.col("reason_text").str.join("; "),
            reason_text_zh=pl.col("reason_text_zh").str.join("；"),
            indicators=pl.struct(*method.BESIDE_PEERS, pl.col("z").round(2)),
        )
        .filter((pl.col("signs") >= params["min_signs"]) & (pl.col("z") >= params["strong_z"]))
    )
