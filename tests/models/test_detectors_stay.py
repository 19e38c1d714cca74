"""Patterns of stays: shares above peers, tests done to everybody, groups, gathering at limits, bed-day places."""

import re
from datetime import date, timedelta

import polars as pl
import pytest

from models import detectors

PEERS = [f"H{i:02}" for i in range(10)]
OTHER = "H99"


@pytest.fixture
def town(world):
    """Ten plain hospitals of forty stays each, and one more without any."""
    world.hospitals([*PEERS, OTHER])
    for name in PEERS:
        world.stay(name, 40)
    return world


# --- shares


FLAGS = {
    "idle": {"idle_days": 4},
    "elsewhere": {"visits_elsewhere": 1},
    "low_threshold": {"nights": 2, "injections": 0, "total_amount": 300.0, "exam_amount": 2600.0},
    "checkup": {"exam_amount": 3000.0, "care_amount": 500.0},
    "one_day": {"nights": 1},
    "holiday": {"is_holiday_start": True},
}


@pytest.mark.parametrize("share", FLAGS)
def test_a_share_far_above_the_peers_lists_its_stays(town, share):
    town.stay(OTHER, 20)
    flagged = town.stay(OTHER, 20, **FLAGS[share])
    found = [(d, a) for i, d, a in town.judge("stay_share_above_peers") if d["indicator"] == share and i == OTHER]
    assert len(found) == len(flagged)
    detail, amount = found[0]
    assert (detail["own"], detail["unit"], detail["flagged"], detail["stays"]) == (50, "%", 20, 40)
    assert detail["peers"] == 11 and detail["usual"] < 1
    assert detail["z"] >= 3 and (amount is None if share == "holiday" else 0 < amount <= 4000)


def test_relay_counts_stays_begun_where_another_hospital_ended(town):
    town.stay(OTHER, 30)
    town.stay(OTHER, 10, left_institution_id="H01", left_on=date(2025, 1, 6), every=0, start=date(2025, 1, 6))
    town.stay(OTHER, 9, left_institution_id="H01", left_on=date(2025, 1, 6), every=0, start=date(2025, 1, 6),
              was_sent_on=True)  # fmt: skip
    found = [d for _, d, _ in town.judge("stay_share_above_peers") if d["indicator"] == "relay"]
    assert len(found) == 10, "a stay after a medical transfer is no relay"


@pytest.mark.parametrize("excuse", [{"level_step": -1}, {"level_step": 1}, {"is_transferred_in": True}])
def test_care_by_levels_is_no_relay(town, excuse):
    town.stay(OTHER, 30)
    town.stay(OTHER, 10, left_institution_id="H01", left_on=date(2025, 1, 6), every=0, start=date(2025, 1, 6), **excuse)
    assert not [d for _, d, _ in town.judge("stay_share_above_peers") if d["indicator"] == "relay"]


@pytest.mark.parametrize("share", ["low_threshold", "checkup", "one_day", "holiday"])
@pytest.mark.parametrize("excuse", ["is_emergency_start", "is_transferred_in", "is_continued"])
def test_who_was_brought_chose_neither_day_nor_need(town, share, excuse):
    town.stay(OTHER, 20)
    town.stay(OTHER, 20, **(FLAGS[share] | {excuse: True}))
    assert not [d for _, d, _ in town.judge("stay_share_above_peers") if d["indicator"] == share]


@pytest.mark.parametrize(
    "excuse",
    [
        {"is_expected": True}, {"is_ward_day": True}, {"payment_method": "5"}, {"is_operated": True},
        {"unsorted_lines": 3}, {"busiest_share": 0.9},
    ],
)  # fmt: skip
def test_idle_days_have_excuses(town, excuse):
    town.stay(OTHER, 20)
    town.stay(OTHER, 20, **({"idle_days": 4} | excuse))
    if "busiest_share" in excuse:
        town.con.execute("update feature.stay set busiest_share = 0.9 where institution_id = 'H99'")
    assert not [d for _, d, _ in town.judge("stay_share_above_peers") if d["indicator"] == "idle"]


def test_who_travels_to_a_far_hospital_goes_on_a_free_day(town):
    town.stay(OTHER, 20)
    away = town.stay(OTHER, 20, is_holiday_start=True)
    town.con.execute(
        "update feature.settlement set insured_division = '990102', institution_division = '980000'"
        " where encounter_id in (select unnest($1))",
        [away],
    )
    assert town.judge("stay_share_above_peers") == []


