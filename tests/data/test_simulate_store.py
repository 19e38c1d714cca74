"""What is settled and sold at a drugstore's counter: cards in a row and steered patients, and what resembles them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.care.charge import is_stay
from data.simulate.town.clock import DAY
from data.simulate.town.town import OUTPATIENT, PURCHASE, Town

SCHEMES = ("cards_in_a_row", "steered_patients")


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(persons=6_000, seed=3, schemes=SCHEMES, dose=2.0, year=2025)


def planted(town: Town, scheme: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The visits and lines of a scheme."""
    ids = pl.concat(town.plants).filter(scheme=scheme)["plant"].implode()
    lines = pl.concat(town.lines).filter(pl.col("plant").is_in(ids))
    return pl.concat(town.visits).filter(pl.col("visit").is_in(lines["visit"].implode())), lines


def subject(town: Town, kind: str, subject_type: str) -> int:
    found = pl.concat(town.confounders).filter(kind=kind, subject_type=subject_type)["subject"]
    return int(found[0])


def assert_open(town: Town, visits: pl.DataFrame) -> None:
    place, second = visits["place"].to_numpy(), visits["begin"].to_numpy() % DAY
    assert (second >= town.place("opens")[place] * 3600).all()
    assert (second <= town.place("closes")[place] * 3600).all()
    assert visits["begin"].is_between(0, town.days * DAY).all()


def assert_honest(town: Town, visits: pl.DataFrame) -> None:
    """Within opening hours, by persons who live, are not in bed and nowhere else at that moment."""
    assert_open(town, visits)
    person = visits["person"].to_numpy()
    assert (town.person("death")[person] < 0).all() and not np.isin(person, town.statuses["person"]).any()
    other = town.base.select("person", other="visit", begin_2="begin", end_2="end")
    both = visits.join(other, on="person").filter(pl.col("visit") != pl.col("other"))
    assert both.filter((pl.col("begin_2") < pl.col("end")) & (pl.col("end_2") > pl.col("begin"))).is_empty()
    assert visits.filter(is_stay()).is_empty()


def test_cards_are_settled_one_after_the_other_at_one_till(town: Town) -> None:
    visits, lines = planted(town, "cards_in_a_row")
    assert_open(town, visits)
    assert visits.group_by("place").agg(pl.col("desk").n_unique())["desk"].eq(1).all() and visits["desk"].min() > 0
    day = visits.sort("begin").group_by("place", day=pl.col("begin") // DAY, maintain_order=True)
    sessions = day.agg(
        cards=pl.len(), persons=pl.col("person").n_unique(), hours=(pl.col("end").max() - pl.col("begin").min()) / 3600
    )
    full = sessions.filter(pl.col("cards") >= 5)
    assert len(full) >= 2 and (full["cards"] == full["persons"]).all() and full["hours"].max() < 2
    assert sessions["cards"].n_unique() > 2
    before = pl.col("end").shift(1).over("place", order_by="begin")
    assert visits.filter(pl.col("begin") < before).is_empty()
    assert visits["person"].n_unique() < len(visits)
    assert (lines["price"] == -1).all() and lines["item"].n_unique() > 8


def test_some_sessions_let_a_real_customer_in_between(town: Town) -> None:
    visits, _ = planted(town, "cards_in_a_row")
    spans = visits.group_by("place", day=pl.col("begin") // DAY).agg(
        first=pl.col("end").min(), last=pl.col("begin").max()
    )
    real = town.base.filter(kind=PURCHASE).select("place", "begin").join(spans, on="place")
    assert not real.filter(pl.col("begin").is_between("first", "last")).is_empty()


def test_a_bus_fills_several_tills_with_different_honest_persons(town: Town) -> None:
    for subject_type, kind in (("pharmacy", PURCHASE), ("institution", OUTPATIENT)):
        place = subject(town, "market_day", subject_type)
        came = town.base.filter((pl.col("place") == place) & (pl.col("desk") > 0))
        assert_honest(town, came)
        assert (came["kind"] == kind).all() and set(came["desk"]) == {1, 2, 3}
        before = pl.col("end").shift(1).over("desk", order_by="begin")
        assert came.filter(pl.col("begin") < before).is_empty()
        bus = came.group_by(day=pl.col("begin") // DAY).agg(visits=pl.len(), persons=pl.col("person").n_unique())
        assert (bus["visits"] == bus["persons"]).all() and bus["persons"].max() >= 4
        assert (bus["day"] % 10).n_unique() == 1
        lines = town.base_lines.filter(pl.col("visit").is_in(came["visit"].implode()))
        assert lines["visit"].n_unique() > 0.9 * len(came) and (lines["plant"] == 0).all()


def test_steered_patients_buy_after_the_visit_and_a_few_elsewhere(town: Town) -> None:
    bought, lines = planted(town, "steered_patients")
    assert_open(town, bought)
    doctor = pl.concat(town.plants).filter(scheme="steered_patients", subject_type="practitioner")["subject"]
    seen = town.base.filter(pl.col("doctor").is_in(doctor.implode())).select("person", seen="end")
    after = bought.join(seen, on="person").filter(
        (pl.col("seen") < pl.col("begin")) & (pl.col("begin") - pl.col("seen") < 7 * DAY)
    )
    assert after["visit"].n_unique() == len(bought) and bought["person"].n_unique() > 5
    assert (bought["doctor"] == -1).all() and (lines["price"] == -1).all()
    assert set(town.accomplices) >= {("steered_patients", one) for one in doctor.unique()}
    others = pl.concat(town.visits).filter(~pl.col("place").is_in(bought["place"].implode()) & (pl.col("desk") < 0))
    assert 0 < len(others) < len(bought) / 2


def test_everybodys_patients_buy_next_door(town: Town) -> None:
    store = subject(town, "store_next_door", "pharmacy")
    doctors = pl.concat(town.confounders).filter(kind="store_next_door", subject_type="practitioner")["subject"]
    house = town.doctors["place"][int(doctors[0])]
    for column in ("longitude", "latitude"):
        assert abs(town.place(column)[store] - town.place(column)[house]) < 0.001
    seen = town.base.filter(place=house, kind=OUTPATIENT).select("person", "doctor", seen="end")
    bought = town.base.filter(kind=PURCHASE).drop("doctor").join(seen, on="person")
    bought = bought.filter((pl.col("begin") - pl.col("seen")).is_between(0, 5 * 3600)).unique("visit")
    assert_honest(town, bought.filter(place=store).drop("seen", "doctor"))
    busiest = bought["doctor"].mode()[0]
    for group in (bought.filter(doctor=busiest), bought.filter(pl.col("doctor") != busiest)):
        assert len(group) >= 10 and (group["place"] == store).mean() > 0.5
