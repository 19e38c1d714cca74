"""The work list: ranked places first, a reproducible random share with honest probabilities."""

import polars as pl
import pytest

from data.errors import UsageError
from models.ranking import capacity
from models.ranking.capacity import Capacity
from models.ranking.selection import choose, draw, frame_of


def leads(n):
    return pl.DataFrame(
        {"lead_id": [f"L{i:03d}" for i in range(n)], "rank": range(1, n + 1), "score": [float(n - i) for i in range(n)]}
    )


def test_most_places_go_by_rank_and_the_rest_is_drawn_below():
    chosen = choose(leads(100), Capacity(top=10), seed=1).leads
    by_rank = chosen.filter(arm="rank")
    drawn = chosen.filter(arm="control")
    assert by_rank["lead_id"].to_list() == [f"L{i:03d}" for i in range(8)]
    assert drawn.height == 2 and not set(drawn["lead_id"]) & set(by_rank["lead_id"])
    assert chosen["lead_id"].is_unique().all()


def test_a_short_list_is_all_by_rank():
    chosen = choose(leads(7), Capacity(top=10), seed=1).leads
    assert chosen.height == 7 and set(chosen["arm"]) == {"rank"} and set(chosen["probability"]) == {1.0}


def test_the_draw_can_be_repeated_and_its_frame_is_hashed():
    one, two, other = (choose(leads(100), Capacity(top=20), seed) for seed in (1, 1, 2))
    assert one.leads.equals(two.leads) and one.frame_hash == two.frame_hash
    assert not one.leads.equals(other.leads) and one.frame_hash != other.frame_hash


def test_probabilities_are_what_happens():
    counts: dict[str, int] = {}
    said: dict[str, float] = {}
    for seed in range(600):
        for lead, arm, probability, _ in choose(leads(40), Capacity(top=10, control=0.3), seed).leads.iter_rows():
            if arm == "control":
                counts[lead] = counts.get(lead, 0) + 1
                said[lead] = probability
    assert len(counts) == 33
    for lead, count in counts.items():
        assert count / 600 == pytest.approx(said[lead], abs=0.06)
    assert sum(said.values()) == pytest.approx(3)


def test_capacity_bounds_one_rule_and_one_institution_and_gives_way_before_places_stay_empty():
    by_rule = leads(100).with_columns(rule=pl.when(pl.col("rank") <= 30).then(pl.lit("a")).otherwise("lead_id"))
    chosen = choose(by_rule, Capacity(top=20, per_rule=0.25), 1).leads.filter(arm="rank")
    kept = by_rule.join(chosen, on="lead_id").sort("rank")["rank"].to_list()
    assert kept == [1, 2, 3, 4, *range(31, 43)]
    at_one = leads(100).with_columns(institution_id=pl.when(pl.col("rank") <= 90).then(pl.lit("H1")).otherwise(None))
    chosen = choose(at_one, Capacity(top=20, per_institution=3), 1).leads.filter(arm="rank")
    kept = at_one.join(chosen, on="lead_id").sort("rank")
    assert kept.filter(institution_id="H1")["rank"].to_list() == [1, 2, 3, 4, 5, 6]  # 3, and 3 places nobody else fills
    assert kept.height == 16


def test_some_places_are_kept_for_what_only_the_ensemble_sees():
    seen = leads(100).with_columns(is_ensemble=pl.col("rank") > 60)
    chosen = choose(seen, Capacity(top=20), 1).leads
    assert dict(chosen.group_by("arm").len().iter_rows()) == {"rank": 14, "ensemble": 2, "control": 4}
    own = chosen.filter(arm="ensemble")
    assert own["lead_id"].to_list() == ["L060", "L061"] and set(own["probability"]) == {1.0}
    nobody = choose(leads(100), Capacity(top=20), 1).leads
    assert dict(nobody.group_by("arm").len().iter_rows()) == {"rank": 16, "control": 4}


def test_places_that_the_ensemble_cannot_fill_go_by_rank():
    known = leads(100).with_columns(is_ensemble=pl.col("rank") < 3)
    chosen = choose(known, Capacity(top=20), 1).leads
    assert dict(chosen.group_by("arm").len().iter_rows()) == {"rank": 16, "control": 4}


def test_one_drawn_lead_stands_for_all_that_were_not_chosen():
    frame = frame_of(leads(100), Capacity(top=5), 1)
    (drawn,) = draw(frame).leads.filter(arm="control").rows(named=True)
    assert 1 / drawn["probability"] == pytest.approx(96) and frame.below.height == 96


def test_the_frame_is_settled_before_the_draw():
    frame = frame_of(leads(100), Capacity(top=20), 3)
    assert frame.chosen.height == 16 and frame.below.height == 84 and sum(frame.places) == 4
    assert draw(frame).leads.filter(arm="control")["lead_id"].is_in(frame.below["lead_id"].implode()).all()
    assert draw(frame).frame_hash == frame.hash != frame_of(leads(99), Capacity(top=20), 3).hash


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ({"luck": 1}, {}),
        ({"control": "much"}, {}),
        ({"control": 0.9, "ensemble": 0.2}, {}),
        ({"per_institution": 0}, {}),
        ({}, {"top": 5, "days": 3.0}),
        ({}, {"top": 0}),
    ],
)
def test_a_capacity_that_makes_no_sense_is_refused(said, options):
    with pytest.raises(UsageError):
        capacity.of(said, **options)
