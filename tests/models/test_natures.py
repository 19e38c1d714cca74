"""Every violation has its nature, and every word and origin that files may use means one that there is."""

import polars as pl

from models import detectors
from models.casebook import appeals, handed, ledger, lineup
from models.sources import natures, rule


def test_every_violation_of_the_package_is_classed_and_nothing_else():
    wanted = {s.card.violation for s in [*rule.load(), *detectors.load()]}
    assert set(natures.natures()) == wanted
    assert {n.id for n in natures.natures().values()} | {natures.OTHER} == set(natures.titles())
    assert all(all(vars(n).values()) for n in natures.titles().values())
    assert natures.nature("a_bureau_s_own").id == "other"


def test_words_mean_what_there_is_and_one_thing_each():
    known = {n.id for n in natures.natures().values()}
    words = pl.read_csv(lineup.FOLDER / "nature_words.csv")
    assert set(words["nature"]) <= known and not words["word"].is_duplicated().any()
    origins = pl.read_csv(ledger.FOLDER / "origin_words.csv")
    assert set(origins["origin"]) == set(ledger.ORIGINS) and not origins["word"].is_duplicated().any()
    steps = pl.read_csv(appeals.FOLDER / "appeal_words.csv").filter(pl.col("kind") == "step")
    assert set(steps["meaning"]) == set(appeals.STEPS) and not steps["word"].is_duplicated().any()


def test_no_column_of_a_file_goes_by_the_name_of_another():
    for listing in (appeals.FORM.name, ledger.FORM.name, lineup.FORM.name, "verdict"):
        names = pl.read_csv(handed.FOLDER / f"{listing}_columns.csv")["names"].str.split(" ").explode()
        assert not names.is_duplicated().any(), listing
