"""Record review: what is drawn, what the interval covers, and what a returned form may say."""

import numpy as np
import polars as pl
import pytest

from models.casebook import review_estimate, review_sample
from models.casebook.review_estimate import Stratum


def world(stays, rate, *, whole=False, seed=3):
    """A hospital's stays with a planted error: a share of them is billed wrong, large bills more often."""
    dice = np.random.default_rng(seed)
    bills = np.round(np.exp(dice.normal(8.5, 0.8, stays)), 2)
    is_large = bills > np.median(bills)
    is_wrong = dice.random(stays) < np.where(is_large, 1.5, 0.5) * rate
    wrong = np.where(is_wrong, bills if whole else np.round(bills * dice.beta(2, 5, stays), 2), 0)
    return pl.DataFrame(
        {
            "institution_id": ["H1"] * stays,
            "encounter_id": [f"E{i:05}" for i in range(stays)],
            "payment": np.where(dice.random(stays) < 0.5, "1", "4"),
            "finding": np.where(dice.random(stays) < np.where(is_wrong, 0.6, 0.2), "hit", "none"),
            "size": np.where(is_large, "large", "small"),
            "amount": bills,
            "wrong": wrong,
        }
    )


def strata_of(strata, drawn, lost=()):
    """The drawn stays as the estimate takes them; those in `lost` did not come back."""
    made = []
    for row in strata.iter_rows(named=True):
        own = drawn.filter(pl.col("stratum") == row["stratum"])
        back, away = (own.filter(pl.col("encounter_id").is_in(lost) == flag) for flag in (False, True))
        made.append(
            Stratum(
                row["stays"],
                float(row["amount"]),
                back["amount"].to_numpy(),
                back["wrong"].to_numpy(),
                away["amount"].to_numpy(),
            )
        )
    return made


@pytest.mark.parametrize(
    ("rate", "places", "whole", "allocation"),
    [(0.05, 60, False, "neyman"), (0.15, 60, True, "neyman"), (0.4, 40, False, "proportional")],
)
def test_the_interval_covers_the_planted_error(rate, places, whole, allocation):
    stays = review_sample.stratified(world(600, rate, whole=whole), places)
    strata, planted = review_sample.allocated(stays, places, allocation), stays["wrong"].sum()
    made = [
        review_estimate.estimate(strata_of(strata, review_sample.drawn(stays, strata, seed))) for seed in range(100)
    ]
    assert sum(e.low <= planted <= e.high for e in made) >= 90
    assert sum(e.low <= planted for e in made) >= 93, "a claim above the truth is the exception"
    assert abs(np.mean([e.estimate for e in made]) / planted - 1) < 0.12


def test_a_draw_is_repeated_by_its_seed_and_its_probabilities_add_up():
    stays = review_sample.stratified(world(300, 0.2), 40)
    strata = review_sample.allocated(stays, 40)
    first, again, other = (review_sample.drawn(stays, strata, seed) for seed in (7, 7, 8))
    assert first.equals(again) and first["encounter_id"].to_list() != other["encounter_id"].to_list()
    assert first.height == first["encounter_id"].n_unique() == strata["drawn"].sum() == 40
    assert (1 / first["probability"]).sum() == pytest.approx(300), "each stay stands for as many as its chance says"
    shuffled = stays.sample(fraction=1, shuffle=True, seed=1)
    assert review_sample.frame_hash(shuffled, strata) == review_sample.frame_hash(stays, strata)
    changed = stays.with_columns(amount=pl.col("amount") + 1)
    assert review_sample.frame_hash(changed, strata) != review_sample.frame_hash(stays, strata)


@pytest.mark.parametrize(
    ("stays", "weights", "places", "shares"),
    [
        ([100, 100], [1, 3], 40, [10, 30]),
        ([5, 100], [90, 10], 30, [5, 25]),  # never more than there are
        ([3, 1], [1, 1], 60, [3, 1]),  # all of a small place
        ([50, 50, 50], [0, 0, 9], 10, [2, 2, 6]),  # two at least where nothing differs
    ],
)
def test_places_are_shared_within_their_bounds(stays, weights, places, shares):
    assert review_sample.shares(stays, weights, places) == shares


def test_strata_are_as_fine_as_the_places_can_fill():
    stays = world(300, 0.2)
    counts = [review_sample.stratified(stays, places)["stratum"].n_unique() for places in (8, 16, 40, 64)]
    assert counts == [1, 2, 4, 8]
    rare = stays.with_columns(
        payment=pl.when(pl.int_range(pl.len()) < 2).then(pl.lit("9")).otherwise(pl.col("payment"))
    )
    assert "small" in review_sample.stratified(rare, 80)["stratum"].to_list()


def one(wrong, bills=None, stays=100, missing=()):
    bills = np.array(bills or [1000.0] * len(wrong))
    return Stratum(stays, stays * 1000.0, bills, np.array(wrong, dtype=float), np.array(missing, dtype=float))


def test_what_did_not_come_back_lowers_the_claim_and_widens_the_interval():
    wrong = [0, 100, 300, 0, 500, 200, 0, 100, 250, 0]
    whole = review_estimate.estimate([one(wrong)])
    part = review_estimate.estimate([one(wrong, missing=[1000, 1000])])
    assert part.low < whole.low and part.high > whole.high
    few = review_estimate.estimate([one(wrong, missing=[1000] * 3)])
    assert few.low is None and "10 of 13 drawn stays have come back; 80% are needed" in few.why
    assert "fewer than two" in review_estimate.estimate([one(wrong), one([100], stays=40)]).why


def test_a_census_is_exact_and_a_clean_sample_claims_nothing():
    census = review_estimate.estimate([one([100, 0, 50], stays=3)])
    assert (census.low, census.estimate, census.high) == (150, 150, 150)
    clean = review_estimate.estimate([one([0] * 30)])
    assert clean.low == clean.estimate == 0 and 0 < clean.high < 10_000, "no fault in 30 stays is no proof of none"
    found = review_estimate.estimate([one([900, *[0] * 29])])
    assert found.low >= 900, "what was found is no guess"


def test_kappa_of_two_reviewers():
    assert review_estimate.kappa([True, True, False, False], [True, False, False, False]) == 0.5
    assert review_estimate.kappa([True, False], [True, False]) == 1
    assert review_estimate.kappa([False] * 5, [False] * 5) is None and review_estimate.kappa([], []) is None