def test_what_the_mix_of_persons_explains_is_no_hit(town):
    """Old persons with fractures lie idle everywhere; the hospital that takes them in only has more of them."""
    frail = {"stratum": "75|2|S", "chapter": "S", "idle_days": 4}
    for name in PEERS:
        town.stay(name, 4, **frail)
    town.stay(OTHER, 10)
    town.stay(OTHER, 30, **frail)
    assert not [d for _, d, _ in town.judge("stay_share_above_peers") if d["indicator"] == "idle"]


def test_too_few_stays_and_lone_kinds_cannot_be_judged(town):
    town.stay(OTHER, 10, idle_days=4)
    town.hospitals(["X1"], kind="A520")
    town.stay("X1", 40, nights=1)
    assert town.judge("stay_share_above_peers") == []
    idle, one_day = "Stays on whose days little but bed and nursing was charged", "Stays of one night"
    reasons = town.cannot()
    assert reasons[f"{idle}: volume too small"] == 10 and reasons[f"{one_day}: too few peers of its kind"] == 40


def test_a_special_hospital_has_no_excuse_for_idle_days(town):
    town.hospitals(["X1"], kind="A527")
    town.stay("X1", 20)
    town.stay("X1", 20, idle_days=4)
    assert {(i, d["indicator"]) for i, d, _ in town.judge("stay_share_above_peers")} == {("X1", "idle")}


# --- tests done to everybody

DIMER = ("002502030660000", "血浆D-二聚体测定")
BLOOD = ("002501010150000", "血细胞分析")


@pytest.fixture
def tested(town):
    """Blood counts for all, D-dimer for a tenth, at the ten; D-dimer is on the official list."""
    basis = "清单"
    town.add("knowledge.routine_test", pl.DataFrame({"name_word": ["二聚体"]}), title_zh="D-二聚体",
             problem="hospital-103", basis=basis, layer="starter")  # fmt: skip
    stays = town.con.sql("select encounter_id, institution_id from feature.stay order by 1").pl()
    town.lines(stays["encounter_id"], *BLOOD)
    town.lines(stays["encounter_id"].gather_every(10), *DIMER)
    return town


def test_a_named_test_done_to_most_is_found_line_by_line(tested):
    stays = tested.stay(OTHER, 40)
    tested.lines(stays, *BLOOD)
    tested.lines(stays[:20], *DIMER)
    found = tested.judge("universal_tests")
    assert len(found) == 20 and {i for i, _, _ in found} == {OTHER}
    detail, amount = found[0][1:]
    assert (detail["done"], detail["stays"], detail["peers"], detail["problem"]) == (20, 40, 10, "hospital-103")
    assert (detail["own"], detail["usual"], detail["unit"]) == (50, 10, "%")
    assert amount == pytest.approx(30 * (1 - 0.1 / 0.5))


def test_a_test_without_a_name_on_the_list_needs_a_larger_share(tested):
    tested.con.execute("delete from knowledge.routine_test")
    stays = tested.stay(OTHER, 40)
    tested.lines(stays[:20], *DIMER)
    assert tested.judge("universal_tests") == []
    tested.lines(stays[20:26], *DIMER)
    assert len(tested.judge("universal_tests")) == 26


def test_what_everybody_does_is_custom(tested):
    stays = tested.stay(OTHER, 40)
    tested.lines(stays, *BLOOD)
    assert tested.judge("universal_tests") == []


def test_one_department_is_enough(tested):
    tested.stay(OTHER, 100)
    stays = tested.stay(OTHER, 25, department_code="A04")
    for name in PEERS[:5]:
        tested.lines(tested.stay(name, 12, department_code="A04")[:1], *DIMER)
    tested.lines(stays, *DIMER)
    found = tested.judge("universal_tests")
    assert len(found) == 25 and found[0][1]["department_code"] == "A04" and found[0][1]["peers"] == 5


def test_a_department_that_does_it_everywhere_explains_the_hospital(tested):
    for name in PEERS:
        tested.lines(tested.stay(name, 10, department_code="A07"), *DIMER)
    tested.lines(tested.stay(OTHER, 60, department_code="A07"), *DIMER)
    assert tested.judge("universal_tests") == []


