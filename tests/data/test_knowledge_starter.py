"""The starter tables: small, sourced, well-formed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data.knowledge import load as knowledge_load
from data.warehouse.connection import ddl

KNOWLEDGE = Path(__file__).parents[2] / "data" / "knowledge" / "tables"
STANDARD = Path(__file__).parents[3] / "shared" / "standard" / "chs_drg.csv"
LOCAL = {"total_limit", "disease_drug_list", "code_map", "institution_community", "peer_norm", "price_code_map"}


@pytest.fixture(scope="module")
def loaded() -> dict[str, pl.DataFrame]:
    con = duckdb.connect()
    con.execute(ddl())
    knowledge_load.load(con)
    return {name: con.sql(f"from knowledge.{name}").pl() for name in knowledge_load.tables()}


def test_every_table_is_known_by_its_key(loaded):
    con = duckdb.connect()
    con.execute(ddl())
    found = con.sql("select table_name from duckdb_tables() where schema_name = 'knowledge'").fetchall()
    assert {name for (name,) in found} == set(loaded)
    for name, rows in loaded.items():
        columns, key = knowledge_load.tables()[name]
        assert columns == rows.columns
        identity = [*key, "valid_from"] if "valid_from" in columns else key
        assert not rows.select(identity).is_duplicated().any(), name


def test_every_row_has_its_source(loaded):
    for name, rows in loaded.items():
        assert rows["reason" if name == "code_map" else "basis"].null_count() == 0, name
        assert rows.is_empty() == (name in LOCAL), name
        if "layer" in rows.columns:
            # the days that a law names in a year not arranged yet are reckoned by us
            assert set(rows["layer"]) <= {"nation", "starter"} | ({"derived"} if name == "calendar" else set()), name


def test_an_item_is_always_given(loaded):
    for name, rows in loaded.items():
        for sides in (("item_prefix", "name_word"), ("a_prefix", "a_word"), ("b_prefix", "b_word")):
            if set(sides) <= set(rows.columns) and name != "drug_dose":
                assert rows.select(pl.any_horizontal(pl.col(sides).is_not_null()).all()).item(), name


def test_prefixes_are_codes(loaded):
    for name, rows in loaded.items():
        if "diagnosis_prefix" in rows.columns and name != "admission_exception":
            given = rows["diagnosis_prefix"].drop_nulls()
            assert given.str.contains(r"^[A-Z](\d{1,2}(\.\d)?)?$").all(), name
        if "procedure_prefix" in rows.columns:
            assert rows["procedure_prefix"].str.contains(r"^\d{2}(\.\d{1,2})?$").all(), name
    assert loaded["drug_group"]["item_prefix"].str.contains(r"^X[A-Z]\d{2}[A-Z]{2}$").all()


@pytest.mark.skipif(not STANDARD.exists(), reason="the published codes are not at hand")
def test_words_of_one_sex_agree_with_the_codes(loaded):
    codes = pl.read_csv(STANDARD, infer_schema=False).unique(["code", "kind"])
    for table, column, kind in (
        ("diagnosis_sex", "diagnosis_prefix", "diagnosis"),
        ("procedure_sex", "procedure_prefix", "procedure"),
    ):
        named = codes.filter(pl.col("kind") == kind)
        joined = named.join_where(loaded[table], pl.col("code").str.starts_with(pl.col(column)))
        male, female = "前列腺|睾丸|阴茎|阴囊|精索", "子宫|卵巢|阴道|输卵管"
        assert joined.filter(pl.col("sex") == "1", pl.col("name").str.contains(female)).is_empty()
        wrong = joined.filter(
            pl.col("sex") == "2", pl.col("name").str.replace_all("外阴囊|前列腺素", "").str.contains(male)
        )
        assert wrong.is_empty()


@pytest.mark.skipif(not STANDARD.exists(), reason="the published codes are not at hand")
def test_disease_words_name_existing_codes(loaded):
    codes = pl.read_csv(STANDARD, infer_schema=False).filter(pl.col("kind") == "diagnosis")["code"].unique()
    listed = loaded["indication_word"].filter(pl.col("basis").str.contains("CHS-DRG"))
    firsts = pl.concat([codes.str.slice(0, n) for n in (1, 2, 3, 5)]).unique()
    assert set(listed["diagnosis_prefix"]) <= set(firsts)
    # a word may stand for several parts that all must be met, which are read and not listed
    assert len(listed) > 0.75 * len(loaded["indication_word"])


def test_calendar(loaded):
    days = loaded["calendar"]
    kinds = dict(days.select("on_date", "kind").rows())
    assert {d.year for d, kind in kinds.items() if kind != "statutory"} == {2024, 2025, 2026}
    assert {d.year for d, kind in kinds.items() if kind == "statutory"} == {2027}
    assert all(d.weekday() >= 5 for d, kind in kinds.items() if kind == "workday")
    assert all(kinds[date(year, 10, 1) + timedelta(n)] == "holiday" for year in (2024, 2025, 2026) for n in range(7))
    lengths = days.filter(kind="holiday").group_by(pl.col("on_date").dt.year()).len().sort("on_date")
    assert lengths["len"].to_list() == [30, 28, 33]
    weekend = pl.col("on_date").dt.weekday() > 5
    assert days.filter(pl.col("kind") == "workday").select(weekend.all()).item()


def test_bounds_make_sense(loaded):
    for name in ("diagnosis_age", "admission_criteria", "drug_contraindication"):
        both = loaded[name].filter(pl.col("age_from_years").is_not_null() & pl.col("age_to_years").is_not_null())
        assert both.select((pl.col("age_from_years") < pl.col("age_to_years")).all()).item(), name
    assert loaded["herb_limit"]["max_grams"].min() > 0
    bans = loaded["drug_contraindication"]
    conditions = ["age_from_years", "age_to_years", "age_to_days", "diagnosis_prefix", "in_pregnancy", "in_lactation"]
    assert bans.select(pl.any_horizontal(pl.col(conditions).is_not_null()).all()).item()
    assert set(bans["official"]) == {66, 71, 73, 82}
