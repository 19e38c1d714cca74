"""What the sources of a person agree upon: whatever rests on a sex, a birth or a death that they do not agree upon is in doubt."""

import pytest

from tests.features import built

MAN = {"sex": "1", "birth_on": "1980-05-01"}
WOMAN = {"sex": "2", "birth_on": "1980-05-01"}


def row(con, table, **values):
    marks = ", ".join("?" * len(values))
    con.execute(f"insert into record.{table} ({', '.join(values)}) values ({marks})", list(values.values()))


def bill(con, number, **values):
    fixed = {"total_amount": 90, "started_on": "2025-03-01", "settled_at": "2025-03-01 10:00:00", "person_id": "A"}
    row(con, "settlement", settlement_id=f"S{number}", encounter_id=f"E{number}", **fixed, **values)


@pytest.mark.parametrize(
    ("register", "bills", "encounter", "numbers", "expected"),
    [
        (MAN, [MAN, MAN], MAN, ["1 1980-05-01"], (False, False)),
        (MAN, [WOMAN], None, [], (True, False)),  # the sex of the register changed since
        (None, [MAN, WOMAN], None, [], (True, False)),  # two register versions, each on the bills of its days
        (MAN, [MAN], WOMAN, [], (True, False)),
        (MAN, [MAN], None, ["1 1980-05-01", "2 1980-05-01"], (True, False)),  # a number corrected
        (MAN, [MAN], None, ["2 1980-05-01"], (True, False)),
        (MAN, [{**MAN, "birth_on": "2012-05-01"}], None, [], (False, True)),
        (MAN, [MAN], {**MAN, "birth_on": "1980-06-15"}, [], (False, True)),
        (MAN, [MAN], None, ["1 1981-05-01"], (False, True)),
        (MAN, [{"sex": "9", "birth_on": "1900-01-01"}], {}, [], (False, False)),  # nothing said is no other word
    ],
)
def test_the_sources_of_sex_and_birth(con, register, bills, encounter, numbers, expected):
    if register is not None:
        row(con, "person", person_id="A", **register)
    for number, values in enumerate(bills):
        bill(con, number, **values)
    if encounter is not None:
        row(con, "encounter", encounter_id="E0", person_id="A", **encounter)
    for number in numbers:
        id_sex, id_birth_on = number.split()
        row(con, "person_identity", person_id="A", id_sex=id_sex, id_birth_on=id_birth_on)
    built.until(con, "settlement")
    columns = "is_sex_contradicted, is_birth_contradicted"
    assert con.sql(f"select {columns} from feature.person").fetchall() == [expected]
    assert con.sql(f"select distinct {columns} from feature.settlement").fetchall() == [expected]


@pytest.mark.parametrize(
    ("deaths", "died_in_care", "expected"),
    [
        ([("2025-03-01", None)], None, ("2025-03-01", True, False)),
        ([("2025-03-01", None), ("2025-03-06", "9999-12-31")], None, ("2025-03-01", True, False)),  # the week of a slip
        (
            [("2025-03-01", None), ("2025-04-01", None)],
            None,
            ("2025-03-01", True, True),
        ),  # corrected, both versions kept
        ([("2025-03-01", None)], "2025-05-20", ("2025-03-01", True, True)),  # nobody dies twice
        ([("2025-03-01", "2025-03-20")], None, ("None", False, None)),  # declared in error, taken back
        ([], "2025-05-20", ("2025-05-20", False, False)),
    ],
)
def test_the_sources_of_a_death(con, deaths, died_in_care, expected):
    bill(con, 1)
    for died_on, ended_on in deaths:
        row(con, "person_status", person_id="A", status_type="death", status_from=died_on, status_to=ended_on)
    if died_in_care:
        row(con, "encounter", encounter_id="E1", person_id="A", medical_category="21", died_on=died_in_care)
    built.until(con, "person")
    columns = "cast(died_on as varchar), is_death_registered, is_death_contradicted"
    ((died_on, *rest),) = con.sql(f"select {columns} from feature.person").fetchall()
    assert (str(died_on), *rest) == expected
