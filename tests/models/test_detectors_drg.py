"""Codes, paid groups and what goes on around stays; and digits."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

PEERS = [f"H{i:02}" for i in range(10)]
OTHER = "H99"


@pytest.fixture
def town(world):
    world.hospitals([*PEERS, OTHER])
    world.add("knowledge.complication", pl.DataFrame({"code_prefix": ["E11.9", "J96", "I10"]}).with_columns(
        severity=pl.Series(["cc", "mcc", "none"])), basis="b", layer="starter")  # fmt: skip
    return world


def code(world, encounters, *diagnoses, principal="J44.900"):
    """The settlement list's diagnoses of stays, the principal one and secondary ones."""
    for number, diagnosis in enumerate([principal, *diagnoses]):
        frame = pl.DataFrame({"encounter_id": encounters, "settlement_id": ["S" + e for e in encounters]})
        world.add("record.diagnosis", frame, diagnosis_code=diagnosis, is_principal=number == 0)
        world.add("feature.visit_diagnosis", frame.select("encounter_id"), diagnosis_code=diagnosis,
                  is_principal=number == 0)  # fmt: skip


def coded(world, name, plain, complicated, *diagnoses, **said):
    code(world, world.stay(name, plain))
    ids = world.stay(name, complicated, **said)
    code(world, ids, *diagnoses)
    return ids


# --- complications


def test_complications_far_above_the_peers(town):
    for name in PEERS:
        coded(town, name, 40, 4, "E11.900", "I10.x00")
    ids = coded(town, OTHER, 20, 24, "E11.900")
    found = [(i, d, a) for i, d, a in town.judge("complication_share") if d["indicator"] == "complicated"]
    assert len(found) == len(ids) and found[0][0] == OTHER
    # Complications cost nothing more here, so it is the least a CC adds, in the part beyond the usual share.
    usual = max(found[0][1]["expected"], found[0][1]["usual"])
    assert found[0][2] == pytest.approx(5000 * 0.2 * (1 - usual / 54.5), abs=2)
    assert (found[0][1]["own"], found[0][1]["unit"], found[0][1]["peers"]) == (54.5, "%", 11)
    assert not [d for _, d, _ in town.judge("complication_share") if d["indicator"] == "severe"]


def test_a_complication_of_the_same_category_and_one_that_is_none_do_not_count(town):
    for name in PEERS:
        coded(town, name, 40, 4, "E11.900")
    code(town, town.stay(OTHER, 20), "I10.x00")
    code(town, town.stay(OTHER, 20), "J96.900", principal="J96.100")
    town.con.execute("update feature.stay set diagnosis_code = 'J96.100' where encounter_id in ("
                     "select encounter_id from feature.visit_diagnosis where diagnosis_code = 'J96.100')")  # fmt: skip
    assert town.judge("complication_share") == []


def test_complications_that_cost_nothing(town):
    for name in PEERS:
        coded(town, name, 40, 31, "E11.900", total_amount=9000.0)
    coded(town, OTHER, 40, 31, "E11.900", total_amount=4900.0)
    assert {d["indicator"] for _, d, _ in town.judge("complication_share")} == {"costless"}


def test_what_a_complication_adds_is_measured_where_it_adds_more(town):
    for name in PEERS:
        coded(town, name, 40, 4, "E11.900", total_amount=9000.0)
    coded(town, OTHER, 20, 24, "E11.900", total_amount=9000.0)
    amounts = [a for _, d, a in town.judge("complication_share") if d["indicator"] == "complicated"]
    assert len(amounts) == 24 and 2500 < amounts[0] < 4000


def test_stays_without_a_list_are_not_counted(town):
    for name in PEERS:
        coded(town, name, 40, 4, "E11.900")
    town.stay(OTHER, 40)
    town.judge("complication_share")
    assert town.clear() + sum(town.cannot().values()) == 2 * 10 * 44 + 10 * 4


# --- paid groups


def test_stays_far_cheaper_than_their_group(town):
    for name in PEERS:
        town.stay(name, 40)
    town.stay(OTHER, 20)
    cheap = town.stay(OTHER, 20, total_amount=1500.0)
    found = town.judge("paid_group_cost")
    assert len(found) == len(cheap) and found[0][1]["indicator"] == "cheap" and found[0][2] is None


@pytest.mark.parametrize(
    "excuse",
    [{"discharge_way": "2"}, {"payment_method": "1"}, {"nights": 1}, {"is_expected": True}, {"diagnosis_code": "Z99"}],
)
def test_cheap_stays_have_excuses(town, excuse):
    for name in PEERS:
        town.stay(name, 40)
    town.stay(OTHER, 20)
    town.stay(OTHER, 20, total_amount=1500.0, **excuse)
    assert town.judge("paid_group_cost") == []


def test_cheap_and_coming_back_is_under_service_cheap_alone_is_not(town):
    for name in PEERS:
        town.stay(name, 60)
    start = date(2025, 1, 6)
    town.stay(OTHER, 30, total_amount=2500.0)
    assert town.judge("under_service") == []
    town.stay(OTHER, 15, total_amount=2500.0, every=0, start=start, next_on=start + timedelta(days=20),
              next_institution_id="H01")  # fmt: skip
    ((place, detail, amount),) = town.judge("under_service")
    assert place == OTHER and detail["cost_index"] == 0.5 and detail["flagged"] == 15 and amount is None
    town.con.execute("update feature.stay set total_amount = 5000 where institution_id = 'H99'")
    assert town.judge("under_service") == []


# --- around the stay


@pytest.mark.parametrize(
    ("share", "said"), [("around", {"around_amount": 2000.0}), ("self_paid", {"self_paid_amount": 2000.0})]
)
def test_costs_moved_out_of_stays(town, share, said):
    for name in PEERS:
        town.stay(name, 40)
        town.stay(name, 1, **said)
    town.stay(OTHER, 20)
    moved = town.stay(OTHER, 20, **said)
    found = town.judge("cost_shifting")
    assert len(found) == len(moved) and {d["indicator"] for _, d, _ in found} == {share} and found[0][2] is None


# --- digits


def bills(world, name, amounts):
    ids = [f"{name}-{i}" for i in range(len(amounts))]
    world.add("feature.settlement", pl.DataFrame({"settlement_id": ids, "person_id": ids, "total_amount": amounts}),
              institution_id=name, care_setting="outpatient", is_pharmacy=False)  # fmt: skip


def test_digits_unlike_the_others(world):
    rng = np.random.default_rng(1)
    world.hospitals([*PEERS, OTHER])
    for name in PEERS:
        bills(world, name, rng.integers(2000, 30000, 1500) / 100)
    bills(world, OTHER, np.where(rng.random(1500) < 0.6, 8, rng.integers(0, 10, 1500)) + rng.integers(2, 30, 1500) * 10)
    found = world.judge("digit_heaping")
    assert {i for i, _, _ in found} == {OTHER}
    assert {(d["what"], d["digit"]) for _, d, _ in found} >= {("The last digit of whole yuan", 8)}
    assert world.con.sql("select max(weight) from judged").fetchall()[0][0] == 0.2


def test_few_bills_say_nothing_about_digits(world):
    world.hospitals(PEERS)
    for name in PEERS:
        bills(world, name, [18.0] * 900)
    assert world.judge("digit_heaping") == [] and world.clear() == 0
