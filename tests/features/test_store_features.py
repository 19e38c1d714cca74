"""Bills, supply at home and prescription flows on a few rows whose answers can be counted by hand."""

import pytest

from data.warehouse import guard
from features import build

FEATURES = build.load()
NAMES = ("visit_bill", "drug_supply", "prescription_flow", "pharmacy_bill")


def put(con, table, *rows):
    for row in rows:
        marks = ", ".join(f"${n}" for n in row)
        con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", row)


def answer(con, name, order="1, 2, 3"):
    return con.sql(f"select * from ({FEATURES[name].query.text}) order by {order}").pl().to_dicts()


def line(number, settlement, day, drug="a", days=28, pharmacy=True, amount=10, person="P", place="D", **more):
    return {
        "line_id": f"L{number}", "settlement_id": settlement, "person_id": person, "institution_id": place,
        "item_name": drug, "item_code": f"X{drug}", "catalogue_type": "101", "charged_on": day, "supply_days": days,
        "quantity": 1, "amount": amount, "eligible_amount": amount, "is_pharmacy": pharmacy, "is_take_home": False,
        "care_setting": "drugstore" if pharmacy else "outpatient",
    } | more  # fmt: skip


def settled(number, at, person="P", place="D", pharmacy=True, amount=100, **more):
    return {
        "settlement_id": number, "encounter_id": f"E{number}", "person_id": person, "institution_id": place,
        "is_pharmacy": pharmacy, "care_setting": "drugstore" if pharmacy else "outpatient", "settled_at": at,
        "settled_on": at[:10], "month": f"{at[:7]}-01", "total_amount": amount, "eligible_amount": amount,
        "has_clock": at[11:] != "00:00:00",
    } | more  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_documented_and_portable(name):
    feature = FEATURES[name]
    said = {
        "settlement_id", "encounter_id", "person_id", "institution_id", "is_pharmacy", "care_setting", "month", "drug",
    }  # fmt: skip
    assert set(feature.query.columns) - set(feature.columns) <= said
    assert "select" in guard.to_spark(feature.query.text).lower()


def test_supply_at_home_over_all_places(con):
    put(
        con, "feature.fee_line", line(1, "S1", "2025-01-01", days=60), line(2, "S2", "2025-01-11", place="D2"),
        line(3, "S3", "2025-06-01"), line(4, "S4", "2025-06-01", drug="b", days=None),
        line(5, "S5", "2025-06-02", days=90, care_setting="inpatient"),
    )  # fmt: skip
    rows = answer(con, "drug_supply")
    assert [(r["drug"], r["left_days"], r["supplied_days"], r["span_days"]) for r in rows] == [
        ("a", 0, 0, 0), ("a", 50, 60, 10), ("a", 0, 88, 151), ("b", None, None, 0),
    ]  # fmt: skip


def test_purchase_goes_to_the_practitioner_seen_last_or_named_on_the_bill(con):
    put(
        con, "feature.settlement", settled("V1", "2025-01-01 09:00:00", place="H1", pharmacy=False),
        settled("V2", "2025-01-02 09:00:00", place="H2", pharmacy=False), settled("B1", "2025-01-02 10:00:00"),
        settled("B2", "2025-01-20 10:00:00"), settled("B3", "2025-01-03 10:00:00", person="Q"),
        settled("B4", "2025-01-05 10:00:00"),
    )  # fmt: skip
    put(
        con, "feature.fee_line", line(1, "V1", "2025-01-01", pharmacy=False, practitioner_id="DR1"),
        line(2, "V2", "2025-01-02", pharmacy=False, practitioner_id="DR2", amount=50),
        line(3, "V2", "2025-01-02", pharmacy=False, practitioner_id="DR3"),
        line(4, "B4", "2025-01-05", practitioner_id="DR1"),
    )  # fmt: skip
    rows = answer(con, "prescription_flow")
    assert [(r["settlement_id"], r["practitioner_id"], r["hospital_id"], r["days_between"], r["is_named"]) for r in rows] == [
        ("B1", "DR2", "H2", 0, False), ("B4", "DR1", "H1", None, True),
    ]  # fmt: skip


