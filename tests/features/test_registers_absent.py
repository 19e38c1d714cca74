"""What settlements, encounters, fee lines and codes say where no register does; a register that comes later wins."""

import pytest

from tests.features import built

PLACE = "P99012310495"
HOSPITAL = "H99012310959"


def add(con, table, **values):
    names = ", ".join(values)
    con.execute(f"insert into record.{table} ({names}) values ({', '.join('?' * len(values))})", list(values.values()))


def settle(con, number, place, category, **other):
    row = {
        "settlement_id": f"S{number}", "encounter_id": f"E{number}", "person_id": "A", "institution_id": place,
        "medical_category": category, "total_amount": 90, "started_on": "2025-03-01", "ended_on": "2025-03-01",
        "settled_at": f"2025-03-{number:02} 10:00:00",
    }  # fmt: skip
    add(con, "settlement", **(row | other))


def institution(con, place, columns):
    built.until(con, "institution")
    rows = con.execute(f"select {columns} from feature.institution where institution_id = ?", [place]).fetchall()
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("place", "name", "categories", "expected"),
    [
        (PLACE, "沙榆县岭芝堂药房", ["41"], (True, "code")),
        (PLACE, "沙榆县岭芝堂药房", ["14", "14"], (True, "code")),  # chronic diseases only: a drugstore all the same
        (HOSPITAL, "沙榆县中医诊所", ["11"], (False, "code")),
        (PLACE, "沙榆县人民医院", ["21"], (False, "settlement")),  # who admits is no drugstore, whatever the code
        ("990123-007", "沙榆县岭芝堂药房", ["41", "41", "14"], (True, "settlement")),
        ("990123-008", "沙榆县人民医院", ["11", "14"], (False, "settlement")),
        ("H001", None, ["41"], (True, "settlement")),  # no national code: its letter says nothing
        ("990123-009", "沙榆县岭芝堂大药房有限公司", [None], (True, "name")),
        ("990123-010", "沙榆县卫生院", [None], (False, "name")),
        ("990123-011", None, [None], (None, None)),
    ],
)
def test_the_kind_of_a_place_is_told_by_code_care_or_name(con, place, name, categories, expected):
    for number, category in enumerate(categories, 1):
        settle(con, number, place, category, institution_name=name)
    assert institution(con, place, "is_pharmacy, origin") == expected


def test_a_clearing_of_drugstores_is_a_purchase(con):
    settle(con, 1, "990123-007", "14", clearing_type="41")
    assert institution(con, "990123-007", "is_pharmacy, origin") == (True, "settlement")


def test_a_register_that_comes_later_wins(con):
    settle(con, 1, PLACE, "41", institution_name="岭芝堂药房", institution_grade="11", institution_division="990123")
    assert institution(con, PLACE, "is_pharmacy, origin") == (True, "code")
    add(con, "hospital", institution_id=PLACE, institution_name="沙榆县医院", institution_grade="05",
        institution_kind="A100", division="990124")  # fmt: skip
    said = institution(
        con, PLACE, "is_pharmacy, origin, institution_name, institution_level, institution_kind, kind_origin, division"
    )
    assert said == (False, "register", "沙榆县医院", 2, "A100", "register", "990124")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("云汀区第一人民医院", "A100"),
        ("禾岭精神卫生中心", "A520"),
        ("禾岭区屿榆社区卫生服务中心", "B100"),
        ("沙榆县云鹿中心卫生院", "C210"),
        ("沙榆县云鹿村卫生室", "D600"),
        ("麓沅血液透析中心有限公司", "A539"),
        ("沙榆县人民医院（云鹿院区）", "A100"),
        ("沙榆县中医医院眼科门诊部", "D110"),  # what stands at the end is what it is
        ("沙榆县云鹿口腔诊所", "D215"),
        ("云鹿", None),
        (None, None),
    ],
)
def test_the_kind_of_a_hospital_is_told_by_its_name(con, name, kind):
    settle(con, 1, HOSPITAL, "11", institution_name=name)
    expected = (kind, "name" if kind else None)
    assert institution(con, HOSPITAL, "institution_kind, kind_origin") == expected


def test_level_area_and_name_are_the_latest_that_care_names(con):
    settle(con, 1, HOSPITAL, "11", institution_name="旧名医院", institution_grade="08", institution_division="990123")
    settle(con, 2, HOSPITAL, "11", institution_name="新名医院", institution_grade="05", institution_division="990124")
    columns = "institution_name, institution_grade, institution_level, division"
    assert institution(con, HOSPITAL, columns) == ("新名医院", "05", 2, "990124")


def test_a_place_that_came_down_was_of_its_level_before(con):
    settle(con, 1, HOSPITAL, "11", institution_grade="02")
    settle(con, 2, HOSPITAL, "11", institution_grade="08")
    for number in (1, 2):
        add(con, "fee_line", line_id=f"L{number}", encounter_id=f"E{number}", settlement_id=f"S{number}",
            institution_id=HOSPITAL, person_id="A", item_code="T1", quantity=1, unit_price=90, amount=90,
            eligible_amount=90, charged_at=f"2025-03-{number:02} 09:00:00")  # fmt: skip
    con.execute("delete from knowledge.item_institution_level")
    con.execute(
        "insert into knowledge.item_institution_level (item_code, official, min_level, basis, layer)"
        " values ('T1', 12, 2, 'made', 'nation')"
    )
    built.until(con, "level_limited_use")
    levels = con.sql("select line_id, institution_level from feature.level_limited_use order by 1").fetchall()
    assert levels == [("L1", 3), ("L2", 1)]


