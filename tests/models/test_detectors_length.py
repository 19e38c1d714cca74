"""Stays that go on after treatment has ended, and own items that are billed as dearer ones."""

from datetime import date, timedelta

import polars as pl
import pytest

PEERS = [f"H{i:02}" for i in range(10)]
OTHER = "H99"
DAY = date(2025, 1, 6)


def treated(world, name, count, nights=10, until=9, bed=60.0, **said):
    """Stays with a bed each night and a drug on each of the first `until` days."""
    ids = world.stay(name, count, nights=nights, **said)
    starts = world.con.sql("select encounter_id, started_on from feature.stay").pl()
    given = [
        (item, category, amount, day)
        for day in range(nights)
        for item, category, amount in [("B1", "01", bed), *([("D1", "09", 30.0)] if day < until else [])]
    ]
    items = pl.DataFrame(given, schema=["item_code", "fee_category", "amount", "day"], orient="row")
    frame = pl.DataFrame({"encounter_id": ids}).join(starts, on="encounter_id", maintain_order="left")
    frame = items.join(frame, how="cross").select(
        "encounter_id", "item_code", "fee_category", "amount",
        settlement_id=pl.lit("S") + pl.col("encounter_id"),
        line_id=pl.format("{}-{}{}", "item_code", "day", "encounter_id"),
        charged_on=pl.col("started_on") + pl.duration(days="day"),
        eligible_amount="amount",
    )  # fmt: skip
    world.add("feature.fee_line", frame, quantity=1.0, institution_id=name, is_pharmacy=False)
    return ids


@pytest.fixture
def town(world):
    """Ten plain hospitals of twenty stays each, treated to the last day, and one more without any."""
    world.hospitals([*PEERS, OTHER])
    for name in PEERS:
        treated(world, name, 20)
    return world


def hits(world, share):
    return [(i, d, a) for i, d, a in world.judge("length_of_stay_above_peers") if d["indicator"] == share]


def test_a_quiet_end_of_many_stays_with_the_money_of_the_quiet_days(town):
    treated(town, OTHER, 10)
    quiet = treated(town, OTHER, 10, until=5)
    found = hits(town, "quiet_end")
    assert len(found) == len(quiet) and {i for i, _, _ in found} == {OTHER}
    detail, amount = found[0][1:]
    assert (detail["own"], detail["unit"], detail["flagged"], detail["stays"]) == (50, "%", 10, 20)
    usual = max(detail["expected"], detail["usual"])
    assert amount == pytest.approx(5 * 60 * (1 - usual / 50), abs=1)
    assert not hits(town, "long")


@pytest.mark.parametrize(
    "excuse",
    [
        {"discharge_way": "5"}, {"discharge_way": "2"}, {"is_ward_day": True}, {"unsorted_lines": 2},
        {"busiest_share": 0.9}, {"nights": 4, "until": 2},
    ],
)  # fmt: skip
def test_quiet_ends_have_excuses(town, excuse):
    treated(town, OTHER, 10)
    treated(town, OTHER, 10, **({"until": 5} | excuse))
    if "busiest_share" in excuse:
        town.con.execute("update feature.stay set busiest_share = 0.9 where institution_id = 'H99'")
    assert not hits(town, "quiet_end")


def test_a_special_hospital_has_no_excuse_for_a_quiet_end(town):
    town.hospitals(["X1"], kind="A520")
    treated(town, "X1", 12, until=5, chapter="F", stratum="60|1|F", diagnosis_code="F20.900")
    assert {i for i, _, _ in hits(town, "quiet_end")} == {"X1"}


def test_stays_far_longer_than_the_diagnosis_takes_elsewhere(town):
    treated(town, OTHER, 10)
    treated(town, OTHER, 10, nights=20, until=20)
    found = hits(town, "long")
    assert len(found) == 10 and {i for i, _, _ in found} == {OTHER}
    usual = max(found[0][1]["expected"], found[0][1]["usual"])
    assert found[0][2] == pytest.approx(10 * 60 * (1 - usual / 50), abs=1), "the nights beyond the usual ten"


def test_who_signs_three_of_the_long_stays_is_named(town):
    treated(town, OTHER, 10)
    for doctor, count in (("D1", 8), ("D2", 2)):
        treated(town, OTHER, count, nights=20, until=20, practitioner_id=doctor)
    assert len(hits(town, "long")) == 10
    query = "select practitioner_id, count(*) from judged where outcome = 'hit' and part = 'long' group by 1 order by 2"
    assert town.con.sql(query).fetchall() == [(None, 2), ("D1", 8)]


