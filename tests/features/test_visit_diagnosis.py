"""Diagnoses of a visit: both sources, each code once, without the codes of Chinese medicine."""

import pytest

from features import build

FEATURES = build.load()


def test_each_code_once_from_list_and_encounter(con):
    con.execute(
        "insert into record.settlement (settlement_id, encounter_id, person_id, medical_category, total_amount,"
        " started_on, settled_at) values ('S1', 'E1', 'P1', '21', 10, '2025-03-01', '2025-03-05')"
    )
    con.execute(
        "insert into record.encounter (encounter_id, person_id, started_at, ended_at, principal_diagnosis_code)"
        " values ('E1', 'P1', '2025-03-01', '2025-03-05', 'I10.x00')"
    )
    con.execute(
        "insert into record.diagnosis (settlement_id, diagnosis_type, is_principal, diagnosis_code, diagnosis_name)"
        " values ('S1', '1', false, 'I10.x00', 'hypertension'), ('S1', '2', false, 'E11.900', 'diabetes'),"
        " ('S1', '3', true, 'A07.01', 'a disease of Chinese medicine'), ('S9', '1', true, 'J45.900', 'elsewhere')"
    )
    for name, feature in FEATURES.items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
    rows = con.sql(
        "select encounter_id, person_id, cast(started_on as varchar), diagnosis_code, diagnosis_name, is_principal"
        " from feature.visit_diagnosis order by diagnosis_code"
    ).fetchall()
    assert rows == [
        ("E1", "P1", "2025-03-01", "E11.900", "diabetes", False),
        ("E1", "P1", "2025-03-01", "I10.x00", "hypertension", True),
    ]


@pytest.mark.parametrize(
    ("kind_given", "code", "kind"),
    [
        ("1", "I10.x00x002", "coded"),
        ("2", "N18.300x001+D63.8*", "coded"),
        (None, "e11.900", "coded"),
        ("3", "A08.01.17", "chinese"),
        ("3", "K29.500", "chinese"),
        ("1", "A08.01.17", "chinese"),
        ("1", "BNX120", "chinese"),
        ("1", "十二指肠溃疡", "text"),
        ("1", "K26 溃疡", "text"),
    ],
)
def test_the_kind_of_a_delivered_diagnosis(con, kind_given, code, kind):
    con.execute(
        "insert into record.settlement (settlement_id, encounter_id, person_id, medical_category, total_amount,"
        " started_on, settled_at) values ('S9', 'E9', 'P9', '21', 10, '2025-03-01', '2025-03-05')"
    )
    con.execute(
        "insert into record.diagnosis (settlement_id, diagnosis_type, is_principal, diagnosis_code)"
        " values ('S9', $1, true, $2)",
        [kind_given, code],
    )
    query = FEATURES["delivered_diagnosis"].query.text
    found = con.sql(f"select kind, diagnosis_code from ({query}) as d where encounter_id = 'E9'").fetchall()
    assert [row[0] for row in found] == [kind]
