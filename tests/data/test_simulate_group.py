"""Gangs and agents of the made-up town show their marks in the tables; their look-alikes are honest and look it."""

import numpy as np
import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.care.bill import make_bill
from data.simulate.export import tables
from data.simulate.town.clock import DAY, weekdays


@pytest.fixture(scope="module")
def town():
    return make_town(persons=6_000, seed=3, schemes=["collector_gang", "agents_phone"], dose=1.0, year=2025)


@pytest.fixture(scope="module")
def bill(town):
    return make_bill(town)


@pytest.fixture(scope="module")
def planted(town, bill):
    """Billed visits of the schemes with the label of their group."""
    plants = pl.concat(town.plants).filter(pl.col("subject_type") == "group").select("plant", "scheme", "group")
    own = bill.lines.filter(pl.col("plant") > 0).join(plants, on="plant").select("visit", "scheme", "group").unique()
    return bill.visits.join(own, on="visit").with_columns(day=pl.col("begin") // DAY)


def look_alikes(town, kind, subject_type):
    of = (pl.col("kind") == kind) & (pl.col("subject_type") == subject_type)
    return pl.concat(town.confounders).filter(of)["subject"].to_list()


def is_in_bed(town, visits):
    """Visits that begin while the person lies in hospital."""
    stays = town.base.filter(pl.col("kind").is_in([21, 52])).select("person", since="begin", until="end")
    return visits.join(stays, on="person").filter(
        (pl.col("begin") >= pl.col("since")) & (pl.col("begin") < pl.col("until"))
    )


def test_a_gang_collects_the_same_drugs_at_the_same_places_and_never_meets(town, bill, planted):
    visits = planted.filter(pl.col("scheme") == "collector_gang")
    assert visits["group"].n_unique() >= 2
    assert not visits.select("group", "place", "day").is_duplicated().any()
    assert is_in_bed(town, visits).is_empty()
    assert not visits.group_by("person").agg(pl.col("group").n_unique())["group"].max() > 1
    lines = bill.lines.select("visit", "item", "cnt").join(visits, on="visit")
    # Of the places and drugs of a gang, a member has most, and hardly one has all.
    whole = lines.select("group", "place", "item").unique().group_by("group").agg(all=pl.len())
    own = lines.select("group", "person", "place", "item").unique().group_by("group", "person").agg(own=pl.len())
    share = own.join(whole, on="group").select(pl.col("own") / pl.col("all")).to_series()
    assert 0.3 < share.median() < 0.9
    assert lines["cnt"].max() <= 3 and lines.group_by("visit").agg(pl.col("cnt").sum())["cnt"].mean() < 8


def test_an_agent_s_number_is_given_for_many_households_at_one_or_two_clinics(town, bill, planted):
    visits = planted.filter(pl.col("scheme") == "agents_phone")
    assert visits["place"].n_unique() <= 2
    assert is_in_bed(town, visits).is_empty()
    assert not visits.select("person", "place", "day").is_duplicated().any()
    shared = visits.filter(pl.col("caller") >= 0)
    assert shared["caller"].n_unique() == 1 and 0.6 < len(shared) / len(visits) < 1
    number = town.people["phone"][shared["caller"][0]]
    given = tables.encounters(town, bill).filter(pl.col("tel") == number)
    cards = given.filter(pl.col("psn_no").is_in(town.people["psn_no"].gather(shared["person"]).to_list()))
    assert cards["psn_no"].n_unique() >= 5
    assert len(np.unique(town.person("household")[shared["person"].unique().to_numpy()])) == shared["person"].n_unique()
    # No party: two cards are hardly ever seen on the same days.
    meet = visits.join(visits, on=["place", "day"]).filter(pl.col("person") < pl.col("person_right"))
    assert meet.is_empty() or meet.group_by("person", "person_right").len()["len"].median() <= 3


def test_the_doctor_of_the_rounds_is_at_one_place_a_day_and_filed_for_all(town):
    for doctor in look_alikes(town, "village_rounds", "practitioner"):
        seen = town.base.filter(pl.Series(~town.place("is_store")[town.base["place"].to_numpy()]))
        seen = seen.filter((pl.col("doctor") == doctor) & ~pl.col("kind").is_in([21, 52]))
        assert 2 <= seen["place"].n_unique() <= 3
        assert seen.group_by(pl.col("begin") // DAY).agg(pl.col("place").n_unique())["place"].max() == 1
        away = seen.filter(pl.col("place") != town.doctors["place"][doctor])
        week = weekdays(town.year)[(away["begin"] // DAY).to_numpy()]
        assert len(np.unique(week)) == away["place"].n_unique()
        assert town.doctors["several"][doctor]


def test_villagers_of_the_rounds_share_places_and_common_drugs(town, bill):
    villagers = look_alikes(town, "village_rounds", "person")
    doctors = look_alikes(town, "village_rounds", "practitioner")
    own = bill.visits.filter(pl.col("person").is_in(villagers) & pl.col("doctor").is_in(doctors))
    own = own.filter(pl.col("registered") >= 0)
    assert len(villagers) >= 8 and is_in_bed(town, own).is_empty()
    lines = bill.lines.filter(pl.col("sign") > 0).select("visit", "item", "at").join(own, on="visit")
    clocked = lines.filter(~pl.Series(town.place("clockless")[lines["place"].to_numpy()]))
    assert clocked.filter((pl.col("at") < pl.col("begin")) | (pl.col("at") > pl.col("end"))).is_empty()
    drug = town.cat.column("catalogue_type")[lines["item"].to_numpy()] == "101"
    common = lines.filter(pl.Series(drug)).group_by("place", "item").agg(pl.col("person").n_unique())
    assert (common["person"] >= 4).sum() >= 4 and common.filter(pl.col("person") >= 4)["place"].n_unique() >= 2


def test_old_neighbours_leave_the_village_doctor_s_number_and_come_month_after_month(town, bill):
    (place,) = look_alikes(town, "village_phone", "institution")
    neighbours = look_alikes(town, "village_phone", "person")
    visits = town.base.filter(pl.col("caller") >= 0)
    assert visits["caller"].n_unique() == 1 and set(visits["place"]) == {place}
    assert set(visits["person"]) <= set(neighbours) and len(neighbours) >= 5
    households = town.person("household")[neighbours]
    assert len(np.unique(households)) == len(neighbours)
    assert is_in_bed(town, visits).is_empty() and (town.person("death")[neighbours] < 0).all()
    number = town.people["phone"][visits["caller"][0]]
    given = tables.encounters(town, bill).filter(pl.col("tel") == number)
    assert given["psn_no"].n_unique() >= len(neighbours)
    assert visits.group_by("person").len()["len"].median() >= 6
    assert place in town.taken["places"]
