"""The indicator tables on a few rows whose answers can be counted by hand."""

import pytest

from data.warehouse import guard
from features import build
from tests.features import built

FEATURES = build.load()


def put(con, table, header, *rows):
    names = header.split()
    for row in rows:
        marks = ", ".join("?" * len(names))
        con.execute(f"insert into feature.{table} ({', '.join(names)}) values ({marks})", list(row))


def answer(con, name, institution):
    con.execute(f"create or replace temp table said as {FEATURES[name].query.text}")
    rows = con.execute("select * from said where institution_id = ?", [institution])
    names = [d[0] for d in rows.description]
    (row,) = rows.fetchall()
    return dict(zip(names, row, strict=True))


SETTLED = (
    "settlement_id encounter_id person_id institution_id is_pharmacy care_setting settled_at settled_on month"
    " total_amount eligible_amount insured_division has_clock"
)


def settled(number, person, at, amount, setting="outpatient", pharmacy=False, division="519901", place="H1"):
    day = at[:10]
    return (
        f"S{number}", f"E{number}", person, place, pharmacy, setting, at, day, f"{day[:7]}-01", amount, amount, division,
        at[11:] != "00:00:00",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["institution_indicator", "pharmacy_indicator"])
def test_columns_are_documented_and_portable(name):
    feature = FEATURES[name]
    assert set(feature.query.columns) - set(feature.columns) == {"institution_id"}
    assert "select" in guard.to_spark(feature.query.text).lower()


def test_visits_of_an_institution(con):
    put(con, "institution", "institution_id is_pharmacy", ("H1", False))
    put(
        con, "settlement", SETTLED,
        settled(1, "P1", "2025-03-03 09:00:00", 50),  # a whole ten
        settled(2, "P2", "2025-03-03 09:30:00", 50),  # another person, same day, same amount
        settled(3, "P1", "2025-03-10 23:10:00", 50),  # the first person again, by night
        settled(4, "P3", "2025-03-11 00:00:00", 33.33),  # without a clock
        settled(5, "P4", "2025-03-12 23:10:00", 20.5, "emergency"),  # an emergency is no night bill
        settled(6, "P5", "2025-03-12 10:00:00", 20.1, division="440101"),
    )  # fmt: skip
    said = answer(con, "institution_indicator", "H1")
    assert (said["settlements"], said["visits"], said["visitors"], said["stays"]) == (6, 6, 5, 0)
    assert said["round_bill_share"] == pytest.approx(3 / 6)
    assert said["repeated_bill_share"] == pytest.approx(2 / 6)
    assert said["shared_bill_share"] == pytest.approx(2 / 6)
    assert (said["night_bills"], said["clocked_visits"]) == (1, 4)
    assert said["away_visit_share"] == pytest.approx(1 / 6)
    assert said["top_tenth_share"] == pytest.approx(100 / 223.93)
    assert said["amount_per_visit"] == pytest.approx(223.93 / 6)
    assert said["amount_per_stay"] is None and said["bed_use"] is None and said["price_index"] is None


def test_stays_of_an_institution(con):
    put(con, "institution", "institution_id is_pharmacy approved_beds", ("H1", False, 2))
    put(
        con, "settlement", SETTLED,
        settled(1, "P1", "2025-01-03 10:00:00", 1000, "inpatient"),
        settled(2, "P1", "2025-01-12 10:00:00", 3000, "inpatient"),
        settled(3, "P2", "2025-01-20 10:00:00", 500, "inpatient"),
        settled(4, "P2", "2025-01-22 10:00:00", 500, "inpatient"),
    )  # fmt: skip
    put(
        con, "encounter",
        "encounter_id person_id institution_id care_setting is_inpatient started_on ended_on days"
        " principal_diagnosis_code",
        ("E1", "P1", "H1", "inpatient", True, "2025-01-02", "2025-01-03", 1, "I10"),
        ("E2", "P1", "H1", "inpatient", True, "2025-01-04", "2025-01-12", 8, "I10"),  # Saturday, two days later
        ("E3", "P2", "H1", "inpatient", True, "2025-01-13", "2025-01-20", 7, "C34.9"),
        ("E4", "P2", "H1", "inpatient", True, "2025-01-21", None, None, "C34.9"),  # expected again; still there
    )  # fmt: skip
    put(
        con, "fee_line",
        "settlement_id encounter_id institution_id is_pharmacy care_setting charged_on fee_category amount eligible_amount",
        ("S1", "E1", "H1", False, "inpatient", "2025-01-02", "01", 100, 100),
        ("S1", "E1", "H1", False, "inpatient", "2025-01-02", "07", 100, 100),
        ("S2", "E2", "H1", False, "inpatient", "2025-01-04", "01", 100, 100),
        ("S2", "E2", "H1", False, "inpatient", "2025-01-04", "04", 200, 200),
        ("S2", "E2", "H1", False, "inpatient", "2025-01-05", "09", 500, 500),
    )  # fmt: skip
    built.again(con, "encounter_excuse", "stay_day")
    said = answer(con, "institution_indicator", "H1")
    assert (said["stays"], said["ended_stays"], said["nights"]) == (4, 3, 16)
    assert said["short_stay_share"] == pytest.approx(1 / 3)
    assert said["repeated_stay_share"] == pytest.approx(1 / 4)
    assert said["weekend_stay_share"] == pytest.approx(1 / 4)
    assert said["idle_stay_share"] == pytest.approx(1 / 4)
    assert said["idle_day_share"] == pytest.approx(1 / 3)
    assert said["drug_share"] == pytest.approx(0.5) and said["exam_share"] == pytest.approx(0.2)
    assert said["amount_per_stay"] == pytest.approx(1250)
    assert said["bed_use"] == pytest.approx(16 / (2 * 20))


