"""feature.stay on a few rows whose answers can be counted by hand."""

import pytest

from data.warehouse import guard
from features import build
from tests.features import built

STAY = build.load()["stay"]


def put(con, table, header, *rows):
    names = header.split()
    con.executemany(
        f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})", [list(r) for r in rows]
    )


ENCOUNTER = (
    "encounter_id person_id institution_id is_inpatient care_setting medical_category started_on ended_on days"
    " total_amount eligible_amount principal_diagnosis_code discharge_way"
)
LINE = (
    "encounter_id charged_on fee_category item_code item_name amount eligible_amount care_setting is_take_home line_id"
)


def stay(number, start, end, nights, place="H1", diagnosis="J44.900", category="21", way="1"):
    return (f"E{number}", "P1", place, True, "inpatient", category, start, end, nights, 900, 800, diagnosis, way)


def visit(con, number, place, start, total, fund=1):
    row = (f"V{number}", f"V{number}", "P1", place, "outpatient", start, total, fund)
    put(con, "feature.settlement", "settlement_id encounter_id person_id institution_id care_setting started_on"
        " total_amount fund_amount", row)  # fmt: skip


def paid(con, number, age, sex, own):
    put(con, "feature.settlement", "settlement_id encounter_id person_id care_setting age_years sex",
        (f"S{number}", f"E{number}", "P1", "inpatient", age, sex))  # fmt: skip
    put(con, "record.settlement", "settlement_id self_paid_amount", (f"S{number}", own))


def said(con):
    built.again(con, "encounter_excuse", "stay_day")
    con.execute(f"create or replace temp table said as {STAY.query.text}")
    con.execute("from said order by encounter_id")
    names = [d[0] for d in con.description]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


def test_columns_are_documented_and_portable():
    plain = {"encounter_id", "person_id", "institution_id", "started_on", "ended_on", "department_code"}
    other = {
        "practitioner_id",
        "payment_method",
        "discharge_way",
        "diagnosis_code",
        "diagnosis_name",
        "sex",
        "age_years",
    }
    assert set(STAY.query.columns) - set(STAY.columns) <= plain | other
    assert "select" in guard.to_spark(STAY.query.text).lower()


def test_what_was_done_on_its_days(con):
    put(con, "feature.encounter", ENCOUNTER, stay(1, "2025-03-03", "2025-03-08", 5))
    paid(con, 1, 70, "2", 45)
    put(
        con, "feature.fee_line", LINE,
        *[("E1", f"2025-03-0{d}", "01", "B", "床位费", 40, 40, "inpatient", False, f"b{d}") for d in range(3, 9)],
        ("E1", "2025-03-03", "04", "T1", "血细胞分析", 20, 20, "inpatient", False, "t1"),
        ("E1", "2025-03-03", "03", "T2", "心电图", 30, 25, "inpatient", False, "t2"),
        ("E1", "2025-03-04", "09", "D1", "头孢呋辛注射液", 50, 50, "inpatient", False, "d1"),
        ("E1", "2025-03-05", "05", "C1", "吸氧", 4, 4, "inpatient", False, "c1"),
        ("E1", "2025-03-06", "09", "D2", "氨氯地平片", 60, 60, "inpatient", True, "d2"),
        ("E1", "2025-03-08", None, "X", "其他", 1, 1, "inpatient", False, "x"),
    )  # fmt: skip
    (row,) = said(con)
    assert (row["age_band"], row["chapter"], row["stratum"], row["self_paid_amount"]) == ("60", "J", "60|2|J", 45)
    assert (row["lines"], row["unsorted_lines"], row["exam_kinds"], row["injections"]) == (12, 1, 2, 1)
    assert (row["exam_amount"], row["care_amount"], row["drug_amount"], row["is_operated"]) == (45, 114, 110, False)
    active = "select active_amount, is_bare from feature.stay_day where is_inside order by charged_on"
    assert row["charged_days"] == 5 and con.sql(active).fetchall() == [
        (50, False), (50, False), (4, False), (0, True), (0, True)
    ], "take-home drugs leave a day bare"  # fmt: skip
    assert row["busiest_share"] == 3 / 12


def test_what_went_on_around_it(con):
    put(
        con, "feature.encounter", ENCOUNTER,
        stay(1, "2025-03-01", "2025-03-05", 4, "H2", way="2"), stay(2, "2025-03-05", "2025-03-10", 5),
        stay(3, "2025-03-12", "2025-03-14", 2, "H3"),
    )  # fmt: skip
    visit(con, 1, "H1", "2025-03-02", 10)
    visit(con, 2, "H9", "2025-03-07", 20)
    visit(con, 3, "H9", "2025-03-08", 40, fund=0)
    visit(con, 4, "H9", "2025-03-13", 80)
    visit(con, 5, "H9", "2025-03-14", 160)
    row = next(r for r in said(con) if r["encounter_id"] == "E2")
    assert (str(row["left_on"]), row["left_institution_id"], row["was_sent_on"]) == ("2025-03-05", "H2", True)
    assert (str(row["next_on"]), row["next_institution_id"]) == ("2025-03-12", "H3")
    assert (row["visits_elsewhere"], row["around_amount"], row["own_around_amount"]) == (1, 150, 10)


@pytest.mark.parametrize(
    ("diagnosis", "chapter", "expected"),
    [("C34.900", "C", True), ("D05.000", "C", True), ("D50.900", "D", False), ("H25.900", "H0", False),
     ("H66.900", "H", False), ("T14.100", "S", False), ("B18.100", "A", False), (None, "-", False), ("F20.900", "F", True)],
)  # fmt: skip
def test_chapters_and_expected_diagnoses(con, diagnosis, chapter, expected):
    put(con, "feature.encounter", ENCOUNTER, stay(1, "2025-03-03", "2025-03-08", 5, diagnosis=diagnosis))
    (row,) = said(con)
    assert (row["chapter"], row["is_expected"]) == (chapter, expected)


@pytest.mark.parametrize(
    ("day", "free"),
    [
        ("2025-03-08", True),
        ("2025-03-07", False),
        ("2025-10-01", True),
        ("2025-10-11", False),
        ("2027-02-06", True),  # the law names it
        ("2027-03-06", None),  # a Saturday that may be worked in a holiday's stead
        ("2027-02-09", None),
    ],
)
def test_holidays_and_worked_weekends(con, day, free):
    put(con, "feature.encounter", ENCOUNTER, stay(1, day, None, None))
    con.execute(f"create or replace table feature.calendar_day as {build.load()['calendar_day'].query.text}")
    (row,) = said(con)
    assert row["is_holiday_start"] is free and row["days"] is None and row["charged_days"] == 0
