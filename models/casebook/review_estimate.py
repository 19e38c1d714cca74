"""What the reviewed stays say of all stays of an institution: a stratified Horvitz-Thompson estimate with its interval.

Where the amount judged wrong grows with the bill, the ratio form (wrong yuan a yuan billed, times what was billed) is
the narrower and is taken. The lower limit is the claim. Errors are rare and large, so the upper limit is corrected for
skewness (Johnson 1978) and the lower one is not: that errs to the institution's favour.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

#: How often the truth may lie below the lower and above the upper limit. Together a 90 % interval could leave 5 % on
#: either side; samples of bills are skewed and small, so less is allowed above, where the rare large error hides.
TAIL, UPPER_TAIL = 0.05, 0.02
#: Of the stays drawn, the share that must have come back; below it no figure is given.
RETURNED = 0.8
#: From so many reviewed stays on the ratio form may be taken; with fewer its bias counts. Its variance must be so much
#: the smaller: which one looks smaller depends on the same draw.
RATIO, NARROWER = 20, 0.5


@dataclass(frozen=True)
class Stratum:
    """Of one stratum: all its stays and what they billed, and the reviewed and the missing stays of the sample."""

    stays: int
    amount: float
    bills: Numbers  # of the reviewed stays
    wrong: Numbers  # judged wrong in them
    missing: Numbers  # bills of stays that were drawn and did not come back

    @property
    def drawn(self) -> int:
        """Stays in the sample."""
        return len(self.bills) + len(self.missing)


@dataclass(frozen=True)
class Estimate:
    """Yuan judged wrong in all stays: the estimate, its 90 % interval, and the claim, which is the lower limit.

    `why` says why there is no figure; the figures are then None.
    """

    method: str | None
    estimate: float | None
    low: float | None
    high: float | None
    why: str | None = None


def estimate(strata: Sequence[Stratum]) -> Estimate:
    """The estimate of one institution.

    What did not come back is taken as like the rest of its stratum for the estimate, as without fault for the lower
    limit and as wrong altogether for the upper one.
    """
    if (why := lacking(strata)) is not None:
        return Estimate(None, None, None, None, why)
    method, point, low, high = _interval(strata)
    if any(len(s.missing) for s in strata):
        low = min(low, _interval([_filled(s, 0.0) for s in strata], method)[2])
        high = max(high, _interval([_filled(s, 1.0) for s in strata], method)[3])
    found = float(sum(s.wrong.sum() for s in strata))
    most = found + sum(s.amount - float(s.bills.sum()) for s in strata)
    low, high = max(low, found), min(max(high, found), most)
    return Estimate(method, min(max(point, low), high), low, high)


def lacking(strata: Sequence[Stratum]) -> str | None:
    """Why the stays that came back say too little, or None."""
    back, sent = sum(len(s.bills) for s in strata), sum(s.drawn for s in strata)
    if not sent or back < RETURNED * sent:
        return f"{back} of {sent} drawn stays have come back; {RETURNED:.0%} are needed"
    if any(len(s.bills) < min(2, s.stays) for s in strata):
        return "of a stratum fewer than two stays have come back"
    return None


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    """Cohen's kappa of two reviewers on whether a stay has anything wrong; None where both only ever say one thing."""
    if not first:
        return None
    size = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / size
    one, two = sum(first) / size, sum(second) / size
    chance = one * two + (1 - one) * (1 - two)
    return None if chance == 1 else round((agreed - chance) / (1 - chance), 3)


def _interval(strata: Sequence[Stratum], method: str | None = None) -> tuple[str, float, float, float]:
    """Method, estimate and both limits of reviewed stays that are all there are of the sample.

    The upper limit is the wider one's of both forms: which form looks narrower depends on the same draw.
    """
    expanded = sum(s.stays * float(s.wrong.mean()) for s in strata)
    plain = _spread(strata, [s.wrong for s in strata])
    low, high = _limits(strata, expanded, plain)
    billed = sum(s.stays * float(s.bills.mean()) for s in strata)
    reviewed = sum(len(s.bills) for s in strata)
    if reviewed < RATIO or billed <= 0 or expanded <= 0:
        return "expansion", expanded, low, high
    rate = expanded / billed
    total = sum(s.amount for s in strata)
    point = rate * total
    # where the sample's bills are small ones, what was seen of the large ones is less
    ratio = _spread(strata, [(s.wrong - rate * s.bills) * max(1.0, total / billed) for s in strata])
    ratio_low, ratio_high = _limits(strata, point, ratio)
    high = max(high, ratio_high)
    if (method or ("ratio" if ratio.variance < NARROWER * plain.variance else "expansion")) == "ratio":
        return "ratio", point, ratio_low, high
    return "expansion", expanded, low, high


@dataclass(frozen=True)
class _Spread:
    """Of a total: variance, that with clean strata as uneven as the rest, degrees of freedom, third moment."""

    variance: float
    cautious: float
    freedom: float
    third: float


def _spread(strata: Sequence[Stratum], values: Sequence[Numbers]) -> _Spread:
    """How far the total may lie off; with the finite population correction."""
    left = [v - v.mean() for v in values]
    pooled = float(sum((e**2).sum() for e in left)) / max(1, sum(len(e) - 1 for e in left))
    variance = cautious = third = freedom = 0.0
    for s, e in zip(strata, left, strict=True):
        size = len(e)
        part = 1 - size / s.stays
        if part <= 0:
            continue
        own = float((e**2).sum()) / (size - 1) if size > 1 else pooled
        scale = s.stays**2 * part / size
        variance += scale * own
        # few reviewed stays without a fault do not say that the stratum has none
        cautious += scale * (own if s.wrong.any() else max(own, pooled))
        third += s.stays**3 * part * (1 - 2 * size / s.stays) * float((e**3).mean()) / size**2
        freedom += (scale * own) ** 2 / max(1, size - 1)
    return _Spread(variance, cautious, variance**2 / freedom if freedom else 1.0, third)


def _limits(strata: Sequence[Stratum], point: float, spread: _Spread) -> tuple[float, float]:
    from scipy.stats import t

    if spread.variance <= 0:
        return point, point + _unseen(strata)
    below, above = (float(t.ppf(1 - tail, spread.freedom)) for tail in (TAIL, UPPER_TAIL))
    skew = max(0.0, spread.third / (6 * spread.variance) * (1 + 2 * below**2))
    return point - below * sqrt(spread.variance), point + above * sqrt(spread.cautious) + skew


def _unseen(strata: Sequence[Stratum]) -> float:
    """Where no stay differs from another: the most that may be wrong in the rest and still be seen in no stay."""
    reviewed = sum(len(s.bills) for s in strata)
    rest = sum(s.amount - float(s.bills.sum()) for s in strata if len(s.bills) < s.stays)
    is_clean = not any(s.wrong.any() for s in strata)
    return rest * (1 - TAIL ** (1 / reviewed)) if is_clean and reviewed else 0.0


def _filled(s: Stratum, share: float) -> Stratum:
    bills = np.concatenate([s.bills, s.missing])
    return Stratum(s.stays, s.amount, bills, np.concatenate([s.wrong, share * s.missing]), s.missing[:0])