def test_price_index_needs_five_sellers(con):
    put(con, "institution", "institution_id is_pharmacy", *[(f"H{n}", False) for n in range(5)])
    put(con, "settlement", SETTLED, *[settled(n, "P1", "2025-01-03 10:00:00", 9, place=f"H{n}") for n in range(5)])
    head = "institution_id item_code is_pharmacy month lines quantity median_price amount"
    for n in range(5):
        price = 10 if n else 15
        put(con, "item_price_month", head, (f"H{n}", "A", False, "2025-01-01", 2, 4, price, 4 * price))
    put(con, "item_price_month", head, ("H0", "B", False, "2025-01-01", 1, 1, 999, 999))
    assert answer(con, "institution_indicator", "H0")["price_index"] == pytest.approx(1.5)
    assert answer(con, "institution_indicator", "H0")["priced_lines"] == 2
    assert answer(con, "institution_indicator", "H1")["price_index"] == pytest.approx(1.0)


def test_drugstore(con):
    put(con, "institution", "institution_id is_pharmacy", ("D1", True))
    buy = {"setting": "drugstore", "pharmacy": True, "place": "D1"}
    put(
        con, "settlement", SETTLED,
        settled(1, "P1", "2025-03-03 22:30:00", 100, **buy),
        settled(2, "P2", "2025-03-03 22:31:00", 55.5, **buy),  # a minute after another person
        settled(3, "P2", "2025-03-03 22:32:00", 44.4, **buy),  # the same person
        settled(4, "P1", "2025-04-03 10:00:00", 100, **buy),  # same person, same amount, another day
        settled(5, "P3", "2025-03-05 12:00:00", 12.3, **buy),  # lies in hospital
    )  # fmt: skip
    put(
        con, "encounter", "encounter_id person_id institution_id is_inpatient started_on ended_on is_in_hospital",
        ("X", "P3", "H1", True, "2025-03-04", "2025-03-06", False),
        ("Y", "P1", "H1", True, "2025-04-03", "2025-04-05", False),  # bought on the day of admission
    )  # fmt: skip
    put(
        con, "fee_line", "institution_id is_pharmacy item_name fee_category unit_price eligible_amount",
        *[("D1", True, "某片", "09", 5, 10)] * 9, ("D1", True, "复方阿胶浆", "11", 300, 110),
    )  # fmt: skip
    said = answer(con, "pharmacy_indicator", "D1")
    assert (said["purchases"], said["persons"], said["person_months"]) == (5, 3, 4)
    assert said["round_share"] == pytest.approx(2 / 5)
    assert said["night_share"] == pytest.approx(3 / 5)
    assert said["chained_share"] == pytest.approx(1 / 5)
    assert said["repeated_share"] == pytest.approx(2 / 5)
    assert said["ward_share"] == pytest.approx(1 / 5)
    assert said["largest_burst"] == 3 and said["burst_share"] == pytest.approx(3 / 5)
    assert said["burst_ratio"] == pytest.approx(3 / (5 / 3))
    assert said["dear_share"] == pytest.approx(110 / 200) == said["tonic_share"] == said["patent_share"]
    assert said["purchases_per_person_month"] == pytest.approx(5 / 4)


def test_who_lives_from_one_speciality_is_told_by_the_money_and_not_by_the_licence(con):
    put(con, "institution", "institution_id is_pharmacy institution_kind", ("H1", False, "A100"), ("H2", False, "A100"))
    put(
        con, "encounter", "encounter_id institution_id eligible_amount is_dialysis principal_diagnosis_code",
        ("E1", "H1", 900, True, None),  # a general hospital by its licence
        ("E2", "H1", 800, None, "J18.900"),
        ("E3", "H2", 400, None, "H25.900"),  # less than half
        ("E4", "H2", 500, None, "J18.900"),
    )  # fmt: skip
    rows = con.sql(f"select institution_id, focus from ({FEATURES['institution_case_mix'].query.text}) order by all")
    assert rows.fetchall() == [("H1", "dialysis"), ("H2", None)]
