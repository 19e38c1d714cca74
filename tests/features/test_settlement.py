"""Whose settlement it is: a drugstore's by its institution, else by the kind of care, else nobody can say."""

import pytest

from features import build

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
    for name, feature in build.load().items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
        if name == "settlement":
            break
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
