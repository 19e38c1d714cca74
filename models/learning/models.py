"""The two challengers behind one face: log odds of a lead, and what each part of the evidence adds to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.belief import Array
from models.learning import boosting, design, logistic
from models.learning.design import Term
from models.learning.examples import Examples

LOGISTIC, BOOSTING = "logistic", "boosting"
OFFSET = Term("prior", "verdicts", 0.0, True)


@dataclass(frozen=True)
class Fitted:
    """A model ready to speak of leads (key and the columns of examples.sql) and their evidence."""

    name: str
    terms: tuple[Term, ...]
    fitted: Array | boosting.Boosted

    def parts(self, leads: pl.DataFrame, evidence: pl.DataFrame, prior: Array) -> tuple[list[str], Array]:
        """Names of parts, and leads x parts: what each adds to the log odds of `prior`; the sum is the model's word."""
        x = design.matrix(leads, evidence, self.terms)
        offset = logistic.logit(prior)
        if isinstance(self.fitted, boosting.Boosted):
            curves = self.fitted.curves(np.column_stack([x, offset]))
            added, level = curves[:, :-1], curves[:, -1] - offset + self.fitted.at_start
        else:
            added, level = x * self.fitted[1:], np.full(len(x), self.fitted[0])
        names = ["verdicts", *dict.fromkeys(t.part for t in self.terms)]
        shifts = np.zeros((len(x), len(names)))
        shifts[:, 0] = level
        for column, term in enumerate(self.terms):
            shifts[:, names.index(term.part)] += added[:, column]
        return names, np.round(shifts, 8)

    def shift(self, leads: pl.DataFrame, evidence: pl.DataFrame, prior: Array) -> Array:
        """What the model adds to the log odds of `prior` in all."""
        return np.asarray(self.parts(leads, evidence, prior)[1].sum(axis=1), dtype=np.float64)


def fit(name: str, examples: Examples, prior: Array, seed: int) -> Fitted:
    """Fit one kind of model to judged leads whose prior chances are `prior`."""
    terms = design.terms(examples.evidence)
    if name == BOOSTING:
        terms = tuple(t for t in terms if not t.name.startswith("source "))
    x = design.matrix(examples.leads, examples.evidence, terms)
    offset = logistic.logit(prior)
    if name == LOGISTIC:
        penalty = np.array([t.penalty for t in terms])
        return Fitted(name, terms, logistic.fit(x, examples.truth, examples.weight, offset, penalty))
    monotone = [t.is_monotone for t in (*terms, OFFSET)]
    both = np.column_stack([x, offset])
    return Fitted(name, terms, boosting.fit(both, examples.truth, examples.weight, monotone, examples.fold, seed))
