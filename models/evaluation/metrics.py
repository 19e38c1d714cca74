"""How good an order is, held against who was planted (or confirmed). Ties are broken by amount.

A score of NaN means: not on the list. Such a subject is never found, and never a false alarm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.belief import Array

KS = (10, 20, 50)
Z = 1.959964


@dataclass(frozen=True)
class _Ordered:
    """One list best first: `hit` and `yuan` of each place, `weight` of each, and the same over everybody."""

    hit: Array
    yuan: Array
    weight: Array
    everyone: float
    hits: float
    total_yuan: Array  # best first


def metrics(
    scores: ArrayLike,
    is_planted: ArrayLike,
    yuan: ArrayLike,
    amount: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> dict[str, float]:
    """Precision, recall, average precision, NDCG in yuan, yuan over the oracle's, AUC and lift of one list.

    One entry a subject: `yuan` is what is at issue where planted, `amount` its business (tie break and size
    deciles), `weight` how many subjects it stands for (1 unless drawn). R is the number planted. A precision
    beyond the end of the list is that of the whole list. Raises ValueError for unequal lengths.
    """
    s = np.asarray(scores, dtype=np.float64)
    y = np.asarray(is_planted, dtype=bool)
    gain = np.where(y, np.asarray(yuan, dtype=np.float64), 0.0)
    size = np.zeros(len(s)) if amount is None else np.asarray(amount, dtype=np.float64)
    w = np.ones(len(s)) if weight is None else np.asarray(weight, dtype=np.float64)
    if len({len(s), len(y), len(gain), len(size), len(w)}) > 1:
        raise ValueError("scores, is_planted, yuan, amount and weight must have one entry a subject")
    order = np.lexsort((-size, -s))
    order = order[~np.isnan(s[order])]
    listed = _Ordered(
        y[order].astype(float), gain[order], w[order], float(w.sum()), float(w[y].sum()), np.sort(gain)[::-1]
    )
    planted = int(y.sum())
    figures: dict[str, float] = {
        "subjects": len(s),
        "listed": len(order),
        "planted": planted,
        "base_rate": listed.hits / listed.everyone if len(s) else math.nan,
    }
    for name, k in [*((str(k), k) for k in KS), ("r", planted), ("2r", 2 * planted)]:
        figures |= _at(listed, name, k)
    figures["average_precision"] = _average_precision(listed)
    figures["auc"] = auc(s, y)
    figures["size_auc"] = _size_auc(s, y, size)
    return figures


def _at(listed: _Ordered, name: str, k: int) -> dict[str, float]:
    k = min(k, len(listed.hit))
    weight, hit = listed.weight[:k], listed.hit[:k]
    hits = float((weight * hit).sum())
    precision = hits / float(weight.sum()) if k else math.nan
    effective = float(weight.sum()) ** 2 / float((weight**2).sum()) if k else 0.0
    low, high = wilson(precision, effective)
    discount = 1.0 / np.log2(np.arange(2, len(listed.total_yuan) + 2))
    ideal = float((listed.total_yuan[:k] * discount[:k]).sum())
    oracle = float(listed.total_yuan[:k].sum())
    base = listed.hits / listed.everyone if listed.everyone else math.nan
    return {
        f"precision_at_{name}": precision,
        f"precision_at_{name}_low": low,
        f"precision_at_{name}_high": high,
        f"recall_at_{name}": hits / listed.hits if listed.hits else math.nan,
        f"lift_at_{name}": precision / base if base else math.nan,
        f"ndcg_at_{name}": float((listed.yuan[:k] * discount[:k]).sum()) / ideal if ideal else math.nan,
        f"yuan_share_at_{name}": float(listed.yuan[:k].sum()) / oracle if oracle else math.nan,
    }


def _average_precision(listed: _Ordered) -> float:
    """Mean over the planted of the precision at their place; 0 for those not on the list."""
    from sklearn.metrics import average_precision_score

    if not listed.hits:
        return math.nan
    on_list = float((listed.weight * listed.hit).sum())
    if not on_list:
        return 0.0
    best_first = -np.arange(len(listed.hit))
    among_listed = average_precision_score(listed.hit, best_first, sample_weight=listed.weight)
    return float(among_listed) * on_list / listed.hits


def auc(scores: Array, is_planted: np.ndarray) -> float:
    """Chance that a planted subject stands above another one; ties and subjects not listed count half."""
    from sklearn.metrics import roc_auc_score

    if is_planted.all() or not is_planted.any():
        return math.nan
    places = np.unique(np.nan_to_num(scores, nan=-np.inf), return_inverse=True)[1]  # who is not listed comes last
    return float(roc_auc_score(is_planted, places))


def _size_auc(scores: Array, is_planted: np.ndarray, amount: Array) -> float:
    """AUC inside each tenth of the subjects by amount, weighted by its pairs: what size alone does not give."""
    if len(scores) < 20:
        return math.nan
    tenth = np.argsort(np.argsort(amount, kind="stable"), kind="stable") * 10 // len(scores)
    pairs, total = 0.0, 0.0
    for d in range(10):
        inside = tenth == d
        n = float(is_planted[inside].sum()) * float((~is_planted[inside]).sum())
        if n:
            pairs, total = pairs + n, total + n * auc(scores[inside], is_planted[inside])
    return total / pairs if pairs else math.nan


def wilson(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share of `n` trials; (0, 1) without any."""
    if not n or math.isnan(share):
        return 0.0, 1.0
    centre, z2 = share + Z * Z / (2 * n), Z * Z / n
    half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n))
    return max(0.0, (centre - half) / (1 + z2)), min(1.0, (centre + half) / (1 + z2))


def at_random(is_planted: ArrayLike, yuan: ArrayLike) -> dict[str, float]:
    """What a random order of the same subjects yields on average, by formula: no draw, no spread."""
    y = np.asarray(is_planted, dtype=bool)
    gain = np.where(y, np.asarray(yuan, dtype=np.float64), 0.0)
    n, planted = len(y), int(y.sum())
    base = planted / n if n else math.nan
    figures: dict[str, float] = {"subjects": n, "listed": n, "planted": planted, "base_rate": base}
    best = np.sort(gain)[::-1]
    discount = 1.0 / np.log2(np.arange(2, n + 2))
    for name, k in [*((str(k), k) for k in KS), ("r", planted), ("2r", 2 * planted)]:
        k = min(k, n)
        ideal, oracle = float((best[:k] * discount[:k]).sum()), float(best[:k].sum())
        low, high = wilson(base, k)
        figures |= {
            f"precision_at_{name}": base,
            f"precision_at_{name}_low": low,
            f"precision_at_{name}_high": high,
            f"recall_at_{name}": k / n if planted else math.nan,
            f"lift_at_{name}": 1.0 if planted else math.nan,
            f"ndcg_at_{name}": float(gain.mean() * discount[:k].sum()) / ideal if ideal else math.nan,
            f"yuan_share_at_{name}": float(gain.mean() * k) / oracle if oracle else math.nan,
        }
    place = np.arange(1, n + 1)
    others = (planted - 1) * (place - 1) / max(n - 1, 1)
    figures["average_precision"] = float(((1 + others) / place).mean()) if planted else math.nan
    figures["auc"] = figures["size_auc"] = 0.5 if 0 < planted < n else math.nan
    return figures
