"""Chances: a repeated contradiction outweighs a slip, volume excuses, families combine, sources do not."""

import numpy as np
import polars as pl
import pytest

from models import belief

NOBODY = pl.DataFrame(schema={"source": pl.String, "rate": pl.Float64})


def odds(certainty, confirmed=NOBODY):
    evidence = pl.DataFrame({"source": ["r"], "certainty": [certainty]})
    return belief.odds_of(belief.with_odds(evidence, confirmed))


DEFINITE, SUSPECTED = odds("definite"), odds("suspected")


def chance(places, volume=100.0, slip=0.001, weight=1.0, odds=DEFINITE):
    return float(belief.chance(*(np.array([float(x)]) for x in (places, volume, slip, weight)), odds)[0])


def test_one_hit_is_believed_at_its_prior_and_many_at_their_ceiling():
    assert chance(1) == pytest.approx(0.30)
    assert chance(1, odds=SUSPECTED) == pytest.approx(0.10)
    assert chance(60) == pytest.approx(0.95, abs=0.01)
    assert chance(2) < chance(3) < chance(10)


def test_what_slips_alone_would_bring_is_hardly_believed():
    assert chance(5, volume=10_000) == pytest.approx(0.10)
    assert chance(5, volume=100) > 0.6


def test_weight_scales():
    assert chance(1, weight=0.5) == pytest.approx(0.15)


def test_verdicts_move_a_source_up_and_down():
    confirmed = odds("suspected", pl.DataFrame({"source": ["r"], "rate": [0.6]}))
    dismissed = odds("suspected", pl.DataFrame({"source": ["r"], "rate": [0.02]}))
    assert chance(1, odds=confirmed) == pytest.approx(0.6)
    assert chance(40, odds=dismissed) < 0.5 < chance(40, odds=SUSPECTED)


def test_families_combine_and_sources_of_one_family_do_not():
    chances = np.array([0.5, 0.4, 0.5])
    lead = np.array([0, 0, 1])
    one_family = belief.propensity(chances, lead, np.array([0, 0, 0]), 2)
    two_families = belief.propensity(chances, lead, np.array([0, 1, 0]), 2)
    assert one_family.tolist() == [0.5, 0.5]
    assert two_families.tolist() == pytest.approx([0.7, 0.5])


def test_the_usual_rate_is_the_median_over_everybody():
    evidence = pl.DataFrame(
        {
            "source": ["r"] * 3,
            "subject_type": ["institution"] * 3,
            "places": [10, 20, 30],
            "volume": [100, 100, 100],
        }
    )
    few = belief.slip_rates(evidence, pl.DataFrame({"subject_type": ["institution"], "n": [4]}))
    many = belief.slip_rates(evidence, pl.DataFrame({"subject_type": ["institution"], "n": [100]}))
    assert few["slip"].to_list() == [0.10]
    assert many["slip"].to_list() == [belief.SLIP_RATE]


def test_objectives():
    p, gain, full = np.array([0.9, 0.2]), np.array([10.0, 100_000.0]), np.array([1e6, 1e6])
    assert belief.score(p, gain, full, "hit_rate").tolist() == pytest.approx([90, 20])
    money = belief.score(p, gain, full, "money")
    assert money[1] > money[0]
    both = belief.score(p, gain, full, "both")
    assert all(0 <= s <= 100 for s in both)
