"""What an age is counted from: transfers go on, a day at home ends it, a child born too soon is younger."""

import pytest

from features import build

FEATURES = build.load()


def stays(con, *spans, diagnosis=None, category="21"):
    for number, (begin, end) in enumerate(spans, 1):
        con.execute(
            "insert into record.settlement (settlement_id, encounter_id, person_id, institution_id, medical_category,"
            " total_amount, started_on, ended_on, settled_at, birth_on) values"
            f" ('S{number}', 'E{number}', 'P1', 'H{number}', '{category}', 10, '{begin}', '{end}', '{end}',"
            " '2025-01-01')"
        )
    if diagnosis:
        con.execute(
            "insert into record.diagnosis (settlement_id, diagnosis_type, is_principal, diagnosis_code)"
            f" values ('S1', '1', true, '{diagnosis}')"
        )
    for name, feature in FEATURES.items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
    return con.sql(
        "select encounter_id, cast(care_began_on as varchar), preterm_days from feature.encounter_age order by 1"
    ).fetchall()


@pytest.mark.parametrize("back_on", ["2025-02-05", "2025-02-06"])
def test_a_child_returned_to_the_hospital_near_home_goes_on_with_its_care(con, back_on):
    rows = stays(con, ("2025-01-01", "2025-02-05"), (back_on, "2025-02-20"), diagnosis="P07.300")
    assert rows == [("E1", "2025-01-01", 112), ("E2", "2025-01-01", 112)]


def test_three_hospitals_in_a_row_are_one_care(con):
    rows = stays(con, ("2025-01-01", "2025-01-03"), ("2025-01-03", "2025-02-05"), ("2025-02-06", "2025-02-20"))
    assert [r[1] for r in rows] == ["2025-01-01"] * 3


def test_two_days_at_home_end_it(con):
    rows = stays(con, ("2025-01-01", "2025-02-05"), ("2025-02-07", "2025-02-20"))
    assert rows == [("E1", "2025-01-01", 0), ("E2", "2025-02-07", 0)]


def test_visits_outside_stays_begin_on_their_own_day(con):
    rows = stays(con, ("2025-01-01", "2025-01-01"), ("2025-01-02", "2025-01-02"), category="11")
    assert [r[1] for r in rows] == ["2025-01-01", "2025-01-02"]
