"""A bureau's overlay: later layers supersede, rows are switched off with a reason, mistakes are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from data.errors import UsageError
from data.knowledge import diff as knowledge_diff
from data.knowledge import load as knowledge_load
from data.warehouse.connection import ddl

HEAD = "item_code,item_name,max_quantity,time_window,unit_zh,official,basis,layer,valid_from,switched_off\n"
BED, NURSING, WARM = "001109000010000", "001201000030000", "001104000010000"


@pytest.fixture
def con():
    connection = duckdb.connect()
    connection.execute(ddl())
    return connection


def _rows(con, code):
    return con.execute(
        "select max_quantity::integer, layer, valid_from, valid_to, superseded_by from knowledge.item_frequency"
        " where item_code = $1 order by valid_from nulls first",
        [code],
    ).fetchall()


def _write(folder: Path, rows: str, name: str = "item_frequency", head: str = HEAD) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text(head + rows, encoding="utf-8")
    return folder


def test_without_an_overlay_the_package_stands(con, tmp_path):
    assert knowledge_load.load(con) == knowledge_load.load(con, tmp_path / "none")
    assert _rows(con, BED) == [(1, "nation", None, None, None)]


def test_a_city_row_supersedes_from_its_start(con, tmp_path):
    folder = _write(tmp_path / "k", f"{BED},床位费,2,day,日,27,市文件,city,2025-07-01,\n")
    before = knowledge_load.load(con)["item_frequency"]
    assert knowledge_load.load(con, folder)["item_frequency"] == before + 1
    assert _rows(con, BED) == [
        (1, "nation", None, date(2025, 6, 30), "overlay city"),
        (2, "city", date(2025, 7, 1), None, None),
    ]


def test_a_row_that_names_no_layer_is_the_city_s(con, tmp_path):
    head = HEAD.replace(",layer,valid_from,switched_off", "")
    folder = _write(tmp_path / "k", f"{BED},床位费,2,day,日,27,市文件\n", head=head)
    knowledge_load.load(con, folder)
    assert (2, "city") in [(quantity, layer) for quantity, layer, *_ in _rows(con, BED)]


def test_the_city_stands_above_the_province_whatever_the_order_of_rows(con, tmp_path):
    rows = f"{BED},床位费,3,day,日,27,市文件,city,,\n{BED},床位费,2,day,日,27,省文件,province,,\n"
    knowledge_load.load(con, _write(tmp_path / "k", rows))
    assert _rows(con, BED) == [(3, "city", None, None, None)]


def test_a_row_is_switched_off_with_its_reason(con, tmp_path):
    knowledge_load.load(con, _write(tmp_path / "k", f"{NURSING},,,,,,,city,,本市按小时计价\n"))
    assert _rows(con, NURSING) == []
    assert _rows(con, BED) != []


def test_tables_without_validity_are_replaced_by_key(con, tmp_path):
    folder = _write(
        tmp_path / "k",
        "9107,outpatient,体检,市文件\n",
        "medical_category",
        "code_prefix,care_setting,name_zh,basis\n",
    )
    knowledge_load.load(con, folder)
    found = con.sql("select care_setting from knowledge.medical_category where code_prefix = '9107'").fetchall()
    assert found == [("outpatient",)]


@pytest.mark.parametrize(
    ("name", "head", "rows", "said"),
    [
        ("item_colour", HEAD, "", "names no knowledge table"),
        ("item_frequency", "item_code,colour\n", "1,red\n", "the columns must be"),
        ("item_frequency", HEAD, f"{BED},床位费,2,day,日,27,文件,village,,\n", "layer is 'village'"),
        ("item_frequency", HEAD, f"{BED},床位费,two,day,日,27,文件,city,,\n", "item_frequency.csv"),
        (
            "item_frequency",
            HEAD,
            f"{NURSING},护理,2,day,日,27,文件,city,,\n{BED},床位费,2,fortnight,日,27,文件,city,,\n",
            r"item_frequency.csv, row 2: time_window is 'fortnight'; it must be one of day, week, month, quarter, year,",
        ),
        ("item_frequency", HEAD, f"{BED},床位费,2,6小时,日,27,文件,city,,\n", "row 1: time_window is '6小时'"),
        (
            "total_limit",
            "name_word,max_amount,time_window,official,basis\n",
            "甲,2,旬,28,文件\n",
            "time_window is '旬'",
        ),
        (
            "item_course",
            "item_code,max_days,count_by,scope,official,basis\n",
            "X,2,packs,stay,10,文件\n",
            "count_by is",
        ),
        (
            "item_course",
            "item_code,max_days,count_by,scope,official,basis\n",
            "X,2,days,year,10,文件\n",
            "scope is 'year'",
        ),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_changes(con, tmp_path, name, head, rows, said):
    knowledge_load.load(con)
    with pytest.raises(UsageError, match=said):
        knowledge_load.load(con, _write(tmp_path / "k", rows, name, head))
    assert _rows(con, BED) == [(1, "nation", None, None, None)]


def test_the_version_knows_the_overlay(tmp_path):
    folder = _write(tmp_path / "k", f"{BED},床位费,2,day,日,27,市文件,city,,\n")
    first = knowledge_load.version(folder)
    assert first != knowledge_load.version() and knowledge_load.version(tmp_path / "none") == knowledge_load.version()
    _write(folder, f"{BED},床位费,3,day,日,27,市文件,city,,\n")
    assert knowledge_load.version(folder) != first


def test_differences_are_told_by_key(tmp_path):
    rows = (
        f"{BED},普通病房床位费,2,day,日,27,市文件,city,,\n{NURSING},,,,,,,city,,按小时\n"
        f"{WARM},取暖,1,day,日,27,市文件,city,,\n"
    )
    found = knowledge_diff.compare(knowledge_diff.state(), knowledge_diff.state(_write(tmp_path / "k", rows))).filter(
        table="item_frequency"
    )
    assert {r[:2]: r[2:] for r in found.select("key", "change", "before", "after").rows()}.keys() == {
        (BED, "changed"),
        (NURSING, "removed"),
        (WARM, "added"),
    }
    changed = found.filter(change="changed").row(0, named=True)
    assert changed["before"].startswith("max_quantity=1.0000; basis=医疗服务项目限定频次")
    assert "max_quantity=2.0000; basis=市文件" in changed["after"] and "time_window" not in changed["after"]
    assert knowledge_diff.compare(knowledge_diff.state(), knowledge_diff.state(knowledge_load.FOLDER)).is_empty()
    with pytest.raises(UsageError):
        knowledge_diff.state(tmp_path / "none")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("每月", "month"),
        ("自然周", "week"),
        ("季度", "quarter"),
        ("年度", "year"),
        ("单次就诊", "visit"),
        ("一次住院", "stay"),
        ("30日内", "30 days"),
        ("三十天", "30 days"),
        ("两周内", "14 days"),
        ("7 days", "7 days"),
    ],
)
def test_windows_in_chinese_are_read(con, tmp_path, written, read):
    knowledge_load.load(con, _write(tmp_path / "k", f"{BED},床位费,2,{written},次,27,市文件,city,,\n"))
    assert con.sql(f"select time_window from knowledge.item_frequency where item_code = '{BED}'").fetchall() == [
        (read,)
    ]


def test_a_reading_of_ours_takes_no_published_row_away(con, tmp_path):
    row = f"{BED},床位费,9,day,日,27,自行推定,starter,,\n{WARM},取暖,9,day,日,27,自行推定,starter,,\n"
    knowledge_load.load(con, _write(tmp_path / "k", row))
    assert _rows(con, BED) == [(1, "nation", None, None, None)]
    assert _rows(con, WARM) == [(9, "starter", None, None, None)]


def test_every_pair_has_its_published_window_and_no_discount_a_published_rate(con):
    knowledge_load.load(con)
    pairs = con.sql("select time_window, count(*) from knowledge.exclusive_pair group by 1 order by 1").fetchall()
    assert pairs == [("6 hours", 18), ("day", 446), ("hour", 7), ("visit", 429)]
    assert con.sql("select distinct layer, window_source from knowledge.exclusive_pair").fetchall() == [
        ("nation", "published")
    ]
    assert con.sql("select distinct layer from knowledge.operation_discount").fetchall() == [("starter",)]
