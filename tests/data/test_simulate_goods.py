"""Goods under drug codes, herbs as food, injuries paid twice: the marks they leave, and honest look-alikes."""

from __future__ import annotations

import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.care.bill import make_bill
from data.simulate.export.lines import fee_lines
from data.simulate.export.tables import encounters
from data.simulate.town.town import Town

FOOD = ["枸杞子", "人参片", "黄芪", "当归", "菊花", "大枣", "山药", "金银花", "天麻", "灵芝", "三七粉"]


@pytest.fixture(scope="module")
def town() -> Town:
    schemes = ["goods_under_drug_codes", "herbs_as_food", "injury_paid_twice"]
    return make_town(persons=3_000, seed=4, schemes=schemes, dose=1.0, year=2025)


@pytest.fixture(scope="module")
def lines(town: Town) -> pl.DataFrame:
    bill = make_bill(town)
    charged = bill.lines.join(bill.visits.select("visit", "doctor", "dept"), on="visit", maintain_order="left")
    schemes = pl.concat([p.select("plant", "scheme") for p in town.plants]).unique()
    return fee_lines(town, charged).hstack(charged.select("plant", "visit")).join(schemes, on="plant", how="left")


def test_goods_keep_their_own_name_under_a_drug(town: Town, lines: pl.DataFrame) -> None:
    goods = lines.filter(pl.col("medins_list_name").is_in(town.cat.goods["name"].implode()))
    assert len(goods) > 0 and set(goods["scheme"]) == {"goods_under_drug_codes"}
    assert set(goods["list_type"]) <= {"101"} and set(goods["fixmedins_code"].str.head(1)) == {"P"}
    beside = lines.filter(pl.col("visit").is_in(goods["visit"].implode()) & pl.col("scheme").is_null())
    assert (beside["medins_list_name"] == beside["hilist_name"]).any()


def test_everyday_names_are_of_honest_lines(town: Town, lines: pl.DataFrame) -> None:
    called = pl.concat(town.own_names)
    named = lines.filter(pl.col("medins_list_name").is_in(called["called"].implode()))
    assert len(named) > 0 and (named["medins_list_name"] != named["hilist_name"]).all()
    assert "herbs_as_food" not in set(named["scheme"])


def test_food_herbs_are_prescribed_by_themselves(lines: pl.DataFrame) -> None:
    herbs = lines.filter(pl.col("list_type") == "102")
    mild = herbs.group_by("visit").agg(
        alone=pl.col("hilist_name").is_in(FOOD).all(), planted=(pl.col("scheme") == "herbs_as_food").any()
    )
    shares = mild.group_by("planted").agg(pl.col("alone").mean()).sort("planted")["alone"].to_list()
    assert shares[0] < 0.1 < 0.6 < shares[1]


def test_declared_injuries_are_marked_and_those_paid_twice_are_not(town: Town) -> None:
    bill = make_bill(town)
    seen = encounters(town, bill).with_columns(visit=bill.visits["visit"])
    wanted = town.statuses.filter(pl.col("kind").is_in(["work_injury", "third_party"]))["person"].to_list()
    owed = {town.people["psn_no"][person] for person in wanted}
    marked = seen.filter(pl.col("ttp_pay_flag") == 1)
    paid = pl.concat([v for v in town.visits if "diag" in v.columns])["visit"]
    twice = seen.filter(pl.col("visit").is_in(paid.implode()) & pl.col("dscg_maindiag_code").str.contains("^[ST]"))
    assert len(marked) > 0 and len(twice) > 0
    assert set(marked["psn_no"]) <= owed and set(twice["psn_no"]) <= owed
    assert set(twice["ttp_pay_flag"]) == {0} and not set(twice["psn_no"]) & set(marked["psn_no"])