def test_who_is_ill_in_another_way_stays_as_long_as_that_takes(town):
    said = {"nights": 20, "until": 20, "diagnosis_code": "S72.000"}
    for name in PEERS:
        treated(town, name, 2, **said)
    treated(town, OTHER, 20, **said)
    assert not hits(town, "long")
    town.con.execute("update feature.stay set diagnosis_code = 'Q99' where institution_id = 'H99'")
    assert not hits(town, "long"), "a diagnosis nobody else has says nothing"


# --- own items billed as dearer ones

PLAIN, COLOUR = ("002202010020000", "B超常规检查"), ("002203010010000", "彩色多普勒超声常规检查")


def billed(world, name, own, item, price, days, own_name=None, pharmacy=False):
    """One line a day of an own code, billed as `item`, a code and a national name."""
    frame = pl.DataFrame({"charged_on": [DAY + timedelta(days=d) for d in days]}).with_row_index("n")
    key = pl.format("{}{}{}{}", pl.lit(name), pl.lit(own), pl.lit(item[0]), "n")
    frame = frame.with_columns(settlement_id=key, encounter_id=key, line_id=key).drop("n")
    world.add("feature.fee_line", frame, institution_id=name, item_code=item[0], item_name=item[1], quantity=2.0,
              institution_item_code=own, institution_item_name=own_name or item[1], unit_price=price,
              amount=2 * price, eligible_amount=2 * price, is_pharmacy=pharmacy)  # fmt: skip


def shop(world, name, codes=6, lines=5, **said):
    """Own codes of drugs of two makers each: the cheap one all year, the dear one now and then."""
    for n in range(codes):
        billed(world, name, f"own{n}", (f"X{n}A", f"药{n}"), 10.0, range(0, 200, 4), **said)
        billed(world, name, f"own{n}", (f"X{n}B", f"药{n}"), 40.0, range(20, 20 + 10 * lines, 10), **said)
    for n in range(20):
        billed(world, name, f"plain{n}", (f"Y{n}", f"物{n}"), 10.0, range(0, 200, 20), **said)


def test_own_codes_that_are_now_and_then_something_dearer(world):
    world.hospitals(["H1"])
    shop(world, "H1")
    found = world.judge("own_item_billed_dearer")
    assert len(found) == 30 and {a for _, _, a in found} == {60.0}
    detail = found[0][1]
    assert (detail["items"], detail["lines"], detail["given_price"], detail["unit_price"]) == (6, 30, 10.0, 40.0)


def test_a_service_under_the_name_of_a_plainer_one(world):
    world.hospitals(["H1", "H2"])
    shop(world, "H1", lines=4)
    billed(world, "H2", "u", PLAIN, 35.0, range(30))
    billed(world, "H1", "ultra", COLOUR, 85.0, range(10), own_name=" B超常规检查")
    found = [(d, a) for _, d, a in world.judge("own_item_billed_dearer") if d["own_code"] == "ultra"]
    assert len(found) == 10 and found[0][1] == pytest.approx(100.0)
    assert (found[0][0]["given_name"], found[0][0]["given_price"]) == (PLAIN[1], 35.0)


@pytest.mark.parametrize(
    ("said", "update"),
    [
        ({"codes": 4, "lines": 10}, ""),
        ({"lines": 3}, ""),
        ({}, "update feature.fee_line set charged_on = charged_on + 400 where item_code like 'X%B'"),
        ({}, "update feature.fee_line set unit_price = 11 where item_code like 'X%B'"),
        ({"pharmacy": True}, ""),
    ],
    ids=["few items", "few lines", "one after the other", "one price", "drugstore"],
)
def test_own_items_have_excuses(world, said, update):
    world.hospitals(["H1"])
    shop(world, "H1", **said)
    if update:
        world.con.execute(update)
    assert world.judge("own_item_billed_dearer") == []


def test_codes_that_are_groups_of_items_cannot_be_judged(world):
    world.hospitals(["H1"])
    shop(world, "H1")
    world.con.execute("delete from feature.fee_line where item_code like 'Y%'")
    assert world.judge("own_item_billed_dearer") == []
    assert world.cannot() == {"the own codes are groups of items": 1}