def test_a_method_is_not_another_test(tested):
    """The same service by another method, by its national code."""
    stays = tested.stay(OTHER, 40)
    tested.lines(stays, "002501010150100", "血细胞分析（流式）")
    assert tested.judge("universal_tests") == []


def test_an_addition_is_counted_among_what_it_is_added_to(tested):
    tested.add("knowledge.routine_test", pl.DataFrame({"name_word": ["门控"]}), base_word="体层", title_zh="门控",
               problem="hospital-82", basis="清单", layer="starter")  # fmt: skip
    for name in PEERS:
        ids = tested.con.sql(f"select encounter_id from feature.stay where institution_id = '{name}'").pl()
        tested.lines(ids["encounter_id"][:20], "002103000010000", "X线计算机体层(CT)平扫", "03")
    stays = tested.stay(OTHER, 100)
    tested.lines(stays[:25], "002103000010000", "X线计算机体层(CT)平扫", "03")
    tested.lines(stays[:20], "002103000060000", "使用心电门控设备加收", "03")
    found = tested.judge("universal_tests")
    assert len(found) == 20 and (found[0][1]["done"], found[0][1]["stays"]) == (20, 25)


def test_tests_of_nobody_else_and_few_peers_cannot_be_judged(tested):
    tested.lines(tested.stay(OTHER, 30), "002509999990000", "本院自制检验")
    tested.hospitals(["X1"], kind="A520")
    tested.lines(tested.stay("X1", 30, department_code="A15"), *DIMER)
    assert tested.judge("universal_tests") == []
    assert set(tested.cannot()) == {"a test that no peer does", "too few peers with such stays"}


# --- groups


def employ(world, encounters, employer):
    world.con.execute(
        "update record.settlement set employer_id = $1 where encounter_id in (select unnest($2))",
        [employer, encounters],
    )


def test_persons_of_one_employer_admitted_together(town):
    for number in range(20):
        employ(town, town.stay(PEERS[number % 10], 6, start=date(2025, 1, 6 + number), every=15), f"U{number:02}")
    employ(town, town.stay(OTHER, 7, start=date(2025, 5, 5), every=0, diagnosis_code="M54.500"), "U77")
    found = town.judge("group_admission")
    assert len(found) == 7 and {i for i, _, _ in found} == {OTHER}
    detail, amount = found[0][1:]
    assert (detail["persons"], detail["alike"], detail["group_text"]) == (7, 7, "employer U77")
    assert 3500 < amount < 4000 and detail["usual"] < 0.5
    assert town.cannot()["residence unknown"] == town.stays


@pytest.mark.parametrize(
    "case",
    ["outbreak", "mushrooms", "school kitchen", "bus accident", "emergency", "operations", "course", "spread", "few", "busy"],
)  # fmt: skip
def test_groups_have_excuses(town, case):
    for number in range(20):
        employ(town, town.stay(PEERS[number % 10], 6, start=date(2025, 1, 6 + number), every=15), f"U{number:02}")
    start = date(2025, 5, 5)
    if case == "busy":
        employ(town, town.stay(OTHER, 40, every=5), "U77")
        town.stay(OTHER, 60, start=start, every=0)
    said = {
        "outbreak": {"diagnosis_code": "J10.100"},
        "mushrooms": {"diagnosis_code": "T62.000"},
        "school kitchen": {"diagnosis_code": "K52.900"},
        "bus accident": {"diagnosis_code": "S82.200"},
        "emergency": {"diagnosis_code": "R10.400", "is_emergency_start": True},
        "course": {"is_expected": True},
        "operations": {"is_operated": True},
    }
    said = said.get(case, {})
    count, every = (4 if case == "few" else 7), (20 if case == "spread" else 0)
    employ(town, town.stay(OTHER, count, start=start, every=every, **said), "U77")
    assert town.judge("group_admission") == []


def test_a_division_of_residence_is_a_group_too(town):
    people = town.con.sql("select distinct person_id from feature.stay order by 1").pl()
    ids = town.stay(OTHER, 8, start=date(2025, 6, 2), every=0)
    many = pl.concat([people["person_id"], pl.Series([f"P{i[1:]}" for i in ids])])
    places = [f"99010{i % 4}" for i in range(len(people))] + ["990123"] * 8
    town.add("feature.person", pl.DataFrame({"person_id": many, "residence_division": places}))
    found = town.judge("group_admission")
    assert len(found) == 8 and found[0][1]["group_text"] == "division 990123"


