"""Official workbooks: the form and its traps, merging into the overlay, the commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from data.errors import UsageError
from data.knowledge.published import build as knowledge_build
from data.knowledge.published import workbook as knowledge_import
from flows.cli import main

xlsxwriter = pytest.importorskip("xlsxwriter")
POINTS = ["序号", "药品通用名", "检出逻辑", "逻辑依据\n（目录备注）", "备注", "药品代码数量"]
CODES = ["序号", "药品通用名", "药品代码"]
PAIRS = ["序号", "项目A名称", "项目A代码", "项目B名称", "项目B代码", "检出逻辑", "逻辑依据", "时间窗"]
ONE, TWO, THREE = "XG04CBF019A001010100030", "XG04CBF019A001010100111", "ZD01BAY0318010100281"
A, B, C, D = (f"003301010{n}0000" for n in (10, 20, 30, 40))


def _book(path: Path, *sheets: tuple[str, str, Sequence[str], Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, title, header, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.write(0, 0, "附件")
            sheet.write(1, 0, title)
            for place, row in enumerate([header, *rows], start=3):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(place, column, cell)
            sheet.write_blank(3, 16_000, None, book.add_format({"bold": True}))
    return path


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    points = [
        (1, "甲片", "与限定性别不符", "用于前列腺增生。", None, 2),
        (2, "乙栓", "与限定性别不符", "用于痛经。", None, 2),
        (3, "丙片", "与限定性别不符", "用于感冒。", None, 1),
        ("合计", None, None, None, None, 5),
        ("备注：性别不清人群不纳入。",),
    ]
    codes = [(1, "甲片", ONE), (None, None, TWO), (2, "乙栓", f"{THREE}・{THREE[:-1]}2")]
    return _book(
        tmp_path / "第1批.xlsx",
        ("规则对应知识点明细", "“药品区分性别使用”类规则对应知识点明细", POINTS, points),
        ("知识点对应药品代码", "代码", CODES, codes),
    )


def test_the_official_form(drugs):
    points, codes = knowledge_import.read_workbook(drugs, published="2027-02-01")
    assert points.select("item_name_zh", "constraint_zh", "rule_name_zh").rows() == [
        ("甲片", "用于前列腺增生。", "药品区分性别使用"),
        ("乙栓", "用于痛经。", "药品区分性别使用"),
        ("丙片", "用于感冒。", "药品区分性别使用"),
    ]
    made, judged = knowledge_build.make(points, codes)
    assert made["item_sex"].select("item_code", "sex", "valid_from").rows() == [
        (ONE, "1", "2027-01-01"),
        (TWO, "1", "2027-01-01"),
        (THREE, "2", "2027-01-01"),
        (f"{THREE[:-1]}2", "2", "2027-01-01"),
    ]
    assert judged.filter(pl.col("why").is_not_null())["item_name_zh"].to_list() == ["丙片"]


def test_pairs_with_their_window(tmp_path):
    rows = [
        (1, "全切", A, "部分切", B, "同时收费", "含部分切", "单日"),
        (2, None, None, "监测", C, "同时收费", "含监测", "单次就诊"),
        (3, None, None, "探查", D, "同时收费", "含探查", "6小时"),
    ]
    book = _book(tmp_path / "x.xlsx", ("医疗服务项目重复收费", "明细", PAIRS, rows))
    made, judged = knowledge_build.make(*knowledge_import.read_workbook(book))
    columns = ["item_a_code", "item_b_code", "time_window", "window_source"]
    assert made["exclusive_pair"].select(columns).rows() == [
        (A, B, "day", "published"),
        (A, C, "visit", "published"),
        (A, D, "6 hours", "published"),
    ]
    assert set(made["exclusive_pair"]["layer"]) == {"nation"} and judged["why"].null_count() == 3


def test_the_published_headers(tmp_path):
    """时间区间 beside the pair, 对应知识点序号 above the codes: as the published workbooks write them."""
    header = [
        "序号",
        "时间区间",
        "医疗服务项目A名称",
        "医疗服务项目A代码供参考",
        "医疗服务项目B名称",
        "医疗服务项目B代码供参考",
    ]
    rows = [
        (1, "同一天", "全切", A, "部分切", B),
        (2, "一次住院", "全切", A, "监测", C),
        (3, None, "全切", A, "探查", D),
    ]
    book = _book(tmp_path / "x.xlsx", ("医疗服务项目重复收费", "明细", header, rows))
    made, _ = knowledge_build.make(*knowledge_import.read_workbook(book))
    columns = ["time_window", "window_source", "layer"]
    assert made["exclusive_pair"].select(columns).rows() == [
        ("day", "published", "nation"),
        ("stay", "published", "nation"),
        ("visit", "derived", "derived"),
    ]
    knowledge_import.merge(tmp_path / "k", made, "province", write=True)
    assert pl.read_csv(tmp_path / "k" / "exclusive_pair.csv")["layer"].to_list() == ["province", "province", "derived"]
    points = [
        (1, "甲片", "与限定性别不符", "用于前列腺增生。", None, 2),
        (2, "甲片", "与限定性别不符", "用于痛经。", None, 1),
    ]
    codes = [(1, "甲片", 1, ONE), (None, None, 2, TWO), (2, "甲片", 1, THREE)]
    book = _book(
        tmp_path / "y.xlsx",
        ("药品区分性别使用", "明细", POINTS, points),
        ("代码", "代码", ["对应知识点序号", "药品通用名", "序号", "药品代码"], codes),
    )
    made, _ = knowledge_build.make(*knowledge_import.read_workbook(book))
    assert made["item_sex"].select("item_code", "sex").rows() == [(ONE, "1"), (TWO, "1"), (THREE, "2")]


def test_a_window_no_rule_evaluates_is_refused(tmp_path):
    rows = [(1, "全切", A, "部分切", B, "同时收费", "含部分切", "单日"), (2, None, None, "监测", C, None, None, "每旬")]
    book = _book(tmp_path / "x.xlsx", ("医疗服务项目重复收费", "明细", PAIRS, rows))
    with pytest.raises(UsageError, match=r"x.xlsx, 序号 2: the window is '每旬'; it must mean one of hour, "):
        knowledge_import.read_workbook(book)


def test_merging_is_stable(drugs, tmp_path):
    made, _ = knowledge_build.make(*knowledge_import.read_workbook(drugs, published="2026-03-01"))
    folder = tmp_path / "knowledge"
    told = knowledge_import.merge(folder, made, "city", write=False)
    assert told.rows() == [("item_sex", 4, 0, 0)] and not folder.exists()
    knowledge_import.merge(folder, made, "city", write=True)
    first = (folder / "item_sex.csv").read_bytes()
    assert knowledge_import.merge(folder, made, "city", write=True).rows() == [("item_sex", 0, 0, 4)]
    assert (folder / "item_sex.csv").read_bytes() == first
    other = {"item_sex": made["item_sex"].with_columns(sex=pl.lit("2"))}
    assert knowledge_import.merge(folder, other, "city", write=True).rows() == [("item_sex", 0, 2, 2)]
    assert knowledge_import.merge(folder, made, "province", write=True).rows() == [("item_sex", 4, 0, 0)]
    assert len(pl.read_csv(folder / "item_sex.csv")) == 8


def test_no_workbook_is_refused(tmp_path):
    (tmp_path / "x.xlsx").write_text("no", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        knowledge_import.read_workbook(tmp_path / "x.xlsx")
    book = _book(tmp_path / "y.xlsx", ("表", "无名", POINTS, [(1, "甲片", "不符", "用于痛经。", None, 1)]))
    with pytest.raises(UsageError, match="--rule"):
        knowledge_import.read_workbook(book)
    with pytest.raises(UsageError, match="No table"):
        knowledge_import.read_workbook(book, rule="药品儿童禁用")
    bare = _book(tmp_path / "z.xlsx", ("表", "无名", ["名称", "代码"], [("甲片", ONE)]))
    with pytest.raises(UsageError, match="序号"):
        knowledge_import.read_workbook(bare)


def test_a_header_with_a_blank_in_it(tmp_path):
    rows = [(1, "甲片", "不符", "用于痛经。", None, 1)]
    book = _book(tmp_path / "x.xlsx", ("药品区分性别使用", "明细", ["序 号", *POINTS[1:]], rows))
    assert knowledge_import.read_workbook(book)[0]["item_name_zh"].to_list() == ["甲片"]


def _said(capsys, *arguments: str) -> object:
    main(["knowledge", *arguments, "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_the_commands(drugs, tmp_path, capsys):
    home = ["--home", str(tmp_path / "home")]
    asked = _said(capsys, "import", str(drugs), "--published", "2026-03-01", *home)
    assert asked["changes"] == [{"table": "item_sex", "new": 4, "changed": 0, "same": 0}] and not asked["written"]
    assert asked["unread"] == [{"item_name_zh": "丙片", "why": "no word of one sex only"}]
    effect = {(row["key"].split()[0], row["change"]) for row in asked["effect"]}
    assert {(f"{THREE[:-1]}2", "added"), (THREE, "changed")} <= effect, "what ships is compared with"
    assert not (tmp_path / "home" / "knowledge").exists()
    assert _said(capsys, "diff", *home) == []
    assert _said(capsys, "import", str(drugs), "--published", "2026-03-01", "--yes", *home)["written"]
    changes = {(row["key"].split()[0], row["change"]) for row in _said(capsys, "diff", *home)}
    assert {(f"{THREE[:-1]}2", "added"), (THREE, "changed")} <= changes
    told = _said(capsys, "coverage", *home)
    assert {row["rule_name_zh"] for row in told["unparsed"]} <= {"药品限医疗机构级别", "药品限适应症"}
    assert sum(row["points"] for row in told["classes"]) == 3898
    with pytest.raises(SystemExit) as left:
        main(["knowledge", "import", str(drugs), "--layer", "village", *home])
    assert left.value.code == 2
