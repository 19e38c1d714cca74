"""When things happen: days of the year with weekends and Spring Festival, and opening hours."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from data.simulate.town.catalogue import Floats, Ints

DAY = 86_400
# First day of the lunar year; other years fall back to a plausible date.
SPRING_FESTIVAL = {
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
}


def days_in(year: int) -> int:
    """Days of the year."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


@lru_cache(maxsize=8)
def weekdays(year: int) -> Ints:
    """Monday 0 to Sunday 6 for every day of the year."""
    return (np.arange(days_in(year)) + date(year, 1, 1).weekday()) % 7


def day_weights(year: int, *, weekend: float, winter: float, festival: float) -> Floats:
    """Relative business of each day; the arguments are factors for weekends, mid-winter, the holiday week."""
    days = np.arange(days_in(year))
    weights = np.where(weekdays(year) >= 5, weekend, 1.0)
    weights *= 1 + (winter - 1) * (1 + np.cos(2 * np.pi * (days - 10) / len(days))) / 2
    first = (date(year, *SPRING_FESTIVAL.get(year, (2, 5))) - date(year, 1, 1)).days
    near = (days >= first - 1) & (days < first + 7)
    weights[near] *= festival
    shares: Floats = weights / weights.sum()
    return shares


def draw_days(rng: Generator, weights: Floats, count: int) -> Ints:
    """`count` days by weight."""
    return np.searchsorted(np.cumsum(weights), rng.random(count) * 0.999999).astype(np.int64)


def draw_seconds(rng: Generator, opens: Ints, closes: Ints) -> Ints:
    """A second of the day within opening hours (hours in, seconds out), busiest in the morning."""
    span = (closes - opens) * 3600
    morning = rng.normal(0.22, 0.10, len(opens))
    later = rng.normal(0.66, 0.16, len(opens))
    share = np.where(rng.random(len(opens)) < 0.58, morning, later)
    strays = (share < 0.01) | (share > 0.97)
    share = np.where(strays, rng.random(len(opens)) * 0.9 + 0.03, share)
    seconds: Ints = opens * 3600 + (share * span).astype(np.int64)
    return seconds
