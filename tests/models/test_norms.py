"""Norms of a wider area: what leaves it names nobody, and the few of a county are judged beside it."""

import numpy as np
import polars as pl
import pytest

from models import peers
from models.detectors.peers import norms


def province(hospitals=300, seed=1):
    """Hospitals of three levels; those of level 3 are seven, all of one city."""
    rng = np.random.default_rng(seed)
    level = np.where(np.arange(hospitals) < 7, "3", np.where(np.arange(hospitals) % 3 == 0, "2", "1"))
    owned = np.where(rng.random(hospitals) < 0.5, "public", "private")
    return pl.DataFrame(
        {
            "institution_id": [f"H{n:03}" for n in range(hospitals)],
            "key_1": [f"hospital|{one}|{whose}" for one, whose in zip(level, owned, strict=True)],
            "key_2": [f"hospital|{one}" for one in level],
            "key_3": "hospital",
            "key_4": "all",
            "breadth": 4,
            "value": rng.beta(4, 36, hospitals),
            "volume": rng.integers(100, 900, hospitals),
        }
    )


def county(*values):
    """Three hospitals of level 2, too few to be compared with each other."""
    return province(len(values)).with_columns(
        key_1=pl.lit("hospital|2|public"), key_2=pl.lit("hospital|2"), value=pl.Series(values), volume=pl.lit(400)
    )


def test_no_cell_is_small_none_is_of_few_places_and_nobody_is_in_two():
    hospitals = province()
    cells = norms.cells(hospitals, "institution_id", 50)
    assert cells["members"].min() >= norms.LEAST_MEMBERS
    assert not cells["key_1"].str.starts_with("hospital|3").any(), "seven are no group to be shown"
    assert cells.select(peers.KEYS).is_unique().all()
    assert cells["members"].sum() == hospitals.height - 7, "the seven are fewer than ten in any group of their own"
    of_one_place = hospitals.with_columns(institution_id=pl.lit("H1"))
    assert norms.cells(of_one_place, "institution_id", 50).height == 0
    assert norms.cells(hospitals, "institution_id", 10_000).height == 0, "too little volume counts nowhere"


def test_members_lie_as_those_the_cells_were_made_of():
    hospitals = province(3000)
    members = norms.members(norms.cells(hospitals, "institution_id", 50))
    for share in (0.1, 0.5, 0.84):
        real, again = hospitals["value"].quantile(share, "linear"), members["value"].quantile(share, "linear")
        assert again == pytest.approx(real, rel=0.03)
    assert members["value"].max() < hospitals["value"].max(), "the outermost is nobody's to know"


def test_three_hospitals_are_judged_beside_three_hundred():
    few = county(0.09, 0.11, 0.5)
    assert set(peers.score(few, "share", 50)["status"]) == {"peers"}
    reference = norms.members(norms.cells(province(), "institution_id", 50))
    beside = peers.score(few, "share", 50, reference)
    assert beside["z"][2] > 3 and beside["z"].head(2).max() < 1
    assert set(beside["peer_group"]) == {"hospital|2|public"} and beside["peers"].min() > 30
    assert beside["peer_percentile"][2] == 100 and 30 < beside["peer_percentile"][0] < 70
    alone = peers.score(few.tail(1), "share", 50, reference)
    assert alone.select("z", "peer_median").equals(beside.tail(1).select("z", "peer_median")), "whoever is scored along"


def test_kinds_without_norms_are_compared_with_each_other_as_before():
    clinics = province(60, seed=2).with_columns(
        key_1=pl.lit("clinic|1"), key_2=pl.lit("clinic|1"), key_3=pl.lit("clinic"), breadth=pl.lit(1)
    )
    reference = norms.members(norms.cells(province(), "institution_id", 50))
    before = peers.score(clinics, "share", 50)
    beside = peers.score(clinics, "share", 50, reference)
    assert beside.equals(before)
    assert before["z"].max() > 0
