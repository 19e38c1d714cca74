"""What the policies ask for: every demand is marked with what serves it or what it waits for, and that exists."""

import csv
import re
from pathlib import Path

import pytest

from data.contract import mapping
from flows import cli, readme
from models import detectors
from models.sources import rule

ASKED = Path(__file__).parents[3] / "shared" / "domain" / "policy_capabilities.csv"
with readme.POLICY.open(encoding="utf-8", newline="") as handle:
    ROWS = list(csv.DictReader(handle))


def test_every_demand_has_what_serves_it_or_what_it_waits_for():
    assert len(ROWS) > 100
    assert not [r for r in ROWS if not (r["commands"] or r["waits_for"])]
    assert readme.policy().count("\n") == len(ROWS) + 1


def test_what_is_named_exists():
    commands = {name for name, _ in cli.summaries()}
    sources = {s.id for s in [*rule.load(), *detectors.load()]}
    tables = set(mapping.tables())
    for row in ROWS:
        assert set(filter(None, row["commands"].split(";"))) <= commands, row
        assert set(filter(None, row["sources"].split(";"))) <= sources, row
        named = re.findall(r"\b[a-z]+(?:_[a-z]+)*_d\b", row["waits_for"])
        assert set(named) <= tables, row
        assert row["commands"] or row["waits_for"].startswith("no command yet: "), row


@pytest.mark.skipif(not ASKED.exists(), reason="the demands are not here")
def test_no_demand_is_left_out():
    with ASKED.open(encoding="utf-8") as asked:
        wanted = [r["seed"] for r in csv.DictReader(asked)]
    assert [r["seed"] for r in ROWS] == wanted