def test_an_encounter_tells_what_settlements_leave_empty(con):
    settle(con, 1, HOSPITAL, "11")
    assert institution(con, HOSPITAL, "institution_name, institution_level, division") == (None, None, "990123")
    add(con, "encounter", encounter_id="E1", person_id="A", institution_id=HOSPITAL, institution_name="云鹿医院",
        institution_grade="02", institution_division="990101")  # fmt: skip
    assert institution(con, HOSPITAL, "institution_name, institution_level, division") == ("云鹿医院", 3, "990101")


def person(con, columns):
    built.until(con, "person")
    return con.execute(f"select {columns} from feature.person where person_id = 'A'").fetchall()[0]


def test_a_person_is_known_by_settlements_then_encounters_and_a_register_wins(con):
    settle(con, 1, HOSPITAL, "11", employer_id="U1")
    add(con, "encounter", encounter_id="E1", person_id="A", sex="2", birth_on="1980-05-01", employer_id="U2",
        started_at="2025-04-01 08:00:00")  # fmt: skip
    columns = "origin, sex, cast(birth_on as varchar), employer_id, cast(insured_from as varchar), insured_origin"
    assert person(con, columns) == ("settlement", "2", "1980-05-01", "U2", "2025-03-01", "settlement")
    settle(con, 2, HOSPITAL, "11", sex="1", birth_on="1981-05-01")
    assert person(con, columns)[1:3] == ("1", "1981-05-01")
    add(con, "person", person_id="A", sex="2", birth_on="1979-05-01")
    add(con, "enrolment", person_id="A", insurance_type="310", enrolled_from="2020-01-01", employer_id="U9")
    assert person(con, columns) == ("register", "2", "1979-05-01", "U9", "2020-01-01", "register")


def test_a_practitioner_is_known_by_lines_encounters_and_operations(con):
    built.until(con, "practitioner")
    add(con, "fee_line", line_id="1", encounter_id="E1", institution_id=HOSPITAL, ordering_practitioner_id="D1",
        ordering_practitioner_name="张一", performing_practitioner_id="D2", performing_practitioner_name="李二")  # fmt: skip
    add(con, "encounter", encounter_id="E1", institution_id=HOSPITAL, attending_practitioner_id="D3",
        attending_practitioner_name="王三")  # fmt: skip
    add(con, "procedure", settlement_id="S1", procedure_code="13.4100", surgeon_id="D4", surgeon_name="赵四")
    add(con, "practitioner", practitioner_id="D1", practitioner_name="张一一", institution_id="H9",
        practice_scope_name="内科")  # fmt: skip
    built.until(con, "practitioner")
    rows = con.sql(
        "select practitioner_id, origin, practitioner_name, institution_id, practice_scope_name"
        " from feature.practitioner order by practitioner_id"
    ).fetchall()
    assert rows == [
        ("D1", "register", "张一一", "H9", "内科"),
        ("D2", "line", "李二", HOSPITAL, None),
        ("D3", "encounter", "王三", HOSPITAL, None),
        ("D4", "line", "赵四", None, None),
    ]


@pytest.mark.parametrize(
    ("settlement", "encounter", "expected"),
    [
        ({"birth_on": "1992-01-01"}, {}, False),
        ({"birth_on": "1992-01-01", "is_newborn": True}, {}, True),  # under the mother's number
        ({"birth_on": "1992-01-01"}, {"is_newborn": True}, True),
        ({"birth_on": "1992-01-01", "medical_category": "5212"}, {}, True),
        ({"birth_on": "2025-02-10"}, {}, True),
        ({"birth_on": "2025-01-10"}, {}, False),
        ({}, {}, False),
    ],
)
def test_care_of_a_newborn_is_known_by_flag_category_or_age(con, settlement, encounter, expected):
    settle(con, 1, HOSPITAL, settlement.pop("medical_category", "21"), **settlement)
    add(con, "encounter", encounter_id="E1", person_id="A", institution_id=HOSPITAL, **encounter)
    built.until(con, "settlement")
    assert con.sql("select is_newborn from feature.settlement").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("flag", "born_on", "expected"),
    [(True, "1992-01-01", [(1, True)]), (False, "1992-01-01", []), (True, "2025-02-10", [])],
)
def test_a_newborns_bill_under_a_parents_number_holds_a_newborn(con, flag, born_on, expected):
    """So that every rule of age and sex lets its items pass; under its own number it is a child's own stay."""
    settle(con, 1, HOSPITAL, "21", birth_on=born_on, is_newborn=flag)
    built.until(con, "birth")
    assert con.sql("select newborns_on_bill, is_delivered from feature.birth").fetchall() == expected
