"""The indicators of practitioners and persons on a few rows whose answers can be counted by hand."""

import pytest

from data.warehouse import guard
from features import build

FEATURES = build.load()


def put(con, table, header, *rows):
    names = header.split()
    schema = "" if "." in table else "feature."
    for row in rows:
        marks = ", ".join("?" * len(names))
        con.execute(f"insert into {schema}{table} ({', '.join(names)}) values ({marks})", list(row))


def answer(con, name):
    """Every row by its key."""
    con.execute(f"create or replace table feature.calendar_day as {FEATURES['calendar_day'].query.text}")
    con.execute(f"create or replace temp table said as {FEATURES[name].query.text}")
    rows = con.execute("select * from said")
    names = [d[0] for d in rows.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows.fetchall()}


LINE = (
    "settlement_id encounter_id person_id institution_id practitioner_id is_pharmacy care_setting charged_at charged_on"
    " has_clock department_code catalogue_type fee_category item_name unit_price amount eligible_amount"
)


def line(number, person, at, amount, doctor="P1", place="H1", department="A02", **more):
    row = {
        "care_setting": "outpatient", "catalogue_type": "101", "fee_category": "09", "item_name": "某片", "price": 5,
        "is_pharmacy": False,
    } | more  # fmt: skip
    return (
        f"S{number}", f"E{number}", person, place, doctor, row["is_pharmacy"], row["care_setting"], at, at[:10],
        at[11:] != "00:00:00", department, row["catalogue_type"], row["fee_category"], row["item_name"], row["price"],
        amount, amount,
    )  # fmt: skip


def bill(number, person, at, amount, place="H1", setting="outpatient", **more):
    row = {"insured_division": "519901", "institution_division": "519901", "insurance_type": "310"} | more
    return (
        f"S{number}", f"E{number}", person, place, setting == "drugstore", setting, at, at[:10], f"{at[:7]}-01", amount,
        amount, row["insured_division"], row["institution_division"], row["insurance_type"], "1", 65.0,
        at[11:] != "00:00:00",
    )  # fmt: skip


SETTLED = (
    "settlement_id encounter_id person_id institution_id is_pharmacy care_setting settled_at settled_on month"
    " total_amount eligible_amount insured_division institution_division insurance_type sex age_years has_clock"
)


def settle(con, *bills):
    put(con, "settlement", SETTLED, *bills)
    put(con, "record.settlement", "settlement_id settlement_type", *[(b[0], "2") for b in bills])


@pytest.mark.parametrize("name", ["practitioner_indicator", "person_indicator"])
def test_columns_are_documented_and_portable(con, name):
    feature = FEATURES[name]
    assert set(feature.query.columns) - set(feature.columns) == {name.replace("indicator", "id")}
    assert "select" in guard.to_spark(feature.query.text).lower()
    assert con.sql(f"select count(*) from feature.{name}").fetchall() == [(0,)]


