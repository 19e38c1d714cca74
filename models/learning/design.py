"""What a model is told of a lead: how strongly each kind of evidence speaks, how much, how broad, what came before.

Only what was known when the lead was listed. No ethnicity, no aid status, no address, no id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models import belief
from models.belief import Array

SURE = 0.99  # a strength beyond this chance adds nothing
RARE = 5  # evidence seen in fewer judged leads has no term of its own


@dataclass(frozen=True)
class Term:
    """One column: its name, the part of the score it belongs to, its penalty, whether more may only mean more."""

    name: str
    part: str
    penalty: float
    is_monotone: bool = False


#: name, part, centre of log(1 + value); the scale is that of a natural logarithm.
NUMBERS = (
    ("amount", "size", 8.0),
    ("findings", "size", 2.0),
    ("settlements", "size", 2.0),
    ("persons", "size", 1.0),
    ("volume", "size", 4.0),
    ("days", "size", 4.0),
    ("families", "breadth", 0.7),
    ("sources", "breadth", 0.7),
    ("tips", "tips", 0.0),
    ("history", "history", 0.0),
)
RISING = ("families", "sources", "tips", "history")


def propensity(leads: pl.DataFrame, evidence: pl.DataFrame, rates: pl.DataFrame | None) -> Array:
    """Chance that something is right about each lead (key, tips, history), its evidence (key, source ...) believed at
    `rates`, or at the cards' priors.
    """
    placed = evidence.join(leads.select("key").with_row_index("row"), on="key", maintain_order="left")
    family = placed["family"].rank("dense").cast(pl.Int64).to_numpy() - 1
    chance = belief.propensity(chances(placed, rates), placed["row"].to_numpy().astype(int), family, leads.height)
    return belief.moved(chance, belief.beside(leads["tips"].to_numpy(), leads["history"].to_numpy()))


def chances(evidence: pl.DataFrame, rates: pl.DataFrame | None) -> Array:
    """Chance that each row of the evidence is right."""
    plain = evidence.drop("prior", "ceiling", "repeats", "reviewed", strict=False)
    places, volume, slip, weight = (
        plain[c].cast(pl.Float64).to_numpy() for c in ("places", "volume", "slip", "weight")
    )
    return belief.chance(places, volume, slip, weight, belief.odds_of(belief.with_odds(plain, rates)))


def terms(evidence: pl.DataFrame) -> tuple[Term, ...]:
    """The terms that these judged leads' evidence can say something about."""
    families = _frequent(evidence, "family")
    sources = _frequent(evidence, "source")
    family_of = dict(evidence.select("source", "family").unique(maintain_order=True).iter_rows())
    return (
        *(Term(f"family {f}", f, 1.0, True) for f in families),
        *(Term(f"source {s}", family_of[s], 2.0) for s in sources),
        *(Term(f"kind {k}", "kind of subject", 1.0) for k in belief.FULL_YIELD),
        *(Term(name, part, 4.0, name in RISING) for name, part, _ in NUMBERS),
    )


def _frequent(evidence: pl.DataFrame, column: str) -> list[str]:
    counted = evidence.group_by(column).agg(pl.col("key").n_unique()).filter(pl.col("key") >= RARE)
    return [str(v) for v in counted[column].sort()]


def matrix(leads: pl.DataFrame, evidence: pl.DataFrame, columns: Sequence[Term]) -> Array:
    """leads x terms. Evidence speaks as -log(1 - chance) at the chance its card gives, not moved by verdicts."""
    placed = evidence.join(leads.select("key").with_row_index("row"), on="key", maintain_order="left")
    doubt = -np.log1p(-np.minimum(SURE, chances(placed, None)))
    row = placed["row"].to_numpy().astype(int)
    counted = placed.group_by("row").agg(
        families=pl.col("family").n_unique(), sources=pl.col("source").n_unique(), volume=pl.col("volume").max()
    )
    numbers = leads.with_row_index("row").join(counted, on="row", how="left", maintain_order="left")
    centre = {name: middle for name, _, middle in NUMBERS}
    values = np.zeros((leads.height, len(columns)))
    for column, term in enumerate(columns):
        what, _, value = term.name.partition(" ")
        if what in ("family", "source"):
            is_of_term = (placed[what] == value).to_numpy()
            np.maximum.at(values[:, column], row[is_of_term], doubt[is_of_term])
        elif what == "kind":
            values[:, column] = (leads["subject_type"] == value).to_numpy()
        else:
            values[:, column] = np.log1p(numbers[what].fill_null(0).cast(pl.Float64).to_numpy()) - centre[what]
    return values
