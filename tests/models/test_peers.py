"""Peer normalisation on made-up groups of institutions."""

import numpy as np
import polars as pl
import pytest

from models import peers


def world(rng, n=40, group="hospital", rate=0.1, spread=0.2, volumes=(200, 2000)):
    """`n` institutions of one kind whose share varies around `rate`."""
    volume = rng.integers(*volumes, n)
    own = 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + rng.normal(0, spread, n))))
    return pl.DataFrame(
        {
            "institution_id": [f"{group}{i}" for i in range(n)],
            "key_1": [f"{group}|{i % 2}" for i in range(n)],
            "key_2": [f"{group}|x"] * n,
            "key_3": [group] * n,
            "key_4": ["all"] * n,
            "breadth": [1] * n,
            "value": rng.binomial(volume, own) / volume,
            "volume": volume,
        }
    )


def other(frame, value, volume, name="odd"):
    return frame.head(1).with_columns(
        institution_id=pl.lit(name), value=pl.lit(float(value)), volume=pl.lit(int(volume), pl.Int64)
    )


def scores(frame, scale="share", least=30):
    said = peers.score(frame, scale, least)
    return {r["institution_id"]: r for r in said.to_dicts()}


def test_far_above_stands_out_and_far_below_does_not():
    base = world(np.random.default_rng(1))
    frame = pl.concat([base, other(base, 0.6, 1000, "high"), other(base, 0.001, 1000, "low")])
    said = scores(frame)
    assert said["high"]["z"] > 5
    assert said["low"]["z"] == 0
    assert 0.07 < said["high"]["peer_median"] < 0.13
    assert said["high"]["peer_percentile"] > 95 > 5 > said["low"]["peer_percentile"]
    assert said["high"]["peer_group"] == "hospital|0" and said["high"]["peers"] == 22
    ordinary = [r["z"] for k, r in said.items() if k.startswith("hospital")]
    assert max(ordinary) < 3.5 and np.median(ordinary) < 0.7


def test_small_and_extreme_does_not_outrank_large_and_high():
    base = world(np.random.default_rng(2))
    frame = pl.concat([base, other(base, 0.5, 10, "small"), other(base, 0.35, 2000, "large")])
    said = scores(frame, least=5)
    assert said["small"]["z"] < said["large"]["z"]


@pytest.mark.parametrize("scale", ["log1p", "log"])
def test_volume_counts_for_money_too(scale):
    base = world(np.random.default_rng(3)).with_columns(value=pl.Series(np.random.default_rng(3).normal(900, 90, 40)))
    frame = pl.concat([base, other(base, 1500, 5, "small"), other(base, 1500, 2000, "large")])
    said = scores(frame, scale, least=5)
    assert 0 < said["small"]["z"] < said["large"]["z"]


def test_rare_events_are_counted_not_excused():
    base = world(np.random.default_rng(4)).with_columns(value=pl.lit(0.0))
    frame = pl.concat([base, other(base, 0.2, 150, "many"), other(base, 1 / 150, 150, "once")])
    said = scores(frame)
    assert said["many"]["z"] == peers.CLIP
    assert said["once"]["z"] < 2
    assert {r["z"] for k, r in said.items() if k.startswith("hospital")} == {0.0}


def test_below_the_gate_is_not_scored():
    base = world(np.random.default_rng(5))
    said = scores(pl.concat([base, other(base, 0.9, 29, "little")]))
    assert said["little"]["status"] == "volume"
    assert said["little"]["z"] is None and said["little"]["peer_group"] is None


def test_a_row_in_another_group_changes_nothing():
    rng = np.random.default_rng(6)
    hospitals, clinics = world(rng), world(rng, group="primary", rate=0.4)
    alone = peers.score(hospitals, "share", 30)
    beside = peers.score(pl.concat([hospitals, clinics]), "share", 30).head(hospitals.height)
    more = peers.score(pl.concat([hospitals, clinics, other(clinics, 1.0, 9999)]), "share", 30).head(hospitals.height)
    assert alone.equals(beside) and beside.equals(more)


def test_order_of_rows_changes_nothing():
    frame = world(np.random.default_rng(7))
    mixed = frame.sample(fraction=1, shuffle=True, seed=1)
    one = peers.score(frame, "share", 30).sort("institution_id")
    two = peers.score(mixed, "share", 30).sort("institution_id")
    assert one.equals(two)


@pytest.mark.parametrize("scale", peers.SCALES)
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_identical_institutions_are_finite_and_silent(scale, value):
    frame = world(np.random.default_rng(8), n=12).with_columns(value=pl.lit(value))
    said = peers.score(frame, scale, 30)
    assert said["z"].to_list() == [0.0] * 12
    assert said["peer_median"].is_finite().all()


def test_nothing_to_compare_with():
    frame = world(np.random.default_rng(9), n=4)
    assert set(peers.score(frame, "share", 30)["status"]) == {"peers"}
    assert peers.score(frame.head(0), "share", 30).height == 0


def test_missing_values_are_left_out():
    frame = world(np.random.default_rng(10))
    holes = frame.with_columns(
        value=pl.when(pl.int_range(pl.len()) < 3).then(None).when(pl.int_range(pl.len()) < 6).then(float("nan"))
        .otherwise("value")
    )  # fmt: skip
    said = peers.score(holes, "share", 30)
    assert said["status"].to_list()[:6] == ["value"] * 6
    assert said["z"].null_count() == 6 and said["z"].drop_nulls().is_finite().all()


def test_too_few_measured_peers_take_the_wider_group():
    frame = world(np.random.default_rng(11), n=12).with_columns(
        key_1=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("few")).otherwise("key_1")
    )
    said = peers.score(frame, "share", 30)
    assert said["peer_group"].to_list()[:3] == ["hospital|x"] * 3
    assert said["peers"].to_list()[0] == 12


def test_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="logit"):
        peers.score(world(np.random.default_rng(12)), "logit", 30)


def test_expected_is_what_the_others_have_in_the_stratum():
    frame = pl.DataFrame(
        {
            "institution_id": ["A"] * 2 + ["B"] * 40 + ["C"] * 40,
            "stratum": ["old", "young"] + ["old"] * 20 + ["young"] * 20 + ["old"] * 20 + ["young"] * 20,
            "idle": [1, 1] + [1] * 10 + [0] * 30 + [1] * 10 + [0] * 30,
        }
    )
    old, young = peers.expected(frame, "idle", ["stratum"], lean=0).head(2).to_list()
    assert (old, young) == (0.5, 0.0), "its own stays do not count"
    assert 0.25 < peers.expected(frame, "idle", ["stratum"], lean=20)[0] < 0.5
    alone = frame.with_columns(
        stratum=pl.when(pl.col("institution_id") == "A").then(pl.lit("rare")).otherwise("stratum")
    )
    assert peers.expected(alone, "idle", ["stratum"])[0] == 0.25, "nobody else's stratum: everybody's mean"
    assert peers.expected(frame.head(2), "idle", ["stratum"]).is_nan().all()
