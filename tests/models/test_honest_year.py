"""The honest year: no source calls an ordinary practice a violation, and a doubt that must stay lifts nobody."""

from __future__ import annotations

import polars as pl
import pytest

from data.simulate import honest
from data.simulate.honest.delivery import division
from tests.tools import honest as judged
from tests.tools import manners

PRACTICES = honest.library()
#: Schemes written in the same form: what the test must be able to see.
WICKED = {
    "one_bed_charged_twice": "bed_items_over_stay",
    "drug_for_women_to_a_man": "item_for_other_sex",
    "cards_carried_round": "co_visit_ring",
}


@pytest.fixture(scope="session")
def honest_year(once):
    """(connection, folder) of the warehouse in which every source judged the library and the three schemes."""
    from data.warehouse.connection import open_warehouse

    folder = once("honest_year", lambda folder: judged.judge(judged.everything(), folder))
    with open_warehouse(folder / "home", read_only=True) as con:
        yield con, folder


@pytest.fixture(scope="session")
def found(honest_year):
    return judged.hits(*honest_year)


def test_the_library_is_wide_and_each_world_is_its_own():
    assert len(PRACTICES) >= 320
    assert len({honest.number_of(name) for name in PRACTICES}) == len(PRACTICES)
    assert len({division(n) for n in range(len(PRACTICES))}) == len(PRACTICES)
    assert len({p.title_zh for p in PRACTICES.values()}) == len(PRACTICES)


def test_a_scheme_in_the_same_form_is_found(found):
    seen = {(row["practice"], row["source"]) for row in found.iter_rows(named=True)}
    assert set(WICKED.items()) <= seen


def test_no_definite_finding_stands_on_a_practice(found):
    wrong = judged.of_library(found).filter(pl.col("certainty") == "definite")
    assert wrong.select("practice", "source").unique().sort("practice", "source").rows() == []


def test_a_live_source_suspects_a_practice_only_where_no_field_tells_it_from_the_scheme(found):
    suspected = judged.of_library(found).filter(pl.col("status") == "live", pl.col("certainty") == "suspected")
    seen = {(row["practice"], row["source"]) for row in suspected.iter_rows(named=True)}
    declared = {(p.id, doubt.source) for p in PRACTICES.values() for doubt in p.suspected}
    assert sorted(seen - declared) == []
    assert sorted(declared - seen) == [], "a doubt that no source has any more"
    assert suspected.filter(~pl.col("names_reading")).select("practice", "source").rows() == []


def test_a_practice_lifts_nobody_into_the_upper_tiers(honest_year, found):
    subjects = judged.of_library(found).select("subject_type", "subject_id").unique()
    con, _ = honest_year
    con.register("suspected_subject", subjects.to_arrow())
    lifted = con.sql(
        "select l.subject_type, l.subject_id, l.tier, l.rules from model.lead as l"
        " join suspected_subject as s on s.subject_type = l.subject_type and s.subject_id = l.subject_id"
        " where l.tier in ('A', 'B') order by all"
    ).fetchall()
    assert lifted == []


def test_the_hits_of_trial_sources_are_listed(found):
    assert judged.trial_table(judged.of_library(found)) == judged.written(), (
        "python -m tests.tools.honest writes it anew"
    )


@pytest.mark.long
@pytest.mark.parametrize("part", range(len(manners.EXPORTS)))
def test_no_definite_finding_stands_on_a_practice_among_few(tmp_path, part):
    """Beside other practices and no town, in an export that fills its columns as some systems do."""
    from data.warehouse.connection import open_warehouse

    practices = list(PRACTICES.values())[part :: len(manners.EXPORTS)]
    home = judged.judge(practices, tmp_path, persons=300, filled=manners.EXPORTS[part])
    with open_warehouse(home, read_only=True) as con:
        wrong = judged.of_library(judged.hits(con, tmp_path)).filter(pl.col("certainty") == "definite")
    assert wrong.select("practice", "source").unique().sort("practice", "source").rows() == []


@pytest.mark.parametrize(
    ("line", "word"), [("血细胞分析 twice", "twice"), ("", "empty"), ("血细胞分析 2x", "2x"), ("血细胞分析 d", "d")]
)
def test_a_line_that_cannot_be_read_is_refused_by_its_word(line, word):
    with pytest.raises(honest.PracticeError, match=word):
        honest.charge(line)
