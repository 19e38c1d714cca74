"""The work list: ranked places first, a reproducible random share with honest probabilities."""

import polars as pl
import pytest

from models.ranking.selection import Shares, choose


def leads(n):
    return pl.DataFrame(
        {"lead_id": [f"L{i:03d}" for i in range(n)], "rank": range(1, n + 1), "score": [float(n - i) for i in range(n)]}
    )


def test_most_places_go_by_rank_and_the_rest_is_drawn_below():
    chosen = choose(leads(100), 10, seed=1).leads
    by_rank = chosen.filter(arm="rank")
    drawn = chosen.filter(arm="control")
    assert by_rank["lead_id"].to_list() == [f"L{i:03d}" for i in range(8)]
    assert drawn.height == 2 and not set(drawn["lead_id"]) & set(by_rank["lead_id"])
    assert chosen["lead_id"].is_unique().all()


def test_a_short_list_is_all_by_rank():
    chosen = choose(leads(7), 10, seed=1).leads
    assert chosen.height == 7 and set(chosen["arm"]) == {"rank"} and set(chosen["probability"]) == {1.0}


def test_the_draw_can_be_repeated_and_its_frame_is_hashed():
    one, two, other = choose(leads(100), 20, 1), choose(leads(100), 20, 1), choose(leads(100), 20, 2)
    assert one.leads.equals(two.leads) and one.frame_hash == two.frame_hash
    assert not one.leads.equals(other.leads) and one.frame_hash != other.frame_hash


def test_probabilities_are_what_happens():
    counts: dict[str, int] = {}
    said: dict[str, float] = {}
    for seed in range(600):
        for lead, arm, probability, _ in choose(leads(40), 10, seed, Shares(control=0.3)).leads.iter_rows():
            if arm == "control":
                counts[lead] = counts.get(lead, 0) + 1
                said[lead] = probability
    assert len(counts) == 33
    for lead, count in counts.items():
        assert count / 600 == pytest.approx(said[lead], abs=0.06)
    assert sum(said.values()) == pytest.approx(3)
