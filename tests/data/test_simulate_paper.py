"""Stays restarted on paper and a suspended store's cards at another till: the marks they leave."""

from __future__ import annotations

import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.export import registers
from data.simulate.town import contracts
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(persons=6_000, seed=2, schemes=["moved_scanner", "restarted_stays"], dose=1.0, year=2025)


def planted(town: Town, scheme: str) -> pl.DataFrame:
    ids = pl.concat(town.plants).filter(pl.col("scheme") == scheme)["plant"]
    lines = pl.concat([town.base_lines, *town.lines]).filter(pl.col("plant").is_in(ids.implode()))
    everything = pl.concat([town.base, *(v.select(town.base.columns) for v in town.visits)])
    return everything.filter(pl.col("visit").is_in(lines["visit"].implode()))


def test_nobody_sells_while_suspended_and_the_register_has_the_gap(town: Town) -> None:
    shut = contracts.suspensions(town)
    assert len(shut) >= 2
    sold = town.base.join(shut.select("place", since="begin", until="end"), on="place")
    day = pl.col("begin") // DAY
    assert sold.filter((day >= pl.col("since")) & (day <= pl.col("until"))).is_empty() and len(sold) > 0
    register = registers.contracts(town)
    assert register.filter(pl.col("endtime").is_not_null())["fixmedins_code"].n_unique() == len(shut)
    assert register["fixmedins_code"].n_unique() == len(town.places)


def test_the_suspended_store_s_customers_are_settled_nearby_and_only_then(town: Town) -> None:
    visits = planted(town, "moved_scanner")
    shut = contracts.suspensions(town)
    day = visits["begin"] // DAY
    assert len(visits) >= 6 and not set(visits["place"]) & set(shut["place"])
    assert any(day.is_between(first, last).all() for first, last in shut.select("begin", "end").iter_rows())
    customers = town.base.filter(pl.col("place").is_in(shut["place"].implode()))["person"]
    assert visits["person"].is_in(customers.implode()).all()


def test_restarted_stays_follow_each_other_within_a_night_and_hold_their_lines(town: Town) -> None:
    visits = planted(town, "restarted_stays").sort("person", "begin")
    since_last = (pl.col("begin") - pl.col("end").shift(1).over("person")) / 3600
    gaps = visits.select(since_last.drop_nulls()).to_series()
    assert len(gaps) > 0 and gaps.min() > 0 and gaps.max() < 36
    assert (visits["end"] > visits["begin"]).all()
    lines = town.base_lines.join(visits.select("visit", "begin", "end"), on="visit")
    inside = (pl.col("at") >= pl.col("begin") - DAY // 2) & (pl.col("at") <= pl.col("end"))
    assert lines.filter(~inside).is_empty() and lines["visit"].n_unique() == len(visits)
