"""Schemes of what is charged, and the honest houses beside them: other codes, dear makers, fitted bills, cut stays."""

import numpy as np
import polars as pl
import pytest

from data.simulate import make_town
from data.simulate.care.bill import make_bill
from data.simulate.export.truth import planted_lines
from data.simulate.town.clock import DAY
from data.simulate.town.town import Town

PERSONS = 4_000


def town_with(*schemes: str) -> Town:
    return make_town(persons=PERSONS, seed=3, schemes=schemes, dose=1.0, year=2025)


@pytest.fixture(scope="module")
def honest() -> Town:
    return town_with()


def with_visit(town: Town, lines: pl.DataFrame) -> pl.DataFrame:
    visits = pl.concat([town.base, *(v.select(town.base.columns) for v in town.visits)])
    return lines.join(visits.select("visit", "place", "person", "dept", "begin", "end"), on="visit")


def marked(town: Town) -> pl.DataFrame:
    """Rows of the honest lines that a scheme changed."""
    return town.base_lines.with_row_index("row").filter(pl.col("plant") > 0)


def odd(town: Town, kind: str) -> list[int]:
    return pl.concat(town.confounders).filter(kind=kind, subject_type="institution")["subject"].unique().to_list()


def test_what_is_not_covered_goes_on_under_another_code(honest: Town) -> None:
    town = town_with("covered_twin")
    now = marked(town)
    before = honest.base_lines[now["row"].to_numpy()]
    share = town.cat.column("own_share")
    assert len(now) >= 5
    assert (share[before["item"].to_numpy()] == 100).all() and (share[now["item"].to_numpy()] < 100).all()
    place = with_visit(town, now)["place"].unique().to_list()
    assert len(place) == 1
    price = town.price[place[0]]
    was, charged = (price[x["item"].to_numpy()] * x["cnt"].to_numpy() for x in (before, now))
    assert 0.7 < charged.sum() / was.sum() < 1.4
    rest = with_visit(town, town.base_lines).filter(pl.col("place") == place[0])
    rest = rest.filter(pl.Series(np.isin(rest["item"].to_numpy(), before["item"].unique().to_numpy())))
    since = int(now["at"].min())
    assert (rest["at"] < since).sum() > 3 * (rest["at"] >= since + 60 * DAY).sum()


def test_a_new_offer_follows_what_is_given_up(honest: Town) -> None:
    (place,) = odd(honest, "new_offer")
    own = with_visit(honest, honest.base_lines).filter(place=place)
    uncovered = own.filter(pl.Series(honest.cat.column("own_share")[own["item"].to_numpy()] == 100))
    sold = uncovered.filter(pl.Series(honest.cat.column("fee_category")[uncovered["item"].to_numpy()] != "08"))
    assert len(sold) > 3 and sold["at"].max() < 232 * DAY
    assert own.filter((pl.col("at") < pl.col("begin")) | (pl.col("at") > pl.col("end"))).is_empty()


def test_the_agents_brands_take_the_place_of_the_generics(honest: Town) -> None:
    town = town_with("dear_makers")
    now = marked(town)
    before = honest.base_lines[now["row"].to_numpy()]
    of = town.cat.items["brand_of"].gather(now["item"])
    assert len(now) > 20 and of.equals(town.cat.items["code"].gather(before["item"]).alias("brand_of"))
    assert (now["given"] < 0).all() and (now["hidden"] > 0).all()
    # At issue is the difference and not the drug.
    bill = make_bill(town)
    amount = planted_lines(town, bill)["amount"].sum()
    assert 0 < amount < bill.lines.filter(pl.col("plant") > 0)["eligible"].sum() / 100
    place = with_visit(town, now)["place"][0]
    lines = with_visit(town, town.base_lines).filter(place=place)
    ours = lines.filter(pl.col("item").is_in(now["item"].unique().implode()))
    left = lines.filter(pl.col("item").is_in(before["item"].unique().implode()))
    late = pl.col("at") >= int(now["at"].min())
    assert len(ours.filter(late)) > 2 * len(left.filter(late))


