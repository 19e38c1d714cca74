"""Features: documented, portable, in their own order; a grown record gives what a full build gives."""

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from data.ingest import ingest
from data.knowledge import load as knowledge_load
from data.warehouse import guard
from data.warehouse.connection import open_warehouse
from features import build, increment

FEATURES = build.load()


@pytest.mark.parametrize("name", FEATURES)
def test_feature_says_what_a_row_is_and_translates(name):
    assert FEATURES[name].row
    assert "select" in guard.to_spark(FEATURES[name].query.text).lower()


def test_order_comes_from_the_queries():
    order = list(FEATURES)
    for name, feature in FEATURES.items():
        assert all(order.index(needed) < order.index(name) for needed in feature.needs)


def test_a_broken_feature_is_named(tmp_path):
    (tmp_path / "a.sql").write_text("select 1 as x", encoding="utf-8")
    (tmp_path / "b.sql").write_text("-- One row: one b.\nselect lead_id from model.lead", encoding="utf-8")
    with pytest.raises(guard.SqlRefused) as refused:
        build.load(tmp_path)
    assert "a.sql: the first comment" in str(refused.value) and "b.sql: line 2" in str(refused.value)


def everything(con):
    return {n: con.sql(f"select * from feature.{n} order by all").pl() for n in FEATURES}


def split(town, first, second):
    """The town's export as two deliveries: everything before October, and the rest with late corrections."""
    import polars as pl

    for folder in (first, second):
        folder.mkdir()
    settled = pl.read_csv(town / "setl_d.csv.gz", infer_schema=False)
    late = settled.filter(pl.col("setl_time") >= "2025-10-01")
    touched = settled.filter(pl.col("setl_time") < "2025-03-01").head(5).with_columns(inscp_amt=pl.lit("0.01"))
    for path in sorted(town.glob("*.csv*")):
        rows = pl.read_csv(path, infer_schema=False)
        if path.name.startswith(("fee_list_d", "setl_d", "mdcs")):
            is_late = pl.col("setl_id").is_in(late["setl_id"].implode())
        elif path.name.startswith("mdtrt_d"):
            is_late = pl.col("mdtrt_id").is_in(late["mdtrt_id"].implode())
        else:
            rows.write_csv(first / path.name.removesuffix(".gz"))
            continue
        rows.filter(~is_late).write_csv(first / path.name.removesuffix(".gz"))
        more = rows.filter(is_late)
        if path.name.startswith("setl_d"):
            more = pl.concat([more, touched])
        more.write_csv(second / path.name.removesuffix(".gz"))


@pytest.mark.slow
def test_a_new_month_and_late_corrections_give_what_a_full_build_gives(hamlet, tmp_path, monkeypatch):
    split(hamlet, tmp_path / "first", tmp_path / "second")
    applied = []
    whole = increment.apply
    monkeypatch.setattr(increment, "apply", lambda con, table, query: (applied.append(table), whole(con, table, query)))
    with open_warehouse(tmp_path / "grown") as con:
        knowledge_load.load(con)
        ingest(con, tmp_path / "first")
        build.build(con, "one")
        ingest(con, tmp_path / "second")
        build.build(con, "two")
        grown = everything(con)
        assert con.sql("select count(*) from run.touched_settlement").fetchall() == [(0,)]
    assert applied == ["feature.fee_line"]
    with open_warehouse(tmp_path / "full") as con:
        knowledge_load.load(con)
        ingest(con, tmp_path / "first")
        ingest(con, tmp_path / "second")
        build.build(con, "two")
        full = everything(con)
    assert applied == ["feature.fee_line"]
    for name in FEATURES:
        assert_frame_equal(grown[name], full[name], check_exact=True)


@pytest.mark.slow
def test_an_unchanged_record_builds_nothing(hamlet, tmp_path):
    with open_warehouse(tmp_path) as con:
        knowledge_load.load(con)
        ingest(con, hamlet)
        assert set(build.build(con, "one")) == set(FEATURES)
        assert build.build(con, "one") == []
        assert set(build.build(con, "one", facts="other")) == set(FEATURES)


def test_the_narrowed_query_reads_only_changed_settlements():
    said = increment.narrowed(Path(build.FOLDER / "fee_line.sql").read_text(encoding="utf-8"))
    assert said.lower().count("changed_settlement_read") == 2 and "from changed_settlement)" in said.lower()


def test_a_warehouse_of_an_earlier_version_lacks_what_this_one_asks_for(con):
    assert build.lacking(con) == []
    con.execute("drop table feature.stay_day")
    assert build.lacking(con) == ["stay_day"]
