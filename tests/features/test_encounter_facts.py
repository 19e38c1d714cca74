"""What an encounter is excused by, from records as an export fills them and with the packaged knowledge."""

import pytest

from features import build

NEEDED = ("institution", "person", "settlement", "fee_line", "delivered_diagnosis", "encounter")
HOSPITALS = {
    "H1": ("05", "A100"),
    "H2": ("02", "A100"),
    "H3": ("05", "A527"),
    "H4": ("08", "C220"),
    "H5": (None, "A100"),
}


class Care:
    """A few encounters of one person; `facts` builds the features and gives one encounter's."""

    def __init__(self, con):
        self.con = con
        for hospital, (grade, kind) in HOSPITALS.items():
            self.put("hospital", institution_id=hospital, institution_name=hospital, institution_grade=grade,
                     institution_kind=kind)  # fmt: skip

    def put(self, table, **row):
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.con.execute(f"insert into record.{table} ({names}) values ({marks})", list(row.values()))

    def visit(self, name, start, end=None, category="11", place="H1", settlement=None, lines=(), **encounter):
        end = end or start
        self.put("encounter", **{"encounter_id": name, "person_id": "P1", "institution_id": place,
                 "medical_category": category, "started_at": start, "ended_at": end} | encounter)  # fmt: skip
        self.put("settlement", **{"settlement_id": f"S{name}", "encounter_id": name, "person_id": "P1",
                 "institution_id": place, "medical_category": category, "started_on": start, "ended_on": end,
                 "settled_at": end, "total_amount": 100, "insurance_type": "310"} | (settlement or {}))  # fmt: skip
        for number, line in enumerate(lines):
            self.put("fee_line", **{"line_id": f"{name}{number}", "encounter_id": name, "settlement_id": f"S{name}",
                     "charged_at": start, "quantity": 1, "amount": 10, "item_code": f"I{number}"} | line)  # fmt: skip

    def facts(self, name):
        for feature in NEEDED:
            self.con.execute(f"create or replace table feature.{feature} as {build.load()[feature].query.text}")
        self.con.execute("from feature.encounter where encounter_id = ?", [name])
        columns = [c[0] for c in self.con.description]
        return dict(zip(columns, self.con.fetchall()[0], strict=True))


@pytest.fixture
def care(con):
    return Care(con)


@pytest.mark.parametrize(
    ("visit", "is_dialysis", "is_in_course"),
    [
        pytest.param({"category": "14", "disease_code": "M07801"}, True, True, id="registered disease"),
        pytest.param({"category": "14", "disease_name": "尿毒症透析"}, True, True, id="name of the disease"),
        pytest.param({"category": "14", "settlement": {"disease_code": "M07801"}}, True, True, id="on the settlement"),
        pytest.param({"category": "14", "lines": [{"item_name": "血液透析滤过"}]}, True, True, id="item"),
        pytest.param({"principal_diagnosis_name": "慢性肾衰竭尿毒症期"}, True, True, id="diagnosis in words"),
        pytest.param({"lines": [{"item_name": "直线加速器放射治疗"}]}, False, True, id="radiotherapy"),
        pytest.param({"lines": [{"item_name": "高压氧舱治疗"}]}, False, True, id="hyperbaric oxygen"),
        pytest.param({"category": "14", "lines": [{"item_name": "彩超"}]}, None, None, id="chronic, nothing telling"),
        pytest.param({"lines": [{"item_name": "彩超"}]}, False, False, id="an ordinary visit"),
        pytest.param({"category": "14", "principal_diagnosis_code": "I10.x00"}, False, False, id="another diagnosis"),
        pytest.param({}, None, None, id="nothing known"),
    ],
)
def test_courses_are_told_by_whatever_field_is_filled(care, visit, is_dialysis, is_in_course):
    care.visit("E1", "2025-03-01", **visit)
    facts = care.facts("E1")
    assert (facts["is_dialysis"], facts["is_in_course"]) == (is_dialysis, is_in_course)


@pytest.mark.parametrize(
    ("left", "came", "first", "is_continued"),
    [
        pytest.param("2024-12-31", "2025-01-01", {}, True, id="turn of the year"),
        pytest.param("2024-12-31", "2024-12-31", {}, True, id="registered anew on the last day"),
        pytest.param("2025-03-10", "2025-03-10", {"is_interim": True}, True, id="settled in mid-stay"),
        pytest.param("2025-03-10", "2025-03-11", {"insurance_type": "390"}, True, id="the insurance changed"),
        pytest.param("2025-03-10", "2025-03-11", {}, False, id="out and in again"),
        pytest.param("2024-12-28", "2025-01-01", {}, False, id="home over the turn of the year"),
    ],
)
def test_a_stay_that_only_goes_on(care, left, came, first, is_continued):
    care.visit("E1", "2024-12-01", left, category="21", settlement=first)
    care.visit("E2", came, "2025-03-20", category="21")
    assert care.facts("E2")["is_continued"] is is_continued


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [("H1", "H2", 1), ("H2", "H1", -1), ("H1", "H3", -1), ("H3", "H4", -1), ("H4", "H1", 1), ("H2", "H5", None), ("H1", "H1", None)],
    ids=["up", "down", "to rehabilitation", "home to the township", "up from the township", "level unknown", "same place"],
)  # fmt: skip
def test_levels_from_stay_to_stay(care, before, after, step):
    care.visit("E1", "2025-03-01", "2025-03-10", category="21", place=before)
    care.visit("E2", "2025-03-11", "2025-03-20", category="21", place=after)
    assert care.facts("E2")["level_step"] == step


