"""feature.encounter_excuse, stay_day and institution_posting: facts that rules and detectors share, on a few rows."""

import pytest

from tests.features import built


@pytest.fixture
def excuse(con):
    """What excuses an encounter with these columns."""
    con.execute(
        "insert into knowledge.payment_method values ('5', 'bed_day', '', '', null), ('7', 'bed_day', '', '', null),"
        " ('4', 'case', '', '', null)"
    )
    con.execute(
        "insert into knowledge.admission_exception (diagnosis_prefix, reason, basis)"
        " values ('F', 'mental_disorder', ''), ('Z51', 'course', '')"
    )

    def ask(**columns):
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        con.execute(f"insert into feature.encounter (encounter_id, {names}) values ('E', {marks})", [*columns.values()])
        built.again(con, "encounter_excuse")
        rows = con.execute("from feature.encounter_excuse")
        return dict(zip([d[0] for d in rows.description], rows.fetchall()[0], strict=True))

    return ask


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"payment_method": "5"}, {"payment_way": "bed_day", "is_bed_day_paid": True, "is_case_paid": False}),
        ({"payment_method": "7"}, {"is_bed_day_paid": True}),  # an area's own code, added to the knowledge
        ({"payment_method": "8"}, {"payment_way": None, "is_bed_day_paid": False, "is_case_paid": False}),
        ({"payment_method": "4"}, {"is_case_paid": True}),
        ({"discharge_way": "2"}, {"is_sent_on": True, "is_sent_home": False}),
        ({"discharge_way": "5"}, {"is_died": True, "is_sent_home": False}),
        ({"discharge_way": "8"}, {"is_sent_on": False, "is_died": False, "is_sent_home": True}),
        ({"person_id": "P"}, {"is_sent_home": True, "is_exception": False, "payment_way": None}),
        ({"principal_diagnosis_code": "F20.0"}, {"is_exception": True, "is_exception_of_body": False}),
        ({"principal_diagnosis_code": "Z51.1"}, {"is_exception": True, "is_exception_of_body": True}),
    ],
)
def test_what_excuses_an_encounter(excuse, columns, expected):
    row = excuse(**columns)
    assert {name: row[name] for name in expected} == expected


def test_an_institution_posts_as_its_stays_of_three_nights_do(con):
    con.execute(
        "insert into feature.stay (encounter_id, institution_id, days, busiest_share)"
        " values ('A', 'H', 5, 0.4), ('B', 'H', 3, 0.8), ('C', 'H', 2, 1.0), ('D', null, 9, 1.0)"
    )
    built.again(con, "institution_posting")
    assert con.sql("from feature.institution_posting").fetchall() == [("H", 2, pytest.approx(0.6))]