def test_visits_of_a_practitioner(con):
    put(
        con, "fee_line", LINE,
        line(1, "A", "2025-03-03 09:00:00", 40),
        line(1, "A", "2025-03-03 09:01:00", 10, fee_category="04", catalogue_type="201", item_name="血常规"),
        line(2, "B", "2025-03-03 09:05:00", 50),  # another person, same amount, same day, next to A
        line(3, "A", "2025-04-07 22:30:00", 50),  # the first amount again, by night
        line(4, "B", "2025-04-07 22:40:00", 33.3, department="A07"),  # next to A again
        line(5, "C", "2025-05-01 00:00:00", 20, place="H2", department="A02"),  # holiday, no clock, elsewhere
        line(6, "C", "2025-05-10 23:00:00", 11.1, care_setting="emergency"),  # an emergency is not by night
        line(7, "D", "2025-03-03 10:00:00", 99, doctor="000000"),  # nobody
        line(8, "D", "2025-03-03 10:00:00", 99, doctor="P1", place="D1", is_pharmacy=True, care_setting="drugstore"),
    )  # fmt: skip
    put(con, "encounter", "encounter_id person_id institution_id is_inpatient started_on ended_on is_in_hospital",
        ("X", "B", "H9", True, "2025-04-05", "2025-04-09", False))  # fmt: skip
    put(con, "prescription_flow", "practitioner_id store_id has_choice", *[("P1", "D1", True)] * 3, ("P1", "D2", True),
        ("P1", "D3", False))  # fmt: skip
    people = answer(con, "practitioner_indicator")
    assert set(people) == {"P1"}
    said = people["P1"]
    assert (said["institution_id"], said["department"]) == ("H1", "A02")
    assert (said["lines"], said["visits"], said["persons"], said["visit_days"]) == (7, 6, 3, 4)
    assert said["persons_per_day"] == pytest.approx(6 / 4) and said["busiest_ratio"] == pytest.approx(2 / 1.5)
    assert said["days_per_month"] == pytest.approx(4 / 3)
    assert said["away_line_share"] == pytest.approx(1 / 7) and said["outside_share"] == pytest.approx(1 / 6)
    assert said["repeated_share"] == pytest.approx(2 / 6) and said["shared_share"] == pytest.approx(2 / 6)
    assert (said["clocked_visits"], said["planned_visits"]) == (4, 5)
    assert said["night_share"] == pytest.approx(2 / 4) and said["rest_share"] == pytest.approx(1 / 5)
    assert said["companion_share"] == pytest.approx(1)
    assert said["ward_share"] == pytest.approx(1 / 6)
    assert said["round_share"] == pytest.approx(4 / 6)
    assert said["amount_per_visit"] == pytest.approx(214.4 / 6) and said["lines_per_visit"] == pytest.approx(7 / 6)
    assert said["exam_share"] == pytest.approx(10 / 214.4) and said["drug_share"] == pytest.approx(204.4 / 214.4)
    assert said["top_store_share"] == pytest.approx(3 / 4)
    assert said["amount_per_stay"] is None and said["repeated_stay_share"] is None and said["held_share"] is None


def test_stays_and_supplies_of_a_practitioner(con):
    put(con, "fee_line", LINE, line(1, "A", "2025-03-03 09:00:00", 30), line(2, "A", "2025-03-10 09:00:00", 90))
    put(con, "drug_supply", "person_id drug charged_on left_days eligible_amount",
        ("A", "某片", "2025-03-03", 0, 30), ("A", "某片", "2025-03-10", 40, 90))  # fmt: skip
    head = (
        "encounter_id practitioner_id institution_id started_on days is_ward_day is_expected is_holiday_start"
        " eligible_amount exam_amount charged_days left_on left_institution_id"
    )
    put(
        con, "stay", head,
        ("X1", "P1", "H1", "2025-03-01", 2, False, False, True, 1000, 400, 2, None, None),
        ("X2", "P1", "H1", "2025-03-09", 6, False, False, False, 3000, 600, 6, "2025-03-03", "H1"),
        ("X3", "P1", "H1", "2025-03-20", 1, True, True, False, 500, 0, 1, "2025-03-15", "H1"),
        ("X4", "P1", "H1", "2025-04-01", None, False, False, False, 500, 0, 1, "2025-03-30", "H2"),
    )  # fmt: skip
    put(con, "stay_day", "encounter_id charged_on is_bare", ("X1", "2025-03-01", True), ("X2", "2025-03-09", True),
        ("X2", "2025-03-10", False))  # fmt: skip
    said = answer(con, "practitioner_indicator")["P1"]
    assert said["held_share"] == pytest.approx(90 / 120)
    assert (said["stays"], said["ended_stays"], said["nights"]) == (4, 3, 9)
    assert said["short_stay_share"] == pytest.approx(1 / 3) and said["repeated_stay_share"] == pytest.approx(1 / 4)
    assert said["rest_stay_share"] == pytest.approx(1 / 4) and said["idle_day_share"] == pytest.approx(2 / 10)
    assert said["exam_stay_share"] == pytest.approx(1000 / 5000) and said["amount_per_stay"] == pytest.approx(1250)