def test_an_emergency_of_the_day_before_led_into_the_stay(care):
    care.visit("E1", "2025-03-04", category="13")
    care.visit("E2", "2025-03-05", "2025-03-10", category="21")
    assert care.facts("E2")["is_emergency_start"]


def test_an_emergency_elsewhere_or_a_week_before_did_not(care):
    care.visit("E1", "2025-03-04", category="13", place="H2")
    care.visit("E0", "2025-02-25", category="13")
    care.visit("E2", "2025-03-05", "2025-03-10", category="21")
    assert not care.facts("E2")["is_emergency_start"]


def test_an_emergency_by_its_category_and_day_surgery(care):
    care.visit("E1", "2025-03-04", "2025-03-05", category="24")
    care.visit("E2", "2025-04-04", "2025-04-05", category="28")
    first, second = care.facts("E1"), care.facts("E2")
    assert (first["is_emergency_start"], first["is_day_care"]) == (True, False)
    assert (second["is_emergency_start"], second["is_day_care"]) == (False, True)


def test_an_observation_ward_of_three_days_posted_at_its_end(care):
    late = {"charged_at": "2025-03-06", "item_name": "急诊观察床位费"}
    care.visit("E1", "2025-03-04", "2025-03-06", category="13", lines=[late, late])
    facts = care.facts("E1")
    assert (facts["is_observation"], facts["calendar_days"], facts["is_posted_in_bulk"]) == (True, 3, True)


def test_a_transfer_by_habit_discharged_home_is_known_within_a_community(care):
    for hospital in ("H1", "H4"):
        care.con.execute(
            "insert into knowledge.institution_community by name"
            " select ? as institution_id, 'MC1' as community_id, 'made' as basis, 'city' as layer",
            [hospital],
        )
    care.visit("E1", "2025-03-01", "2025-03-10", category="21", discharge_way="1")
    care.visit("E2", "2025-03-10", "2025-03-20", category="21", place="H4")
    assert care.facts("E2")["is_transferred_in"]


@pytest.mark.parametrize(
    ("closed", "came", "is_continued"),
    [
        pytest.param("2025-03-10", "2025-03-10", True, id="moved on the day"),
        pytest.param("2025-03-15", "2025-03-11", True, id="closed in the week after"),
        pytest.param("2025-05-31", "2025-03-11", False, id="closed long after"),
        pytest.param(None, "2025-03-11", False, id="still open"),
        pytest.param("2025-03-10", "2025-03-14", False, id="days between"),
    ],
)
def test_the_patients_of_a_place_that_closed_are_carried_over(care, closed, came, is_continued):
    care.con.execute("update record.hospital set valid_to = ? where institution_id = 'H3'", [closed])
    care.visit("E1", "2025-03-01", "2025-03-10", category="21", place="H3")
    care.visit("E2", came, "2025-03-20", category="21", place="H1")
    assert care.facts("E2")["is_continued"] is is_continued


@pytest.mark.parametrize(
    ("code", "is_outbreak_disease"),
    [
        ("J10.100", True),
        ("B08.401", True),
        ("B01.900", True),
        ("A09.901", True),
        ("H10.301", True),
        ("J06.900", False),
        ("B18.100", False),
        ("A15.000", False),
        (None, False),
    ],
)
def test_acute_notifiable_infections_are_known_by_their_codes(care, code, is_outbreak_disease):
    diagnosis = {} if code is None else {"principal_diagnosis_code": code}
    care.visit("E1", "2025-03-01", **diagnosis)
    assert care.facts("E1")["is_outbreak_disease"] is is_outbreak_disease


@pytest.mark.parametrize(
    ("name", "day", "is_package"),
    [
        ("健康体检", "2025-03-01", True),
        ("预防接种服务", "2025-03-01", True),
        ("家庭医生签约服务包", "2025-03-01", True),
        ("穴位贴敷治疗", "2025-07-20", True),
        ("穴位贴敷治疗", "2025-04-20", False),  # no day to which all come at once
        ("血细胞分析", "2025-03-01", False),
        (None, "2025-03-01", False),
    ],
)
def test_packages_are_told_by_what_is_charged(care, name, day, is_package):
    care.visit("E1", day, lines=[{"item_name": name}])
    assert care.facts("E1")["is_package"] is is_package
