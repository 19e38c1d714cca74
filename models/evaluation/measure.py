"""One ranked town held against its truth: the lists beside the baselines, schemes, rings, false alarms."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame
from models.evaluation import baselines, truth
from models.evaluation.metrics import at_random, metrics
from models.ranking.rank import rank
from models.sources.source import Source

OURS = "fundwatch"
METHODS = (OURS, "random", "by amount", "by count", "by rule hits", "isolation forest")
KINDS = ("institution", "pharmacy", "practitioner", "person")
Lists = dict[str, dict[str, dict[str, float]]]


def population(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every subject that does business or was planted, with its place on the list; see population.sql."""
    return frame(con, truth.text("population"))


def lists(con: duckdb.DuckDBPyConnection, seed: int = 1) -> Lists:
    """subject type -> method -> metrics, over all subjects that do business; groups over the groups listed."""
    everyone = baselines.attach(con, population(con), seed)
    by_kind: Lists = {}
    for kind in KINDS:
        part = everyone.filter(pl.col("subject_type") == kind)
        planted, yuan = part["is_planted"].to_numpy(), part["yuan"].to_numpy()
        amount = part["amount"].to_numpy()
        by_kind[kind] = {OURS: metrics(_order(part), planted, yuan, amount), "random": at_random(planted, yuan)}
        for name in METHODS[2:]:
            by_kind[kind][name] = metrics(part[name].to_numpy(), planted, yuan, amount)
    by_kind["group"] = {OURS: _group_metrics(_group_leads(con))}
    return by_kind


def _order(part: pl.DataFrame) -> np.ndarray:
    """The list's own order as scores; NaN for who is not on it."""
    return -part["rank"].cast(pl.Float64).fill_null(math.nan).to_numpy()


def _found(rings: pl.DataFrame) -> pl.Expr:
    """The best placed lead of each planted group of which half the members and half of whose members it names."""
    fits = (pl.col("shared") * 2 >= pl.col("members")) & (pl.col("shared") * 2 >= pl.col("planted_members"))
    fits = fits & (pl.col("members") > 0) & (pl.col("planted_members") > 0)
    return fits & (pl.col("rank") == pl.col("rank").filter(fits).min().over("group_id"))


def _group_metrics(rings: pl.DataFrame) -> dict[str, float]:
    """Metrics over the listed groups and the planted ones that no lead names."""
    rows = rings.with_columns(is_found=_found(rings).fill_null(False))
    missed = (
        rows.filter(pl.col("planted_members") > 0)
        .group_by("group_id", maintain_order=True)
        .agg(pl.col("is_found").any(), pl.col("yuan").max())
        .filter(~pl.col("is_found"))
    )
    named = rows.filter(pl.col("rank").is_not_null())
    scores = np.concatenate([_order(named), np.full(missed.height, math.nan)])
    planted = np.concatenate([named["is_found"].to_numpy(), np.ones(missed.height, dtype=bool)])
    yuan = np.concatenate([named["yuan"].to_numpy(), missed["yuan"].to_numpy()])
    return metrics(scores, planted, yuan)


def rings(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Planted groups, how many a lead names by half, how true and whole the listed members are: all, and by scheme.

    A scheme's listed groups are those of which a planted group of the scheme is the nearest; groups without any planted
    member count in `all` alone.
    """
    rows = _group_leads(con)
    rows = rows.with_columns(is_found=_found(rows).fill_null(False))
    schemes = rows["scheme"].drop_nulls().unique().sort().to_list()
    return [_rings("all", rows)] + [_rings(scheme, rows.filter(pl.col("scheme") == scheme)) for scheme in schemes]


def _group_leads(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every group lead and planted group beside what it fits best."""
    truth.views(con)
    return frame(con, truth.text("ring"))


def _rings(scheme: str, rows: pl.DataFrame) -> dict[str, Any]:
    named, named_rings = rows.filter(pl.col("rank").is_not_null()), rows.filter("is_found")
    planted = rows.filter(pl.col("planted_members") > 0)["group_id"].n_unique()
    members, whole = float(named["members"].sum()), float(named_rings["planted_members"].sum())
    return {
        "scheme": scheme,
        "planted": planted,
        "groups": named.height,
        "found": named_rings.height,
        "found_share": named_rings.height / planted if planted else math.nan,
        "member_precision": float(named["shared"].sum()) / members if members else math.nan,
        "member_recall_of_found": float(named_rings["shared"].sum()) / whole if whole else math.nan,
    }


def schemes(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """scheme, subject_type, planted, recall (within the first 2R of the list), listed (anywhere on it)."""
    return frame(con, truth.text("scheme_recall"))


def confounders(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """kind, subject_type, subjects (honest ones), and their shares in tier A, in A or B, within the first 2R."""
    return frame(con, truth.text("confounder_share"))


def tiers(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """subject_type, subjects, leads, tier_a, tier_b: how calm the lists are."""
    return frame(con, truth.text("tiers"))


def novel(con: duckdb.DuckDBPyConnection, sources: Collection[Source], objective: str = "both") -> pl.DataFrame:
    """Recall of each scheme when the sources made for it are switched off; own: which those are.

    A scheme that no source is made for is novel as it is. Ranks the town again for every other scheme and once
    more as it was.
    """
    as_it_was = schemes(con).with_columns(own=pl.lit(""))
    own = frame(con, truth.text("own_source")).group_by("scheme", maintain_order=True).agg(pl.col("source"))
    switched: Mapping[str, list[str]] = dict(own.iter_rows())
    parts = [as_it_was.filter(~pl.col("scheme").is_in(list(switched)))]
    for scheme, names in switched.items():
        con.execute("update model.coverage set status = 'trial' where source in $names", {"names": names})
        try:
            rank(con, sources, "without", objective)
            parts.append(schemes(con).filter(pl.col("scheme") == scheme).with_columns(own=pl.lit(" ".join(names))))
        finally:
            con.execute("update model.coverage set status = 'live' where source in $names", {"names": names})
    rank(con, sources, "as it was", objective)
    return pl.concat(parts).sort("scheme", "subject_type")


def stability(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], seeds: Collection[int], objective: str = "both"
) -> dict[str, dict[str, float]]:
    """subject type -> how much of the first R two rank seeds share, and the median rank interval there."""
    tops: dict[str, list[set[str]]] = {}
    widths: dict[str, list[float]] = {}
    for seed in seeds:
        rank(con, sources, "as it was", objective, seed)
        for kind, leads, width in con.execute(truth.text("first_leads")).fetchall():
            tops.setdefault(kind, []).append(set(leads))
            widths.setdefault(kind, []).append(float(width))
    return {
        kind: {"overlap": _shared(leads), "rank_interval": float(np.mean(widths[kind]))} for kind, leads in tops.items()
    }


def _shared(leads: list[set[str]]) -> float:
    pairs = [len(a & b) / max(len(a), 1) for i, a in enumerate(leads) for b in leads[i + 1 :]]
    return float(np.mean(pairs)) if pairs else math.nan
