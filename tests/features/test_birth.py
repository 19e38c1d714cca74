"""Births on a mother's bill: how many children's care may stand there, told by code, by name or not at all."""

import pytest

from features import build

FEATURES = build.load()


def born(con, category="52", diagnoses=(), items=(), birth="1995-06-01"):
    con.execute(
        "insert into record.settlement (settlement_id, encounter_id, person_id, medical_category, total_amount,"
        " birth_on, started_on, settled_at)"
        f" values ('S1', 'E1', 'P1', '{category}', 10, '{birth}', '2025-03-01', '2025-03-05')"
    )
    for code in diagnoses:
        con.execute(
            "insert into record.diagnosis (settlement_id, diagnosis_type, is_principal, diagnosis_code)"
            f" values ('S1', '1', false, '{code}')"
        )
    for number, name in enumerate(items):
        con.execute(
            "insert into record.fee_line (line_id, encounter_id, settlement_id, person_id, item_code, item_name, amount,"
            " quantity, charged_at) values"
            f" ('L{number}', 'E1', 'S1', 'P1', 'X{number}', '{name}', 10, 1, timestamp '2025-03-02')"
        )
    for name, feature in FEATURES.items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
    return con.sql("select newborns_on_bill, most_newborns_on_bill, is_delivered from feature.birth").fetchall()


@pytest.mark.parametrize(
    ("diagnoses", "row"),
    [
        (["O80.000", "Z37.000x001"], (1, 1, True)),
        (["O82.000", "Z37.200"], (2, 2, True)),
        (["O82.000", "Z3720"], (2, 2, True)),
        (["O82.000", "Z37.500"], (3, 5, True)),
        (["O30.000"], (2, 2, True)),
        (["O30.100", "Z37.500"], (3, 5, True)),
        (["O30.200"], (4, 4, True)),
        (["O30.900"], (2, 5, True)),
        ([], (1, 3, True)),
    ],
)
def test_a_maternity_stay_says_how_many_as_far_as_its_codes_do(con, diagnoses, row):
    assert born(con, "52", diagnoses) == [row]


def test_a_pregnancy_that_goes_on_has_no_newborn_yet_but_twins_are_two(con):
    assert born(con, "21", ["O20.000"]) == [(0, 0, False)]


def test_twins_are_carried_before_they_are_born(con):
    assert born(con, "51", ["O30.000"]) == [(2, 2, False)]


def test_a_birth_in_an_ordinary_stay_is_told_by_its_items(con):
    assert born(con, "21", ["O34.200"], ["剖宫产术", "新生儿护理"]) == [(1, 3, True)]


def test_the_childs_own_stay_is_no_mothers(con):
    assert born(con, "21", ["Z38.000", "P07.300"], ["新生儿护理"], birth="2025-02-27") == []


def test_an_illness_is_no_birth(con):
    assert born(con, "21", ["I10.x00"]) == []
