"""official.csv: one row an official rule, as a director asks what was screened."""

from __future__ import annotations

import csv

import pytest

from data.knowledge import load as knowledge_load
from flows.publish import official
from models.sources import rule

SOURCES = rule.load()


@pytest.fixture
def screened(con):
    """The table, after the sources judged as many as given: id -> (judged, hits, cannot_judge, reason)."""

    def make(**ran):
        knowledge_load.load(con)
        by_id = {s.id: s for s in SOURCES}
        for name, (judged, hits, cannot, reason) in ran.items():
            con.execute(
                "insert into model.coverage (source, kind, status, judged, hits, cannot_judge, reason)"
                " values ($1, 'rule', $2, $3, $4, $5, $6)",
                [name, by_id[name].card.status, judged, hits, cannot, reason],
            )
        return official.screened(con, SOURCES)

    return make


def _row(rows, number):
    return rows.row(number - 1, named=True)


def test_every_official_rule_stands_once(screened):
    rows = screened()
    assert rows["number"].to_list() == list(range(1, 89)) and set(rows["state"]) == {"no_rule"}


def test_judged_in_part_on_trial_or_not(screened):
    rows = screened(
        operation_not_discounted=(70, 3, 5, None),
        herb_not_paid=(10, 1, 90, "the order number is unknown (90)"),
        item_of_other_insurance=(0, 0, 0, "nothing of the kind in the data"),
        composite_split=(707, 2, 0, None),
        amount_over_total_limit=(0, 0, 1, "knowledge.total_limit is empty: a city table (1)"),
    )
    assert (_row(rows, 15)["state"], _row(rows, 15)["knowledge"], _row(rows, 15)["hits"]) == ("judged", "starter", 3)
    assert (_row(rows, 4)["state"], _row(rows, 4)["knowledge"]) == ("partly", "published")
    assert "order number" in _row(rows, 4)["reason"]
    assert (_row(rows, 26)["state"], _row(rows, 26)["hits"]) == ("trial", 0), "a trial's findings are on no list"
    assert (_row(rows, 28)["state"], _row(rows, 28)["knowledge"]) == ("cannot_judge", "empty")
    assert "total_limit" in _row(rows, 28)["reason"]
    assert _row(rows, 1)["state"] == "no_case", "what did not occur was screened all the same"
    summary = official.summary(rows)
    assert summary["rules"] == 88 == sum(summary[state] for state in official.STATES)
    assert summary["judged"] >= 1 and summary["starter"] >= 1


@pytest.mark.parametrize(("column", "words"), [("state", official.STATES), ("knowledge", official.KNOWLEDGE)])
def test_states_have_words_in_both_languages(column, words):
    with (official_folder() / "words.csv").open(encoding="utf-8", newline="") as handle:
        known = {row[0]: row[1:] for row in csv.reader(handle)}
    assert all(all(known[f"{column}.{word}"]) for word in words)


def official_folder():
    from pathlib import Path

    return Path(official.__file__).parent
