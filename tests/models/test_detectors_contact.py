"""One telephone number for persons of several households."""

from datetime import date, timedelta

import polars as pl
import pytest

from features import build
from models import detectors
from models.sources import source

START = date(2025, 2, 1)


def group(world, number="13912345670", persons=6, homes=None, place="H1", bills=3, amount=400.0, name="P", **said):
    """Persons of one number, each at an address of their own or of `homes`, with bills at `place` (one, or one each)."""
    who = [f"{name}{i}" for i in range(persons)]
    world.add("record.person_identity", pl.DataFrame({"person_id": who}).with_columns(
        address=pl.Series(homes if homes is not None else [f"{name}村{i}号" for i in range(persons)], dtype=pl.String)
    ), source_table="psn_info_b")  # fmt: skip
    world.add("record.person_phone", pl.DataFrame({"person_id": who}), phone=number)
    rows = [
        {
            "settlement_id": f"S{p}-{n}", "encounter_id": f"E{p}-{n}", "person_id": p,
            "institution_id": place if isinstance(place, str) else place[i], "settled_on": START + timedelta(days=i + n),
        }
        for i, p in enumerate(who)
        for n in range(bills)
    ]  # fmt: skip
    frame = pl.DataFrame(rows)
    world.add("feature.settlement", frame, eligible_amount=amount, fund_rate=0.5, care_setting="outpatient")
    world.add("record.settlement", frame.select("settlement_id", "person_id"), **said)


def judge(world, **params):
    """Findings by person: the group's card fills its sentences with what the detail says."""
    for name in ("person_household", "person_contact"):
        world.con.execute(f"create or replace table feature.{name} as {build.load()[name].query.text}")
    return world.judge("shared_contact", **params)


def members(world):
    return world.con.sql("select person_id, share from judged_member order by 1").fetchall()


def test_six_households_with_one_number_at_one_place_are_a_group(world):
    group(world)
    group(world, number="13987654321", persons=2, name="Q")
    found = judge(world)
    assert len(found) == 18 and {a for _, _, a in found} == {400.0}
    detail = found[0][1]
    assert (detail["persons"], detail["households"], detail["common"], detail["at_once"]) == (6, 6, 1, 6)
    assert members(world) == [(f"P{i}", 1.0) for i in range(6)]
    keys = world.con.sql("select distinct group_key, units from judged where outcome = 'hit' and units > 0").fetchall()
    assert keys == [(detail["in_group"], 1)] and detail["in_group"].startswith("contact-")
    assert "13912345670" not in str(world.con.sql("select * from judged").fetchall())
    assert judge(world) == found and world.clear() == 0


def test_the_number_is_one_with_and_without_the_country_s_prefix_and_at_every_table(world):
    group(world, persons=3, name="A", amount=1000.0)
    group(world, number="+8613912345670", persons=3, name="B", amount=1000.0)
    assert {d["persons"] for _, d, _ in judge(world)} == {6}


@pytest.mark.parametrize(
    "said",
    [
        {"persons": 4, "amount": 9000.0},
        {"homes": ["一村1号"] * 4 + ["二村2号"] * 2},
        {"persons": 12, "homes": ["敬老院"] * 7 + [f"{i}号" for i in range(5)]},
        {"number": "13800000000"},
        {"number": "12345678"},
        {"number": "1391234"},
        {"place": [f"H{i}" for i in range(6)]},
        {"amount": 100.0},
        {"persons": 51},
    ],
    ids=[
        "few persons", "a family at two addresses", "a home and some more", "placeholder", "counting up",
        "too short", "no place in common", "little money", "the institution's own number",
    ],
)  # fmt: skip
def test_what_shares_a_number_and_is_no_group(world, said):
    group(world, **said)
    group(world, number="13987654321", persons=2, name="Q")
    assert judge(world) == [] and members(world) == [] and world.cannot() == {}


def test_many_persons_of_one_number_over_several_places_are_a_group(world):
    group(world, persons=60, place=["H1"] * 30 + ["H2"] * 30)
    assert {d["at_once"] for _, d, _ in judge(world)} == {30}


def test_dialysis_is_left_out(world):
    group(world)
    bills = world.con.sql("select settlement_id from feature.settlement").pl()
    world.add("feature.visit_bill", bills, is_course=True)
    assert judge(world) == []


def test_what_is_paid_back_by_hand_is_one_place(world):
    group(world, place=[f"H{i}" for i in range(6)], manual_reimbursement_reason="异地")
    assert {(d["common"], d["at_once"]) for _, d, _ in judge(world)} == {(1, 6)}


def test_unknown_addresses_and_no_number_at_all_cannot_be_judged(world):
    group(world, homes=[None] * 6)
    assert judge(world) == [] and world.cannot() == {"the addresses are unknown": 1}
    world.con.execute("delete from record.person_phone")
    assert judge(world) == [] and world.cannot() == {"needs 联系电话 (psn_info_b.tel or mdtrt_d.tel)": 6}


def test_a_number_counts_beside_the_persons_own(world):
    group(world)
    own = pl.DataFrame({"person_id": [f"P{i}" for i in range(6)], "phone": [f"1390000000{i}" for i in range(6)]})
    world.add("record.person_phone", own)
    assert {d["persons"] for _, d, _ in judge(world)} == {6}


def test_groups_of_the_last_run_and_of_others(world):
    group(world)
    world.con.execute(
        "insert into model.group_member values ('contact-old', 'X', 1, 'shared_contact'), ('ring-1', 'Y', 1, 'ring')"
    )
    for name in ("person_household", "person_contact"):
        world.con.execute(f"create or replace table feature.{name} as {build.load()[name].query.text}")
    (detector,) = [d for d in detectors.load() if d.id == "shared_contact"]
    source.run(world.con, detector, "x")
    keys = world.con.sql("select source, person_id from model.group_member order by 1, 2").fetchall()
    assert keys == [("ring", "Y"), *[("shared_contact", f"P{i}") for i in range(6)]]
