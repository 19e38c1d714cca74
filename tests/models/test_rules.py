"""Every rule against its Markdown cases, and every rule must have them."""

from pathlib import Path

import pytest

from data.warehouse import guard
from models.sources import case_file, cases, rule

FOLDER = Path(__file__).with_name("rules")
RULES = {r.id: r for r in rule.load()}
CASES = list(case_file.all_cases(FOLDER))


@pytest.fixture(scope="module")
def bench():
    return cases.Bench()


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{n}: {c.title}" for n, c in CASES])
def test_case(bench, name, case):
    assert case.finds is not None or case.cannot_judge, "the case expects nothing"
    said = cases.differences(case, bench.run(RULES[name], case))
    assert not said, said


def test_the_rows_of_a_visit_agree_in_whose_it_is():
    disagreeing = [f"{name}, {case.title}: {which}" for name, case in CASES for which in case_file.disagreements(case)]
    assert not disagreeing, "\n".join(disagreeing)


@pytest.mark.parametrize("name", RULES)
def test_rule_has_its_cases(name):
    mine = [case for n, case in CASES if n == name]
    assert any(case.finds for case in mine), "no case that fires"
    assert any(case.finds == [] for case in mine), "no case that stays silent"
    exclusions = len(RULES[name].card.exclusions)
    silent = sum(not case.finds for case in mine)
    assert silent >= exclusions + 1, f"{exclusions} exclusions and one plain silence ask for as many silent cases"


@pytest.mark.parametrize("name", RULES)
def test_rule_translates_to_spark(name):
    text = RULES[name].code.partition("*/")[2]
    assert "select" in guard.to_spark(text).lower()


def test_every_case_file_belongs_to_a_rule():
    assert {name for name, _ in CASES} == set(RULES)
