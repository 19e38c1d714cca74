"""More than beds, staff and days hold."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

START = date(2025, 3, 1)


# --- beds


def test_a_month_over_the_beds_is_told_with_its_peak(world):
    world.hospitals(["H1", "H2", "H3"], beds=10)
    crowd = world.stay("H1", 14, start=START, every=0, nights=8)
    for name in ("H1", "H2", "H3"):
        world.stay(name, 60, start=START, every=1, nights=4)
    world.lines(crowd, "B1", "床位费", "01", quantity=8.0, amount=400.0)
    world.lines(crowd, "D1", "西药", "09", quantity=1.0, amount=900.0)
    found = world.judge("bed_census")
    detail = found[0][1]
    assert {i for i, _, _ in found} == {"H1"} and (detail["month"], detail["beds"]) == ("2025-03", 10)
    assert (detail["over_days"], detail["peak"], detail["peak_on"]) == (8, 18, "2025-03-04")
    assert detail["most"] == 11 and world.clear() == 5
    # The stays of those eight days: 15 to 18 persons on ten beds.
    beyond = sum(1 - 10 / persons for persons in (15, 16, 17, 18, 18, 18, 18, 18))
    assert len(found) == 14 + 8 and sum(a is None for _, _, a in found) == 8
    assert [a for _, _, a in found if a] == [pytest.approx(400 / 8 * beyond, abs=0.01)] * 14


def test_of_a_stay_settled_in_parts_each_part_has_its_money(world):
    world.hospitals(["H1"], beds=10)
    crowd = world.stay("H1", 14, start=START, every=0, nights=8)
    world.stay("H1", 40, start=START + timedelta(days=8), every=1, nights=4)
    world.lines(crowd, "B1", "床位费", "01", quantity=8.0, amount=400.0)
    parts = pl.DataFrame({"encounter_id": crowd[:1], "settlement_id": ["again"]})
    world.add("feature.settlement", parts, institution_id="H1", eligible_amount=12000.0, care_setting="inpatient")
    amounts = [a for _, _, a in world.judge("bed_census") if a]
    assert len(amounts) == 15
    one = 400 / 8 * 8 * (1 - 10 / 14)
    assert sorted(amounts)[0] == pytest.approx(one / 4, abs=0.01)
    assert sum(amounts) == pytest.approx(14 * one, abs=0.2)


@pytest.mark.parametrize("said", [{"is_ward_day": True}, {"age_band": "0", "chapter": "P"}, {"nights": None}])
def test_who_does_not_lie_in_an_approved_bed_is_not_counted(world, said):
    world.hospitals(["H1"], beds=10)
    world.stay("H1", 40, start=START, every=0, **({"nights": 8} | said))
    world.stay("H1", 10, start=START, every=3, nights=4)
    assert world.judge("bed_census") == []


def test_few_days_are_no_hit_and_unknown_beds_cannot_be_judged(world):
    world.hospitals(["H1"], beds=10)
    world.stay("H1", 14, start=START, every=0, nights=4)
    world.stay("H1", 10, start=START, every=3, nights=2)
    world.hospitals(["H2"], beds=0)
    world.stay("H2", 40, start=START, every=0)
    assert world.judge("bed_census") == []
    assert world.cannot() == {"no approved beds in the register": 1}


# --- services


def test_hours_beyond_the_beds(world):
    world.hospitals(["H1", "H2"], beds=5, staff=10)
    world.add("knowledge.item_frequency", pl.DataFrame({"item_code": ["003107010220000"]}), max_quantity=24,
              time_window="day", unit_zh="小时", official=27, basis="b", layer="nation")  # fmt: skip
    for day in range(4):
        ids = world.stay("H1", 8, start=START + timedelta(days=day), every=0)
        world.lines(ids, "003107010220000", "心电监测", "05", quantity=20.0, amount=100.0)
        world.lines(world.stay("H2", 6, start=START + timedelta(days=day), every=0), "003107010220000", "心电监测", "05",
                    quantity=20.0)  # fmt: skip
    ((place, detail, amount),) = world.judge("service_capacity")
    assert place == "H1" and (detail["over_days"], detail["base"], detail["most"], detail["peak"]) == (4, 5, 120, 160)
    assert amount == pytest.approx(4 * 800 * (1 - 120 / 160))
    assert world.judge("service_capacity", min_days=5) == []


def test_hours_of_several_days_posted_at_once_are_no_day(world):
    world.hospitals(["H1"], beds=5, staff=10)
    world.add("knowledge.item_frequency", pl.DataFrame({"item_code": ["003107010220000"]}), max_quantity=24,
              time_window="day", unit_zh="小时", official=27, basis="b", layer="nation")  # fmt: skip
    for day in range(4):
        ids = world.stay("H1", 8, start=START + timedelta(days=day), every=0)
        world.lines(ids, "003107010220000", "心电监测", "05", quantity=20.0, is_posted_in_bulk=True)
    assert world.judge("service_capacity") == []


def test_therapy_beyond_the_staff_and_what_no_register_tells(world):
    world.hospitals(["H1"], staff=2)
    world.hospitals(["H2"], staff=0)
    for name in ("H1", "H2"):
        for day in range(3):
            ids = world.stay(name, 10, start=START + timedelta(days=day), every=0)
            world.lines(ids, "004300000010000", "普通针刺", "05", quantity=15.0)
    world.lines(world.stay("H1", 1), "002103000010000", "X线计算机体层(CT)平扫", "03")
    ((place, detail, _),) = world.judge("service_capacity")
    assert place == "H1" and detail["most"] == 120 and detail["peak"] == 150
    assert world.cannot() == {
        "needs clinical staff (medins_info_b)": 1,
        "needs the number of devices (medins_equip_d)": 1,
    }


def nursed(world, place, persons, days=3):
    for day in range(days):
        ids = world.stay(place, persons, start=START + timedelta(days=day), every=0)
        world.lines(ids, "001201000030000", "Ⅰ级护理", "07", quantity=1.0)


def test_nurses_count_where_the_register_has_them(world):
    world.hospitals(["H1", "H2"], staff=20)
    world.con.execute("update record.hospital set nurses = 3 where institution_id = 'H1'")
    for place in ("H1", "H2"):
        nursed(world, place, 40)
    ((place, detail, _),) = world.judge("service_capacity")
    assert place == "H1" and (detail["base"], detail["most"], detail["peak"]) == (3, 36, 40)
    assert detail["base_text_zh"] == "名护理人员"


CT, MR = ("002103000010000", "X线计算机体层(CT)平扫"), ("002102000010000", "磁共振平扫")
DIALYSIS = ("003110000060000", "血液透析")


def served(world, place, item, persons, days=3, category="03", **said):
    for day in range(days):
        ids = world.stay(place, persons, start=START + timedelta(days=day), every=0)
        world.lines(ids, *item, category, **said)


def register(world, *rows):
    """Rows of the register of equipment: institution, type, devices, and from when to when."""
    frame = pl.DataFrame(
        [(*r, None, None)[:5] for r in rows],
        schema=["institution_id", "equipment_type", "devices", "valid_from", "valid_to"], orient="row",
    )  # fmt: skip
    world.add("record.equipment", frame)


@pytest.mark.parametrize(
    ("item", "words", "persons", "most", "what"),
    [
        (DIALYSIS, "血液透析机", 9, 8, "dialysis sessions"),
        (CT, "CT", 289, 288, "persons in CT"),
        (CT, "X线电子计算机断层扫描装置（64排）", 289, 288, "persons in CT"),
        (MR, "MRI 1.5T", 193, 192, "persons in MR"),
    ],
)
def test_persons_beyond_the_devices(world, item, words, persons, most, what):
    world.hospitals(["H1", "H2"])
    register(world, ("H1", words, 2), ("H2", words, 3), ("H1", "水处理设备（血液透析）", 9), ("H1", "PET-CT", 9))
    for place in ("H1", "H2"):
        served(world, place, item, persons, amount=100.0)
    ((place, detail, amount),) = world.judge("service_capacity")
    assert place == "H1" and (detail["over_days"], detail["base"], detail["most"], detail["peak"]) == (
        3, 2, most, persons,
    )  # fmt: skip
    assert detail["what"] == what and amount == pytest.approx(3 * 100.0, abs=0.01) and world.clear() == 1


def test_devices_count_from_when_to_when_they_run(world):
    world.hospitals(["H1", "H2"])
    register(
        world, ("H1", "透析机", 2, date(2020, 1, 1)), ("H1", "透析机", 8, START + timedelta(days=3)),
        ("H2", "透析机", 2, None, START - timedelta(days=1)),
    )  # fmt: skip
    served(world, "H1", DIALYSIS, 9, days=6)
    served(world, "H2", DIALYSIS, 9)
    ((place, detail, _),) = world.judge("service_capacity")
    assert place == "H1" and (detail["over_days"], detail["base"]) == (3, 2)
    assert world.cannot() == {"needs the number of devices (medins_equip_d)": 1}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("血液透析器", {"catalogue_type": "301"}),
        ("血液透析监测", {}),
        ("连续性血液净化", {}),
        ("X线计算机体层(CT)扫描三维重建加收", {}),
        ("CT引导", {}),
        ("单光子发射计算机体层显像", {}),
    ],
)
def test_what_takes_no_device_is_not_counted(world, name, said):
    world.hospitals(["H1"])
    register(world, ("H1", "透析机", 1), ("H1", "CT", 1))
    served(world, "H1", ("X1", name), 150, **said)
    assert world.judge("service_capacity") == [] and world.cannot() == {} and world.clear() == 0


def test_parts_of_one_person_are_one_scan_and_two_days_are_no_hit(world):
    world.hospitals(["H1"])
    register(world, ("H1", "CT", 1, START), ("H1", "透析机", 1, START + timedelta(days=9)))
    for day in range(3):
        ids = world.stay("H1", 100, start=START + timedelta(days=day), every=0)
        for part in ("1", "2"):
            world.lines(ids, CT[0][:-1] + part, CT[1] + part, "03", quantity=3.0)
    assert world.judge("service_capacity") == [] and world.clear() == 1
    served(world, "H1", CT, 60, days=2)
    assert world.judge("service_capacity") == []
    ((_, detail, _),) = world.judge("service_capacity", min_days=2)
    assert (detail["over_days"], detail["peak"]) == (2, 160)


# --- practitioners


def visits(world, rows, minutes=4, **said):
    """`rows`: institution, practitioner, day, how many persons, the number of the first, `minutes` each."""
    seen = [
        (
            h,
            d,
            day,
            f"P{first + i}",
            datetime(day.year, day.month, day.day, 8) + timedelta(minutes=minutes * i),
            f"{d}{day}{i}",
        )
        for h, d, day, persons, first in rows
        for i in range(persons)
    ]
    columns = ["institution_id", "practitioner_id", "charged_on", "person_id", "charged_at", "settlement_id"]
    values = {"is_pharmacy": False, "care_setting": "outpatient", "catalogue_type": "101", "fee_category": "09",
              "has_clock": True, "amount": 40.0, "eligible_amount": 30.0}  # fmt: skip
    world.add("feature.fee_line", pl.DataFrame(seen, schema=columns, orient="row"), **(values | said))


@pytest.fixture
def clinic(world):
    """Thirty practitioners at three hospitals, four persons a day each on twenty days."""
    world.hospitals(["H1", "H2", "H3"])
    days = [START + timedelta(days=10 * n) for n in range(20)]
    visits(world, [(f"H{1 + n % 3}", f"D1{n:02}", day, 4, 40 * n) for n in range(30) for day in days])
    return world


def crowd(world, persons=40, days=8, step=10, same=False, **said):
    days_of = [START + timedelta(days=step * n + 1) for n in range(days)]
    visits(world, [("H1", "D100", day, persons, 0 if same else 5000 + 50 * n) for n, day in enumerate(days_of)], **said)


def test_a_practitioner_far_beyond_the_like_over_months(clinic):
    crowd(clinic)
    found = clinic.judge("practitioner_volume")
    assert len(found) == 8
    detail = found[0][1]
    assert (detail["persons"], detail["over_days"], detail["most"], detail["own"]) == (40, 8, 19, 40)
    hits = clinic.con.sql("select distinct practitioner_id from judged where outcome = 'hit'").fetchall()
    assert hits == [("D100",)]
    assert detail["months"] == 3 and detail["hours_text"] == " within 2.6 hours" and found[0][2] is None


@pytest.mark.parametrize(
    "said",
    [
        {"same": True}, {"minutes": 15}, {"days": 4}, {"step": 1}, {"persons": 15}, {"care_setting": "inpatient"},
        {"catalogue_type": "201", "fee_category": "04"},
    ],
)  # fmt: skip
def test_rounds_campaigns_wards_and_tests_are_no_crowd(clinic, said):
    crowd(clinic, **said)
    assert clinic.judge("practitioner_volume") == []


def test_codes_for_nobody_and_few_peers(clinic):
    visits(clinic, [("H1", "D0000000", START + timedelta(days=10 * n), 60, 9000 + 70 * n) for n in range(20)])
    assert clinic.judge("practitioner_volume") == []
    clinic.con.execute("delete from feature.fee_line where practitioner_id > 'D109'")
    crowd(clinic)
    assert clinic.judge("practitioner_volume") == []
    assert clinic.cannot() == {"too few practitioners at like institutions": 10}


# --- one name in many departments


def signed(world, practitioner, departments, visits=20, step=5, setting="outpatient"):
    rows = [
        {
            "practitioner_id": practitioner, "institution_id": "H1", "department_code": department,
            "eligible_amount": 40.0,
            "encounter_id": f"{practitioner}{department}{n}", "person_id": f"P{n}{department}",
            "charged_on": START + timedelta(days=step * n),
        }
        for department in departments
        for n in range(visits)
    ]  # fmt: skip
    world.add("feature.fee_line", pl.DataFrame(rows), is_pharmacy=False, care_setting=setting)


@pytest.fixture
def house(world):
    """Twenty-five practitioners of one hospital who keep to one department each."""
    world.hospitals(["H1"])
    for number in range(25):
        signed(world, f"D1{number:02}", [f"A{number % 4}"], visits=70, step=3)
    return world


def test_one_name_in_many_departments(house):
    signed(house, "D500", [f"B{i}" for i in range(8)])
    found = house.judge("shared_signature")
    place, detail, amount = found[0]
    assert (place, detail["own"], detail["visits"], amount) == ("H1", 8, 160, 40.0)
    assert (detail["outside_text"], detail["usual"], detail["peers"]) == ("88%", 1, 25)
    assert len(found) == 140 and detail["main"] not in {d["department"] for _, d, _ in found}


def test_what_the_like_sign_outside_their_department_is_taken_off(house):
    for number in range(25):
        signed(house, f"D1{number:02}", ["Z9"], visits=30)
    signed(house, "D500", [f"B{i}" for i in range(8)])
    found = house.judge("shared_signature")
    assert [a for _, _, a in found] == [pytest.approx(40 * (1 - 0.3 / 0.875), abs=0.01)] * 140


@pytest.mark.parametrize("case", ["wards", "few", "two weeks", "main", "nobody", "general practice"])
def test_many_departments_have_excuses(house, case):
    name = "D000" if case == "nobody" else "D500"
    said = {"wards": {"setting": "inpatient"}, "two weeks": {"step": 1, "visits": 14}}.get(case, {})
    signed(house, name, [f"B{i}" for i in range(4 if case == "few" else 8)], **said)
    if case == "main":
        signed(house, name, ["C1"], visits=1000, step=1)
    if case == "general practice":
        for number in range(10):
            signed(house, f"D6{number}", [f"B{i}" for i in range(6)])
    assert house.judge("shared_signature") == []


def test_a_small_house_has_no_like(world):
    world.hospitals(["H1"])
    signed(world, "D500", [f"B{i}" for i in range(8)])
    assert world.judge("shared_signature") == []
    assert world.cannot() == {"too few practitioners at like institutions": 1}


# --- nursing


@pytest.mark.parametrize(
    ("first", "second", "over"),
    [(7, 7, 5), (5, 4, 0), (7, 2, 0), (7, 3, 1), (14, 0, 0)],
    ids=["both in full", "a change", "with discharge", "one more", "one grade alone"],
)
def test_grades_of_nursing_together_fit_the_stay(world, first, second, over):
    world.hospitals(["H1"])
    ids = world.stay("H1", 1, nights=7)
    world.lines(ids, "N1", "Ⅰ级护理", "07", quantity=float(first), amount=20.0 * first)
    if second:
        world.lines(ids, "N2", "Ⅱ级护理", "07", quantity=float(second), amount=10.0 * second)
    world.lines(ids, "N3", "特级护理", "07", quantity=24.0, amount=240.0)
    found = world.judge("nursing_over_days")
    assert [(d["over"], a) for _, d, a in found] == ([(over, 10.0 * over)] if over else [])


def test_a_stay_still_going_on_cannot_be_judged(world):
    world.hospitals(["H1"])
    ids = world.stay("H1", 1, nights=None)
    world.lines(ids, "N1", "Ⅰ级护理", "07", quantity=9.0)
    world.lines(ids, "N2", "Ⅱ级护理", "07", quantity=9.0)
    assert world.judge("nursing_over_days") == [] and world.cannot() == {"still in hospital": 1}