def test_a_specialist_department_keeps_to_originals_of_one_group(honest: Town) -> None:
    brands = honest.cat.items["brand_of"].is_not_null().to_numpy()
    generics = honest.cat.items["code"].is_in(honest.cat.items["brand_of"].drop_nulls().implode()).to_numpy()
    for place in odd(honest, "specialist_original"):
        own = with_visit(honest, honest.base_lines).filter(place=place)
        item = own["item"].to_numpy()
        own = own.with_columns(brand=pl.Series(brands[item])).filter(pl.Series(brands[item] | generics[item]))
        by_dept = own.group_by("dept").agg(pl.len(), pl.col("brand").mean()).filter(pl.col("len") >= 20)
        assert by_dept["brand"].max() > own["brand"].mean() + 0.1
        assert (own["plant"] == 0).all()


def bills(town: Town) -> pl.DataFrame:
    return make_bill(town).settlements.filter(pl.col("sign") > 0)


def test_bills_are_filled_up_to_just_under_one_sum(honest: Town) -> None:
    town = town_with("fitted_bills")
    touched = pl.concat(town.lines)["visit"].unique()
    after, before = (bills(t).filter(pl.col("visit").is_in(touched.implode())) for t in (town, honest))
    assert len(touched) >= 5 and after["place"].n_unique() == 1 and after["amount"].sum() > before["amount"].sum()
    top = int(after["amount"].max())
    step = 50_000 if (after["kind"] == 21).all() else 5_000
    believed = -(-top // step) * step
    near = (after["amount"] > 0.94 * believed).mean()
    assert near > 0.7 and (before["amount"] > 0.94 * believed).mean() < 0.2
    # No two of them stand at one amount.
    assert after["amount"].n_unique() > 0.7 * len(after)


def test_packages_have_one_price_and_are_really_given(honest: Town) -> None:
    (place,) = odd(honest, "package_prices")
    priced = honest.base_lines.filter((pl.col("price") >= 0) & (pl.col("plant") == 0))
    sold = honest.base.filter(pl.col("visit").is_in(priced["visit"].implode()))
    assert len(sold) >= 10 and (sold["place"] == place).all()
    amount = bills(honest).filter(pl.col("visit").is_in(sold["visit"].implode()))["amount"]
    most = amount.value_counts().sort("count", descending=True)
    assert 0.4 < most["count"][0] / len(amount) < 0.9 and most["amount"][0] % 1_000 == 800
    hour = sold["begin"] % DAY // 3600
    assert (hour >= honest.place("opens")[place]).all() and (hour < honest.place("closes")[place]).all()
    beds = honest.base.filter(pl.col("kind").is_in([21, 52])).select("person", came="begin", left="end")
    lying = sold.join(beds, on="person").filter((pl.col("begin") < pl.col("left")) & (pl.col("end") > pl.col("came")))
    assert lying.is_empty() and (honest.person("death")[sold["person"].to_numpy()] < 0).all()


def test_dear_stays_are_cut_in_two(honest: Town) -> None:
    town = town_with("pushed_out")
    back = pl.concat(town.visits)
    assert len(back) >= 3 and back["place"].n_unique() == 1
    first = with_visit(town, marked(town)).filter(~pl.col("visit").is_in(back["visit"].implode()))
    assert len(first) == len(back) and (first["at"] < first["end"]).all()
    pairs = back.join(first.select("person", "place", left="end"), on=["person", "place"])
    gap = pairs["begin"] // DAY - pairs["left"] // DAY
    assert len(pairs) >= len(back) and ((gap >= 1).sum() >= len(back))
    moved = with_visit(town, marked(town)).filter(pl.col("visit").is_in(back["visit"].implode()))
    # A line after the discharge is a slip that the honest town has as well.
    assert (moved["at"] >= moved["begin"]).all() and (moved["at"] > moved["end"]).mean() < 0.01
    # What was done is what would have been done.
    assert town.base_lines["item"].equals(honest.base_lines["item"])
    stays = pl.concat([town.base, back.select(town.base.columns)]).filter(pl.col("kind").is_in([21, 52]))
    before = pl.col("end").shift(1).over("person", order_by="begin")
    assert stays.filter(pl.col("begin") < before).is_empty()