def test_bills_of_a_person(con):
    settle(
        con,
        bill(1, "A", "2025-03-03 09:00:00", 50),
        bill(2, "B", "2025-03-03 09:05:00", 60),  # within ten minutes of A
        bill(3, "A", "2025-03-03 15:00:00", 20.5, place="H2", institution_division="510101"),  # two places a day
        bill(4, "A", "2025-04-07 22:30:00", 50),  # the amount again, by night
        bill(5, "B", "2025-04-07 22:31:00", 61),  # with A again
        bill(6, "A", "2025-04-08 10:00:00", 33.3, place="D1", setting="drugstore"),  # inside an own stay
        bill(7, "A", "2025-06-10 10:00:00", 2000, setting="inpatient", insurance_type="390"),
        bill(8, "C", "2025-03-03 09:20:00", 10),  # too late to be with B, and only once
    )
    con.execute("update record.settlement set settlement_type = '1' where settlement_id = 'S3'")
    put(con, "encounter", "encounter_id person_id institution_id is_inpatient started_on ended_on is_in_hospital",
        ("X", "A", "H1", True, "2025-04-07", "2025-04-09", False))  # fmt: skip
    put(con, "fee_line", LINE, line(1, "A", "2025-03-03 09:00:00", 50), line(3, "A", "2025-03-03 15:00:00", 20, "P2"))
    people = answer(con, "person_indicator")
    assert set(people) == {"A", "B", "C"}
    said = people["A"]
    assert (said["sex"], said["age_band"], said["insurance_type"], said["disease"]) == ("1", "60", "390", None)
    assert (said["bills"], said["visits"], said["purchases"], said["window_months"]) == (4, 3, 1, 4)
    assert (said["institutions"], said["pharmacies"], said["practitioners"]) == (2, 1, 2)
    assert (said["days"], said["visit_days"], said["busiest_month_days"], said["busiest_day"]) == (3, 2, 2, 2)
    assert said["bills_per_month"] == pytest.approx(1) and said["busiest_day_share"] == pytest.approx(2 / 4)
    assert said["several_place_day_share"] == pytest.approx(1 / 2) and said["away_share"] == pytest.approx(1 / 4)
    assert said["night_share"] == pytest.approx(1 / 4) and said["companion_share"] == pytest.approx(2 / 4)
    assert people["B"]["companion_share"] == pytest.approx(1) and people["C"]["companion_share"] == 0
    assert said["repeated_share"] == pytest.approx(2 / 4) and said["round_share"] == pytest.approx(2 / 4)
    assert said["ward_share"] == pytest.approx(1 / 4) and said["counter_share"] == pytest.approx(1 / 4)
    assert said["amount_per_bill"] == pytest.approx(153.8 / 4) and said["amount_per_month"] == pytest.approx(153.8 / 4)
    assert float(said["eligible_amount"]) == pytest.approx(2153.8)
    assert said["stay_share"] == 0 and said["nights_per_stay"] is None and said["supply_ratio"] is None


def test_supplies_stays_and_disease_of_a_person(con):
    settle(con, bill(1, "A", "2025-03-03 09:00:00", 50), bill(2, "B", "2025-03-03 11:00:00", 50))
    put(
        con, "fee_line", LINE,
        line(1, "A", "2025-03-03 09:00:00", 30),
        *[line(9, "B", "2025-03-03 09:00:00", 3, item_name="另一片")] * 9,
        line(2, "A", "2025-03-13 09:00:00", 30, place="H2"),
        line(3, "A", "2025-03-23 09:00:00", 300, item_name="贵片", price=900),
    )  # fmt: skip
    head = "person_id drug charged_on supplied_days span_days left_days eligible_amount"
    put(
        con, "drug_supply", head,
        ("A", "某片", "2025-03-03", 0, 0, 0, 30),
        ("A", "某片", "2025-03-13", 60, 10, 50, 30),
        ("A", "贵片", "2025-03-23", None, 0, None, 300),
    )  # fmt: skip
    put(con, "stay", "encounter_id person_id institution_id started_on days is_expected left_on eligible_amount",
        ("X1", "A", "H1", "2025-01-01", 4, False, None, 900), ("X2", "A", "H2", "2025-01-10", 2, False, "2025-01-05", 100))  # fmt: skip
    put(con, "record.chronic_registration", "person_id disease_code is_valid", ("A", "M1", True), ("A", "M2", True),
        ("B", "M1", True), ("C", "M2", False))  # fmt: skip
    people = answer(con, "person_indicator")
    said = people["A"]
    assert said["disease"] == "M2" and people["B"]["disease"] == "M1"
    assert (said["collections"], said["drugs"], said["drug_places"], said["resupplies"]) == (3, 2, 3, 1)
    assert said["places_per_drug"] == pytest.approx(3 / 2)
    assert said["supply_ratio"] == pytest.approx(60 / 10) and said["held_share"] == pytest.approx(30 / 60)
    assert said["dear_share"] == pytest.approx(300 / 360)
    assert said["stay_share"] == pytest.approx(2 / 3) and said["nights_per_stay"] == pytest.approx(3)
    assert said["repeated_stay_share"] == pytest.approx(1 / 2) and float(said["inpatient_amount"]) == 1000