def test_the_number_of_a_group_never_runs_into_the_number_of_its_persons():
    (source,) = (s for s in detectors.load() if s.id == "group_admission")
    division = {"group_text": "division 990123", "group_text_zh": "居住地区划990123", "persons": 8}
    for template in (source.card.sentence, source.card.sentence_zh):
        numbers = re.findall(r"\d+", re.sub(r"\{(\w+)\}", lambda m: str(division.get(m[1], "x")), template))
        assert sorted(numbers) == ["8", "990123"]


def test_who_admits_three_of_a_group_is_named(town):
    start = date(2025, 3, 3)
    for doctor, count in (("D1", 5), ("D2", 2)):
        employ(town, town.stay(OTHER, count, start=start, every=0, practitioner_id=doctor), "U77")
    assert len(town.judge("group_admission")) == 7
    assert signed(town) == [(None, 2), ("D1", 5)]


def signed(town):
    return town.con.sql(
        "select practitioner_id, count(*) from judged where outcome = 'hit' group by 1 order by 2"
    ).fetchall()


# --- gathering at limits


def nights(world, name, lengths):
    for length, count in lengths.items():
        world.stay(name, count, nights=length)


def test_stays_that_all_last_the_same(world):
    usual = {5: 12, 6: 14, 7: 14, 8: 12, 9: 10, 10: 9, 11: 8}
    world.hospitals([*PEERS, OTHER])
    for name in PEERS:
        nights(world, name, usual)
    nights(world, OTHER, usual | {9: 60})
    ((place, detail, amount),) = world.judge("bunching")
    assert (place, detail["value"], detail["own"], amount) == (OTHER, 9, 60, None)
    world.con.execute("delete from feature.stay")
    for name in [*PEERS, OTHER]:
        nights(world, name, usual | {9: 60})
    assert world.judge("bunching") == [], "a pathway that all follow"


def bills(world, name, amounts):
    frame = pl.DataFrame({"total_amount": amounts, "settlement_id": [f"{name}-{i}" for i in range(len(amounts))]})
    world.add("feature.settlement", frame, institution_id=name, care_setting="outpatient", is_pharmacy=False)


@pytest.mark.parametrize("same", [False, True])
def test_bills_just_below_a_limit(world, same):
    world.hospitals([*PEERS, OTHER])
    for name in PEERS:
        bills(world, name, [150 + i * 0.9 for i in range(120)])
    below = [198.0] * 40 if same else [191 + i * 0.2 for i in range(40)]
    bills(world, OTHER, [120 + i * 0.6 for i in range(110)] + below)
    found = world.judge("bunching")
    if same:
        assert found == [], "one price is no limit"
    else:
        ((place, detail, _),) = found
        assert place == OTHER and detail["value"] == 200


# --- bed-day places


def test_stays_that_restart_at_one_price(world):
    world.hospitals(["X1", "X2"], kind="A520")
    calendar = [date(2025, 1, 28) + timedelta(days=i) for i in range(8)]
    world.add("knowledge.calendar", pl.DataFrame({"on_date": calendar}), kind="holiday", name_zh="春节", basis="b",
              layer="starter")  # fmt: skip
    bed_day = {"payment_method": "5", "chapter": "F", "stratum": "45|1|F", "nights": 31, "every": 0}
    for person in range(8):
        for month in range(8):
            start = date(2024, 11, 1) + timedelta(days=31 * month)
            again = {"left_institution_id": "X1", "left_on": start} if month else {}
            world.stay("X1", 1, start=start, persons=[f"M{person}"], **(bed_day | again))
    for number in range(25):
        world.stay(
            "X2", 1, start=date(2024, 11, 1 + number), payment_method="5", nights=90, total_amount=5000.0 + 99 * number
        )
    ((place, detail, amount),) = world.judge("bed_day_stays")
    assert place == "X1" and detail["signs"] == 3 and amount is None
    assert detail["relink"] == 88 and world.clear() == 1
    world.con.execute("update feature.stay set is_continued = true where left_on = started_on")
    assert world.judge("bed_day_stays")[0][1]["relink"] == 0, "a stay that goes on after a settlement has not restarted"
    world.con.execute("update feature.stay set is_continued = false")
    assert world.judge("bed_day_stays", min_stays=100) == [] and world.cannot() == {"too few bed-day stays": 2}
