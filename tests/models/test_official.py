"""The official rule base of 2025: all its 88 rules are here, each claimed by a rule file or a detector card."""

import csv
from pathlib import Path

from data.knowledge import load as knowledge_load
from models import detectors
from models.sources import rule

RULE_BASE = Path(knowledge_load.FOLDER) / "official_rule.csv"


def official():
    with RULE_BASE.open(encoding="utf-8", newline="") as file:
        return {int(row["number"]): row for row in csv.DictReader(file)}


def claimed():
    """Official number to the ids that claim it."""
    by_number = {}
    for source in [*rule.load(), *detectors.load()]:
        for number in source.card.official:
            by_number.setdefault(number, []).append(source.id)
    return by_number


def test_the_rule_base_is_whole():
    rules = official()
    assert sorted(rules) == list(range(1, 89))
    names = [row["name_zh"] for row in rules.values()]
    assert all(names) and len(set(names)) == 88
    new = {number for number, row in rules.items() if not row["code"]}
    assert new == {13, 29, 30, 31, 47, 76, 77, 87, 88}, "classes added in 2025 carry no code of 1.0"


def test_every_official_rule_is_claimed():
    known = claimed()
    missing = {number: row["name_zh"] for number, row in official().items() if number not in known}
    assert not missing, "no rule or detector claims " + ", ".join(f"{n} {name}" for n, name in missing.items())


def test_no_claim_of_a_number_that_does_not_exist():
    known = official()
    unknown = {number: ids for number, ids in claimed().items() if number not in known}
    assert not unknown, unknown


def test_a_rule_quotes_the_official_rules_it_claims():
    """By name, so that an inspector can look them up; indicators may leave out 统计."""
    rules = official()
    silent = [
        f"{source.id}: {number} {rules[number]['name_zh']}"
        for source in rule.load()
        for number in source.card.official
        if rules[number]["name_zh"].removesuffix("统计") not in "；".join(source.card.basis)
    ]
    assert not silent, silent
