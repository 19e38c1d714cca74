"""Case files: what is given to all cases, and how a case differs from it."""

import pytest

from data.errors import UsageError
from models.sources import case_file
from models.workbench import ruleset, template, trial

GIVEN = """# A rule

## given

feature.fee_line

| settlement_id | line_id | person_id | quantity |
|---------------|---------|-----------|----------|
| S1            | 1..3    | P1        | 2        |

record.check_in

| check_in_id | person_id |
|-------------|-----------|
| C1          | P1        |
"""


@pytest.fixture
def cases(tmp_path):
    """Title -> case, of what is given and the text of cases below it."""

    def read(text, given=GIVEN):
        path = tmp_path / "rule.md"
        path.write_text(given + text, encoding="utf-8")
        return {case.title: case for case in case_file.read(path)}

    return read


def lines(case):
    return [(row["line_id"], row["person_id"], row["quantity"]) for row in case.tables["feature.fee_line"]]


def test_every_case_has_what_is_given_and_no_case_changes_it_for_the_next(cases):
    read = cases("""
## Changed
feature.fee_line
| line_id | quantity |
|---------|----------|
| 2       | 9        |
finds nothing
## As given
finds nothing
""")
    assert list(read) == ["Changed", "As given"], "what is given is no case"
    assert lines(read["Changed"]) == [("1", "P1", "2"), ("2", "P1", "9"), ("3", "P1", "2")]
    assert lines(read["As given"]) == [("1", "P1", "2"), ("2", "P1", "2"), ("3", "P1", "2")]
    assert read["As given"].tables["record.check_in"] == [{"check_in_id": "C1", "person_id": "P1"}]


def test_an_empty_cell_makes_a_given_value_unknown_and_a_star_changes_every_row(cases):
    (case,) = cases("""
## Nobody
feature.fee_line
| line_id | person_id |
|---------|-----------|
| *       |           |
| 3       | P3        |
finds nothing
""").values()
    assert lines(case) == [("1", "", "2"), ("2", "", "2"), ("3", "P3", "2")]


def test_any_other_row_comes_in_addition(cases):
    (case,) = cases("""
## More
feature.fee_line
| line_id | person_id | quantity |
|---------|-----------|----------|
| 4..5    | P2        | 1        |
finds nothing
""").values()
    assert lines(case)[3:] == [("4", "P2", "1"), ("5", "P2", "1")]


def test_given_rows_and_tables_are_left_out(cases):
    read = cases("""
## Rows
without feature.fee_line: line_id = 1..2
finds nothing
## Tables
without feature.fee_line
without record.check_in
finds nothing
""")
    assert lines(read["Rows"]) == [("3", "P1", "2")]
    # a feature is then made of the record, and the record holds nothing
    assert read["Tables"].tables == {"record.check_in": []}


def test_a_range_counts_in_step_in_all_cells_and_keeps_its_noughts(cases):
    (case,) = cases("""
## Days
record.check_in
| check_in_id | person_id | checked_in_at |
|-------------|-----------|---------------|
| C8..10      | P1        | 2025-03-08..10 |
finds nothing
""").values()
    days = [(row["check_in_id"], row["checked_in_at"]) for row in case.tables["record.check_in"][1:]]
    assert days == [("C8", "2025-03-08"), ("C9", "2025-03-09"), ("C10", "2025-03-10")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("## A\nwithout feature.fee_line: line_id = 7\n", 17, "no given row of feature.fee_line has the line_id 7"),
        ("## A\nwithout record.settlement\n", 17, "no rows of record.settlement are given"),
        (
            "## A\nfeature.fee_line\n| line_id |\n| 4 |\nwithout feature.fee_line\n",
            20,
            "before the case's own rows",
        ),
        ("## A\nwithout feature.fee_line line 2\n", 17, "what is left out reads"),
        ("## A\nfinds nothing\n## given\n", 18, "before every case"),
        ("## A\nfeature.fee_line\n| line_id | person_id |\n| 1..3 | P1..2 |\n", 19, "equally long"),
        ("## A\nfeature.fee_line\n| line_id | person_id |\n| 1 |\n", 19, "1 cells under 2 columns"),
    ],
)
def test_what_cannot_be_placed_is_refused_with_its_line(cases, text, line, words):
    with pytest.raises(ValueError, match=words) as refused:
        cases(text)
    assert f"rule.md, line {line}: " in str(refused.value)


def test_a_row_that_could_change_two_given_rows_is_refused(cases):
    twice = GIVEN.replace("| 1..3    |", "| 1       |") + "\nfeature.fee_line\n| line_id |\n|---|\n| 1 |\n"
    with pytest.raises(ValueError, match=r"2 given rows of feature[.]fee_line have"):
        cases("## A\nfeature.fee_line\n| line_id | quantity |\n|---|---|\n| 1 | 4 |\nfinds nothing\n", twice)


def test_what_a_rule_finds_cannot_be_given(cases):
    with pytest.raises(ValueError, match="stands in a case"):
        cases("\nfinds nothing\n")


@pytest.mark.parametrize("column", ["encounter_id", "settlement_id"])
def test_rows_of_one_visit_that_name_two_persons_are_told(column):
    line, stay = {column: "X1", "line_id": "1", "person_id": "P1"}, {column: "X1", "person_id": "P2"}
    case = case_file.Case("A", {"feature.fee_line": [line], "feature.encounter": [stay]})
    assert case_file.disagreements(case) == [f"{column} X1: P1, P2"]
    stay["person_id"] = ""
    assert not case_file.disagreements(case), "an unknown person contradicts nobody"


def test_the_command_that_tries_a_rule_names_the_line_it_cannot_place(tmp_path):
    _, path = template.write(tmp_path, "big_bill")
    path.write_text(path.read_text(encoding="utf-8") + "\nwithout record.check_in: check_in_id = C9\n", "utf-8")
    with pytest.raises(UsageError, match=r"big_bill\.md, line \d+: no rows of record"):
        trial.run(tmp_path, [ruleset.one(tmp_path, "big_bill")])