def test_a_drug_that_few_stores_sell_leaves_no_choice(con):
    """Drug a: three stores, each a third of the buyers; drug b: one store alone; drug c: most buy it at D1."""
    stores = {"a": ("D1", "D2", "D3"), "b": ("D1",), "c": ("D1", "D1", "D1", "D2", "D3")}
    n = 0
    for drug, where in stores.items():
        for place in where:
            n += 1
            put(con, "feature.settlement", settled(f"{drug}{n}", "2025-01-02 10:00:00", person=f"P{n}", place=place))
            put(con, "feature.fee_line", line(n, f"{drug}{n}", "2025-01-02", drug=drug, person=f"P{n}", place=place,
                                              practitioner_id="DR"))  # fmt: skip
    chosen = {(r["settlement_id"][0], r["store_id"], r["has_choice"]) for r in answer(con, "prescription_flow")}
    assert chosen == {
        ("a", "D1", True), ("a", "D2", True), ("a", "D3", True), ("b", "D1", False), ("c", "D1", False),
        ("c", "D2", True), ("c", "D3", True),
    }  # fmt: skip


def test_a_visit_as_a_bill(con):
    put(
        con, "feature.settlement", settled("S1", "2025-01-02 10:00:00"),
        settled("S2", "2025-01-02 00:00:00", place="H", pharmacy=False),
        settled("S3", "2025-01-02 10:00:00", place="H", pharmacy=False, care_setting="inpatient"),
    )  # fmt: skip
    put(con, "record.settlement", {"settlement_id": "S1"}, {"settlement_id": "S2", "settlement_type": "1"},
        {"settlement_id": "S3"})  # fmt: skip
    put(con, "feature.encounter", {"encounter_id": "ES2", "principal_diagnosis_code": "J06.900", "is_package": True})
    put(con, "feature.fee_line", line(1, "S1", "2025-01-02"), line(2, "S1", "2025-01-02", drug="b"),
        line(3, "S2", "2025-01-02", drug="健康体检", pharmacy=False))  # fmt: skip
    drug, visit = answer(con, "visit_bill")
    assert (drug["items"], drug["first_item"], drug["last_item"], drug["has_clock"], drug["is_course"]) == (
        2, "Xa", "Xb", True, False,
    )  # fmt: skip
    assert (visit["diagnosis"], visit["has_clock"], visit["is_course"], visit["settlement_type"]) == (
        "J06", False, True, "1",
    )  # fmt: skip


def test_how_a_drugstores_bills_look(con):
    def bill(n, person, amount, items=1):
        return {"settlement_id": n, "person_id": person, "institution_id": "D", "is_pharmacy": True, "has_clock": True,
                "month": "2025-01-01", "items": items, "first_item": "A", "last_item": "A", "total_amount": amount,
                "eligible_amount": amount}  # fmt: skip

    put(con, "feature.visit_bill", bill("1", "P", 100), bill("2", "Q", 100), bill("3", "P", 60), bill("4", "R", 30, 2))
    for n, cash in zip("1234", (0, 1, 60, None), strict=True):
        put(con, "record.settlement", {"settlement_id": n, "cash_amount": cash})
    put(con, "feature.fee_line", line(1, "1", "2025-01-01", quantity=3), line(2, "2", "2025-01-01"))
    (row,) = answer(con, "pharmacy_bill", "1")
    assert (row["purchases"], row["persons"], row["hundred_share"], row["equal_share"]) == (4, 3, 0.5, 0.5)
    assert row["cashless_share"] == pytest.approx(2 / 3) and row["single_share"] == 0.25
    assert row["top_bill_share"] == 0.5 and row["top_person_share"] == 1
