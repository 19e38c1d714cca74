"""Whose settlement it is: a drugstore's by its institution, else by the kind of care, else nobody can say."""

import pytest

from features import build
from tests.features import built

COLUMNS = (
    "settlement_id, encounter_id, person_id, institution_id, medical_category, total_amount, started_on, settled_at"
)


@pytest.mark.parametrize(
    ("place", "category", "expected"),
    [
        ("P1", "41", (True, "drugstore")),
        ("P1", "14", (True, "drugstore")),
        ("H1", "14", (False, "chronic")),
        ("H1", "41", (False, "drugstore")),
        ("X9", "41", (True, "drugstore")),
        ("X9", "14", (False, "chronic")),
        (None, "41", (True, "drugstore")),
        (None, "21", (False, "inpatient")),
        (None, "11", (None, "outpatient")),
    ],
)
def test_a_place_nobody_named_is_known_by_its_care(con, place, category, expected):
    con.execute("insert into record.hospital (institution_id) values ('H1')")
    con.execute("insert into record.pharmacy (institution_id) values ('P1')")
    row = ["S1", "E1", "A", place, category, 90, "2025-03-01", "2025-03-01 10:00:00"]
    con.execute(f"insert into record.settlement ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    built.until(con, "settlement")
    assert con.sql("select is_pharmacy, care_setting from feature.settlement").fetchall() == [expected]


def test_the_span_of_a_delivery_is_not_moved_by_stragglers(con):
    days = [f"2025-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29) for _ in range(10)]
    days += ["2025-03-31"] * 4 + ["2025-05-30", "2024-12-31"]
    con.executemany(
        "insert into feature.settlement (settlement_id, settled_on) values (?, ?)",
        [[f"S{n}", day] for n, day in enumerate(days)],
    )
    question = build.load()["delivery_span"].query.text
    assert [str(day) for day in con.sql(question).fetchall()[0]] == ["2025-01-01", "2025-03-31"]


@pytest.mark.parametrize(
    ("again", "counted"),
    [
        ({}, 1),  # the same bill, on paper
        ({"settlement_type": "2"}, 2),  # two settlements at the counter are judged as such
        ({"total_amount": 95}, 2),
        ({"institution_id": "H2"}, 2),
        ({"person_id": "B"}, 2),
        ({"started_on": "2025-03-02"}, 2),
        ({"started_on": "2025-03-02", "invoice_number": "F1"}, 1),  # the days mistyped, the invoice the same
    ],
)
def test_the_lines_of_a_bill_handed_in_again_on_paper_stand_once(con, again, counted):
    first = {
        "settlement_id": "S1", "encounter_id": "E1", "person_id": "A", "institution_id": "H1", "settlement_type": "2",
        "medical_category": "21", "total_amount": 90, "started_on": "2025-03-01", "ended_on": "2025-03-05",
        "settled_at": "2025-03-05 10:00:00", "invoice_number": "F1",
    }  # fmt: skip
    paper = first | {
        "settlement_id": "S2", "encounter_id": "E2", "settlement_type": "1", "settled_at": "2025-06-05 10:00:00",
        "invoice_number": None,
    }  # fmt: skip
    for bill in (first, paper | again):
        marks = ", ".join("?" * len(bill))
        con.execute(f"insert into record.settlement ({', '.join(bill)}) values ({marks})", list(bill.values()))
        con.execute(
            "insert into record.fee_line (settlement_id, encounter_id, line_id, item_code, quantity, amount, charged_at)"
            " values (?, ?, 'L', 'F1', 1, 90, '2025-03-01 09:00:00')",
            [bill["settlement_id"], bill["encounter_id"]],
        )
    built.until(con, "fee_line")
    lines = con.sql("select settlement_id from feature.fee_line order by all").fetchall()
    assert lines == [("S1",), ("S2",)][:counted]
    assert con.sql("select count(*) from feature.settlement").fetchall() == [(2,)], "both bills still stand"


@pytest.mark.parametrize(("bills", "has_clock"), [(3, True), (4, False)])
def test_a_second_in_which_many_were_settled_is_the_machines_clock(con, bills, has_clock):
    rows = [[f"S{n}", f"E{n}", f"P{n}", "H1", "11", 90, "2025-03-01", "2025-03-02 00:25:00"] for n in range(bills)]
    con.executemany(f"insert into record.settlement ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    built.until(con, "settlement")
    assert con.sql("select distinct has_clock from feature.settlement").fetchall() == [(has_clock,)]
