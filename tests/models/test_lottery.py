"""Draws: chances as the weights say, the same again from frame and seed, nobody where he has a conflict."""

import hashlib
import math
from collections import Counter
from fractions import Fraction

import polars as pl
import pytest

from models.casebook import lottery


def units(weights):
    return pl.DataFrame(
        {"unit": [f"H{i:03}" for i in range(len(weights))], "weight": weights}, schema_overrides={"weight": pl.Int64}
    )


WEIGHTS = [400] * 4 + [200] * 8 + [150] * 10 + [100] * 38
ROUNDS = 3000


@pytest.fixture(scope="module")
def counted():
    """How often each unit was drawn, 12 of 60, and its chance."""
    frame = units(WEIGHTS)
    drawn = Counter()
    for seed in range(ROUNDS):
        drawn.update(lottery.drawn(frame, 12, seed)["unit"].to_list())
    return dict(lottery.chances(frame, 12).select("unit", "probability").iter_rows()), drawn


@pytest.mark.slow
def test_how_often_each_is_drawn_is_what_its_weight_says(counted):
    chances, drawn = counted
    assert sum(chances.values()) == pytest.approx(12)
    assert chances["H000"] == pytest.approx(4 * chances["H059"]) and chances["H004"] == pytest.approx(
        2 * chances["H059"]
    )
    spread = [(drawn[u] - ROUNDS * p) / math.sqrt(ROUNDS * p * (1 - p)) for u, p in chances.items()]
    assert max(map(abs, spread)) < 4, "no unit beyond four standard deviations"
    # of sixty z values the sum of squares is close to sixty, were the chances others it would grow with the rounds
    assert sum(z * z for z in spread) < 60 + 4 * math.sqrt(2 * 60)


def test_pairs_are_drawn_together_too():
    """Random order: no two units exclude each other for being neighbours in the frame."""
    frame = units([100] * 12)
    seen = Counter()
    for seed in range(600):
        names = sorted(lottery.drawn(frame, 4, seed)["unit"].to_list())
        seen.update((a, b) for a in names for b in names if a < b)
    assert len(seen) == 66 and min(seen.values()) > 20  # 54.5 expected


@pytest.mark.parametrize("places", [1, 5, 12, 59, 60, 80])
def test_as_many_are_drawn_as_there_are_places(places):
    frame = units(WEIGHTS)
    for seed in (0, 1, 2**31):
        drawn = lottery.drawn(frame, places, seed)
        assert drawn.height == drawn["unit"].n_unique() == min(places, 60)


def test_whose_chance_would_exceed_one_is_taken_and_the_rest_is_drawn():
    frame = units([10_000, 100, 100, 100, 100])
    chances = dict(lottery.chances(frame, 3).select("unit", "probability").iter_rows())
    assert chances == {"H000": 1.0, "H001": 0.5, "H002": 0.5, "H003": 0.5, "H004": 0.5}
    assert all("H000" in lottery.drawn(frame, 3, seed)["unit"].to_list() for seed in range(20))


def test_the_same_seed_draws_the_same_in_whatever_order_the_frame_comes():
    frame = units(WEIGHTS)
    first = lottery.drawn(frame, 12, 7)["unit"].to_list()
    assert lottery.drawn(frame.sample(fraction=1.0, shuffle=True, seed=3), 12, 7)["unit"].to_list() == first
    assert lottery.drawn(frame, 12, 8)["unit"].to_list() != first


def test_anybody_can_repeat_it_as_it_is_described():
    """The published procedure, written a second time in the plainest way."""

    def digest(seed, text):
        return hashlib.sha256(f"{seed}|{text}".encode()).hexdigest()

    def by_hand(weights, places, seed):
        ordered = sorted(weights, key=lambda unit: digest(seed, unit))
        total, at, hit = sum(weights.values()), Fraction(0), []
        step = Fraction(total, places)
        point = Fraction(int(digest(seed, "start"), 16) % total, places)
        for unit in ordered:
            at += weights[unit]
            if point < at:
                hit.append(unit)
                point += step
        return hit

    frame = units(WEIGHTS)
    weights = dict(frame.iter_rows())
    for seed in range(40):
        assert lottery.drawn(frame, 12, seed)["unit"].to_list() == by_hand(weights, 12, seed)


def test_the_hash_is_of_everything_that_decides_but_the_seed():
    frame, nobody = units([100, 200]), pl.DataFrame(schema={"inspector": pl.String, "avoids": pl.String})
    base = lottery.frame_hash(frame, 1, 0, nobody)
    wang = pl.DataFrame({"inspector": ["王"], "avoids": ["H001"]})
    others = [
        lottery.frame_hash(units([100, 201]), 1, 0, nobody),
        lottery.frame_hash(units([100]), 1, 0, nobody),
        lottery.frame_hash(frame, 2, 0, nobody),
        lottery.frame_hash(frame, 1, 2, nobody),
        lottery.frame_hash(frame, 1, 0, wang),
        lottery.frame_hash(frame, 1, 0, wang.with_columns(avoids=pl.lit(""))),
    ]
    assert len({base, *others}) == 7 and lottery.frame_hash(frame.reverse(), 1, 0, nobody) == base


def test_nobody_goes_where_he_has_a_conflict_and_the_work_is_shared():
    places = [f"H{i:03}" for i in range(30)]
    inspectors = {"王": frozenset(places[:10]), "李": frozenset(), "赵": frozenset(), "钱": frozenset({"H020"})}
    teams = lottery.teams(places, inspectors, 2, 5)
    assert all(len(set(team)) == 2 for team in teams.values())
    assert not any(place in inspectors[who] for place, team in teams.items() for who in team)
    calls = Counter(who for team in teams.values() for who in team)
    assert max(calls.values()) - min(calls.values()) <= 2
    assert lottery.teams(["H000"], {"王": frozenset({"H000"}), "李": frozenset()}, 2, 5) == {"H000": ["李"]}


def test_who_goes_where_is_left_to_chance():
    inspectors = {who: frozenset() for who in "王李赵钱孙"}
    seen = Counter(tuple(sorted(lottery.teams(["H000"], inspectors, 2, seed)["H000"])) for seed in range(400))
    assert len(seen) == 10 and min(seen.values()) > 15  # 40 expected
