"""Judged leads as they looked when they were listed, in rounds, and grouped by who answers for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from data.warehouse.connection import frame
from models.belief import Array

FOLDS = 5
SMALLEST_ROUND = 20  # verdicts; smaller rounds join the one before
MOST_ROUNDS = 6
HIGHEST_WEIGHT = 5.0  # a lead drawn at random stands for others, but not for so many that it decides alone


@dataclass(frozen=True)
class Examples:
    """One row of `leads` a verdict (columns of examples.sql), one of `evidence` a verdict and source."""

    leads: pl.DataFrame
    evidence: pl.DataFrame
    round: np.ndarray  # 0, 1 ... in time
    fold: np.ndarray  # leads of one owner share it
    weight: Array

    @property
    def truth(self) -> Array:
        """1 confirmed, 0.5 partly, 0 dismissed."""
        return np.asarray(self.leads["truth"].to_numpy(), dtype=np.float64)

    @property
    def counts(self) -> tuple[int, int]:
        """How many were confirmed, at least partly, and how many dismissed."""
        confirmed = int((self.truth > 0).sum())
        return confirmed, len(self.truth) - confirmed

    def pick(self, rows: np.ndarray) -> Examples:
        """The examples where `rows` is true."""
        kept = self.leads.filter(pl.Series(rows))
        evidence = self.evidence.join(kept.select("key"), on="key", how="semi", maintain_order="left")
        return Examples(kept, evidence, self.round[rows], self.fold[rows], self.weight[rows])


def load(con: duckdb.DuckDBPyConnection) -> Examples:
    """Every verdict one can learn from; none is an example with zero rows."""
    leads = frame(con, Path(__file__).with_name("examples.sql").read_text(encoding="utf-8"))
    evidence = frame(
        con,
        """
        select e.verdict_id as key, e.source, e.family, e.certainty, cast(e.places as double) as places, e.volume,
            e.slip, e.weight
        from casebook.verdict_evidence as e order by e.verdict_id, e.source
        """,
    ).join(leads.select("key", "subject_type"), on="key", maintain_order="left")
    fold = [int(hashlib.md5(owner.encode()).hexdigest(), 16) % FOLDS for owner in leads["owner"]]
    weight = (1 / leads["probability"]).clip(upper_bound=HIGHEST_WEIGHT).to_numpy()
    return Examples(leads, evidence, rounds(leads), np.array(fold, dtype=int), weight)


def rounds(leads: pl.DataFrame) -> np.ndarray:
    """The round of each verdict (run_id, day): those on one run's lists, or, with one run, of like days.

    Rounds follow in time; one of fewer than 20 verdicts joins the one before it, and the latest are at most six.
    """
    by = "run_id" if leads["run_id"].n_unique() > 1 else "day"
    counted = leads.group_by(by).agg(n=pl.len(), first=pl.col("day").min())
    sizes = counted.sort("first", by, nulls_last=True).rows(named=True)
    number: dict[object, int] = {}
    current, held = -1, SMALLEST_ROUND
    for row in sizes:
        if held >= SMALLEST_ROUND:
            current, held = current + 1, 0
        number[row[by]] = current
        held += int(row["n"])
    if current > 0 and held < SMALLEST_ROUND:
        number = {k: min(v, current - 1) for k, v in number.items()}
    of = np.array([number[v] for v in leads[by]], dtype=int)
    return np.asarray(np.maximum(of - max(of.max(initial=0) - (MOST_ROUNDS - 1), 0), 0))
