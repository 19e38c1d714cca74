"""A finding in words: money as bills write it, places by their names, one thing in the singular."""

import json
import re

import pytest

from models import detectors
from models.sources import rule
from models.sources import sentence as explain

SOURCES = {s.id: s for s in [*rule.load(), *detectors.load()]}


@pytest.fixture
def told(con):
    """The sentence of one finding with this detail, in the language."""
    con.execute(
        "create or replace table feature.institution as select 'H1' as institution_id, '第一医院' as institution_name"
    )

    def sentence(source, language, **detail):
        con.execute(
            "create or replace temp table f as select $source as source, cast(12 as decimal(16, 2)) as amount,"
            " date '2025-03-02' as occurred_on, 'S' as settlement_id, 'L' as line_id, 'E' as encounter_id,"
            " 'A' as person_id, 'H1' as institution_id, 'D' as practitioner_id, cast($detail as json) as detail",
            {"source": source, "detail": json.dumps(detail)},
        )
        return con.sql(f"select {explain.sentence_sql([SOURCES[source]], language)} from f").fetchall()[0][0]

    return sentence


@pytest.mark.parametrize(
    ("price", "written"),
    [(5.0, "5.00 元"), (5, "5.00 元"), (5.4, "5.40 元"), (10.85, "10.85 元"), (0.0325, "0.0325 元")],
)
def test_money_has_its_cents_and_a_price_of_a_unit_keeps_its_places(told, price, written):
    said = told("selected_product_above_price", "zh", item_name="甲", unit_price=9.65, selected_price=price)
    assert f"中选价 {written}" in said and "9.65 元" in said and "12.00 元" in said


def test_counts_keep_to_whole_numbers(told):
    said = told("item_over_daily_limit", "zh", item_name="甲", quantity=21.0, max_quantity=10.0, days=10, unit_zh="日")
    assert "10 天共计 21 日" in said and "允许的 10 日" in said


@pytest.mark.parametrize(("code", "name"), [("H1", "第一医院"), ("H9", "H9")])
def test_a_place_is_called_by_its_name_and_by_its_code_where_it_has_none(told, code, name):
    detail = {
        "times": 1,
        "days_elsewhere": 2,
        "other_institution_id": code,
        "kind": "an out-patient",
        "kind_zh": "门诊就医",
    }
    said = told("stay_overlaps_other_care", "zh", started_on="2025-03-01", ended_on="2025-03-05", **detail)
    assert f"期间又在{name}门诊就医（1 次" in said
    said = told("stay_overlaps_other_care", "en", started_on="2025-03-01", ended_on="2025-03-05", **detail)
    assert f"an out-patient at {name} (1 time, first" in said and "2 days of the stay" in said


def test_every_sentence_says_a_place_by_its_name(told):
    """Whatever the card: a hole that holds the code of a place prints the name of it."""
    asked = 0
    for source in SOURCES.values():
        holes = {h for h in re.findall(r"\{(\w+)\}", source.card.sentence_zh) if explain.IS_PLACE.fullmatch(h)}
        if holes:
            asked += 1
            said = told(source.id, "zh", **dict.fromkeys(holes, "H1"))
            assert "第一医院" in said and "H1" not in said, source.id
    assert asked > 5


def test_the_ordinary_reading_comes_first_where_a_row_names_one(told):
    plain = {language: told("co_visit_ring", language, members=5) for language in ("en", "zh")}
    named = {"innocent": "a family", "innocent_zh": "一家人"}
    assert told("co_visit_ring", "en", members=5, **named) == f"This may be a family. If not: {plain['en']}"
    assert told("co_visit_ring", "zh", members=5, **named) == f"先核实是否属于一家人；如不属于：{plain['zh']}"
