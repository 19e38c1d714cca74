from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from data.knowledge.published.build import COMMON, TABLES, Table, build

ROOT = Path(__file__).parents[2]
KNOWLEDGE = ROOT / "data" / "knowledge" / "tables"
STANDARD = ROOT.parent / "shared" / "standard"
POINTS = """\
point_id,rule_name_zh,item_name_zh,constraint_zh,check_zh,batch,published_at,n_codes
P01,药品区分性别使用,甲片,用于前列腺增生。与前列腺素合用。,与限定性别不符,1,,1
P02,药品区分性别使用,甲片,用于前列腺增生。,与限定性别不符,,2026-01-28,1
P03,药品区分性别使用,乙栓,用于阴道炎；精神不振者慎用。,与限定性别不符,1,,1
P04,药品区分性别使用,丙片,治疗早产婴儿呼吸窘迫。,与限定性别不符,1,,1
P05,药品区分性别使用,丁片,用于男性和女性不育。,与限定性别不符,1,,1
P06,医疗服务项目区分性别使用,说明：性别不清人群不纳入。,,,1,,0
P07,医疗服务项目区分性别使用,阴囊显象,男性泌尿生殖系统相关检查,与限定性别不符,1,,1
P08,药品区分性别使用,戊丸,用于痛经。,与限定性别不符,1,,0
P11,药品儿童专用,小儿甲颗粒,清肺化痰。疗程3至6天。,参保人年龄超出儿童年龄限制,1,,1
P12,药品儿童专用,乙注射液,适用于11周岁以下患者。,参保人年龄超出儿童年龄限制,1,,1
P13,药品限儿童使用,丙片,限6-17岁儿童和青少年。,参保人年龄超出儿童年龄限制,1,,1
P14,药品限儿童使用,丁膜,限：1.1岁至14岁儿童哮喘；2.2岁至14岁儿童鼻炎。,参保人年龄超出儿童年龄限制,1,,1
P15,药品限儿童使用,戊颗粒,预防⼉童排斥反应，限3岁及3岁以上。,参保人年龄超出儿童年龄限制,1,,1
P16,药品限儿童使用,己片,限体重不足者。,参保人年龄超出儿童年龄限制,1,,1
P17,药品儿童专用,庚片,限18岁以上患者。,参保人年龄超出儿童年龄限制,1,,1
P18,医疗服务项目儿童专用,新生儿护理,新生儿专用项目,参保人年龄超出儿童年龄限制,1,,1
P19,医疗服务项目儿童专用,婴儿氧舱治疗,婴儿专用项目,参保人年龄超出儿童年龄限制,1,,1
P20,医疗服务项目限年龄,职业功能训练,限法定就业年龄段患者,参保人年龄超出法定就业年龄限制,8,,1
P21,药品限儿童使用,辛片,限未成年患者。,参保人年龄超出儿童年龄限制,1,,1
P31,医疗服务项目重复收费,全切术×部分切除术,含部分切除,项目A和项目B同时收费,7,,2
P32,医疗服务项目重复收费,耐量试验×血糖测定,含5次血糖测定,项目A和项目B同时收费,7,,2
P33,医疗服务项目重复收费,切除术×术中监测,含监测,项目A和项目B同时收费,7,,2
P34,医疗服务项目重复收费,造影×透视,含透视,项目A和项目B单次就诊同时收费,7,,2
P35,医疗服务项目重复收费,孤项,含透视,项目A和项目B同时收费,7,,1
P41,医疗服务项目限定频次,床位费,日,使用项目的数量总计超过上限数量,8,,1
P42,医疗服务项目限定频次,监测,小时,使用项目的数量总计超过上限数量,8,,1
P43,医疗服务项目限定频次,镇痛,天,使用项目的数量总计超过上限数量,8,,1
P44,医疗服务项目限定频次,换药,次,使用项目的数量总计超过上限数量,8,,1
P45,医疗服务项目限定频次,监测(重复公布),日,使用项目的数量总计超过上限数量,8,,1
P51,药品限支付疗程,甲注射液,限脑梗死恢复期，单次住院最多支付14天。,使用药品的日期总计超过限制天数,6,,1
P52,药品限支付疗程,乙注射液,支付不超过12个月：1.辅助治疗。,第一次使用药品的日期开始计算的连续时间跨度超过限制天数,6,,1
P53,药品限支付疗程,丙注射液,支付不超过3天。,用药超限,6,,1
P54,药品限支付疗程,丁注射液,限急性期。,使用药品的日期总计超过限制天数,6,,1
P55,医疗服务项目限支付疗程,语言训练,支付不超过一年，每周最多支付一次。,使用项目的日期总计超过限制天数,8,,1
P61,药品限医疗机构级别,甲注射液,限二级及以上医疗机构。,使用药品的医疗机构级别低于限定级别,5,,1
P62,药品限医疗机构级别,乙注射液,需三级医院眼科或二级及以上眼科专科医院医师处方；首次处方时视力0.05-0.5。,级别低,5,,1
P63,药品限医疗机构级别,丙注射液,限三级医疗机构。,级别低,5,,1
P64,药品限医疗机构级别,丁注射液,首次处方时需由二级及以上医疗机构专科医师开具处方。,级别低,5,,1
P65,药品限医疗机构级别,戊注射液,限专科医院。,级别低,5,,1
P71,药品限适应症,甲片,限癌痛。,不符,12,2026-05-23,1
P72,药品儿童禁用,甲片,儿童禁用。,不符,12,2026-05-23,1
"""


def _made_codes() -> pl.DataFrame:
    """Code NN for point PNN (P02 shares P01's, P45 P42's), chapter 33 for the operations of the pairs."""
    rows = [
        (f"P{n:02}", 1, f"X{n:022}")
        for n in (1, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 21, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71)
    ]
    rows += [("P02", 1, f"X{1:022}"), ("P45", 1, f"{42:015}")]
    rows += [(f"P{n}", 1, f"{n:015}") for n in (18, 19, 20, 41, 42, 43, 44, 55)] + [("P07", 1, f"{7:015}")]
    rows += [("P08", 1, "无编码")]
    rows += [(f"P{n}", k, f"00{ch}{n:09}{k:02}") for n, ch in ((31, 33), (32, 25), (33, 33), (34, 21)) for k in (1, 2)]
    rows += [("P35", 1, f"{35:015}")]
    return pl.DataFrame(rows, schema=["point_id", "ord", "med_list_codg"], orient="row")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "points.csv").write_text(POINTS, encoding="utf-8")
    _made_codes().write_csv(folder / "codes.csv")
    return folder, build(folder / "points.csv", folder / "codes.csv", folder)


def _rows(folder: Path, name: str, *columns: str) -> list[tuple[str | None, ...]]:
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False).select("point_id", *columns).sort("point_id").rows()


def test_sex_is_read_from_words_of_one_sex(made: tuple[Path, pl.DataFrame]) -> None:
    columns = ["item_code", "sex", "official", "valid_from", "valid_to", "superseded_by"]
    assert _rows(made[0], "item_sex", *columns) == [
        ("P01", f"X{1:022}", "1", "67", "2025-01-01", "2025-12-31", "P02"),
        ("P02", f"X{1:022}", "1", "67", "2026-01-01", "2026-12-31", None),
        ("P03", f"X{3:022}", "2", "67", "2025-01-01", "2025-12-31", "revision-2026-01-28"),
        ("P07", f"{7:015}", "1", "81", None, None, None),
    ]
    assert _rows(made[0], "item_sex", "batch", "layer", "basis")[1] == (
        "P02",
        "2026-01-28",
        "nation",
        "药品区分性别使用：用于前列腺增生。",
    )


def test_age_bounds(made: tuple[Path, pl.DataFrame]) -> None:
    assert _rows(made[0], "item_age", "age_from_years", "age_to_years", "age_to_days", "official") == [
        ("P11", None, "15", None, "65"),
        ("P12", None, "12", None, "65"),
        ("P13", "6", "18", None, "7"),
        ("P14", "1", "15", None, "7"),
        ("P15", "3", "15", None, "7"),
        ("P18", None, None, "28", "80"),
        ("P19", None, "1", None, "80"),
        ("P20", "16", None, None, "29"),
        ("P21", None, "18", None, "7"),
    ]


def test_pair_window(made: tuple[Path, pl.DataFrame]) -> None:
    assert _rows(made[0], "exclusive_pair", "item_a_name", "item_b_name", "time_window", "window_source") == [
        ("P31", "全切术", "部分切除术", "visit", "derived"),
        ("P32", "耐量试验", "血糖测定", "day", "derived"),
        ("P33", "切除术", "术中监测", "day", "derived"),
        ("P34", "造影", "透视", "visit", "published"),
    ]
    assert _rows(made[0], "exclusive_pair", "item_a_code", "item_b_code")[0] == (
        "P31",
        f"0033{31:09}01",
        f"0033{31:09}02",
    )


def test_frequency_keeps_the_stricter_of_two_points(made: tuple[Path, pl.DataFrame]) -> None:
    assert _rows(made[0], "item_frequency", "item_code", "max_quantity", "time_window", "unit_zh") == [
        ("P41", f"{41:015}", "1", "day", "日"),
        ("P43", f"{43:015}", "1", "day", "天"),
        ("P45", f"{42:015}", "1", "day", "日"),
    ]


def test_hour_gives_24_a_day(tmp_path: Path) -> None:
    head, *lines = POINTS.splitlines(keepends=True)
    only = "".join(line for line in lines if line.startswith("P42"))
    (tmp_path / "points.csv").write_text(head + only, encoding="utf-8")
    _made_codes().write_csv(tmp_path / "codes.csv")
    build(tmp_path / "points.csv", tmp_path / "codes.csv", tmp_path)
    assert _rows(tmp_path, "item_frequency", "max_quantity", "unit_zh") == [("P42", "24", "小时")]


def test_course(made: tuple[Path, pl.DataFrame]) -> None:
    assert _rows(made[0], "item_course", "max_days", "count_by", "scope", "official") == [
        ("P51", "14", "days", "stay", "10"),
        ("P52", "365", "span", "illness", "10"),
        ("P55", "365", "days", "illness", "23"),
    ]


def test_institution_level(made: tuple[Path, pl.DataFrame]) -> None:
    assert _rows(made[0], "item_institution_level", "min_level", "is_first_only", "official") == [
        ("P61", "2", "false", "12"),
        ("P62", "2", "false", "12"),
        ("P63", "3", "false", "12"),
        ("P64", "2", "true", "12"),
    ]


def test_what_the_text_does_not_yield_is_listed_with_the_reason(made: tuple[Path, pl.DataFrame]) -> None:
    folder, report = made
    assert _rows(folder, "unparsed", "why") == [
        ("P04", "no word of one sex only"),
        ("P05", "words of both sexes"),
        ("P08", "no item code published"),
        ("P16", "no upper age or age group"),
        ("P17", "age bounds contradict"),
        ("P35", "not exactly two items with their codes"),
        ("P44", "unit is not a day or an hour"),
        ("P53", "way of counting days not stated"),
        ("P54", "no length of course"),
        ("P65", "no level named"),
    ]
    by_class = {r["rule_name_zh"]: r for r in report.iter_rows(named=True)}
    assert (by_class["药品区分性别使用"]["points"], by_class["药品区分性别使用"]["parsed"]) == (6, 3)
    assert by_class["医疗服务项目区分性别使用"]["points"] == 1  # the note row is no point
    assert by_class["药品限支付疗程"]["share"] == 0.5
    assert by_class["药品限适应症"]["table"] == "item_indication"
    assert by_class["药品儿童禁用"]["table"] is None
    assert pl.read_csv(folder / "published.csv").equals(report)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_committed_table(table: Table) -> None:
    name, columns = table.name, table.columns
    rows = pl.read_csv(KNOWLEDGE / f"{name}.csv", infer_schema=False)
    assert rows.columns == [*columns, *COMMON] and len(rows) > 0
    assert rows["basis"].str.len_chars().min() and rows["basis"].null_count() == 0
    # no ratio of a discount is published: those rows are ours
    assert rows["layer"].unique().to_list() == ["starter" if name == "operation_discount" else "nation"]
    codes = [c for c in columns if c.endswith("_code")]
    service, drug, herb = r"^[0-9]{15}$", r"^(X[0-9A-Z]{22}|Z[0-9A-Z]{19})$", r"^T[0-9]{9}$"
    assert rows.select(pl.all_horizontal(pl.col(codes).str.contains(f"{service}|{drug}|{herb}")).all()).item()
    of_a_catalogue = pl.col(codes[0]).str.contains(drug) & (name != "internet_forbidden")
    assert rows.select((of_a_catalogue == pl.col("valid_from").is_not_null()).all()).item()
    # every two validity periods of a code are disjoint
    start = pl.col("valid_from").fill_null("")
    earlier_end = pl.col("valid_to").fill_null("9999").shift().over(codes, order_by=start)
    clash = rows.filter(earlier_end >= start)
    assert clash.is_empty()
    assert (KNOWLEDGE / f"{name}.csv").read_bytes().count(b"\r") == 0


def test_committed_sex_counts_agree_with_the_published_ones() -> None:
    rows = pl.read_csv(KNOWLEDGE / "item_sex.csv", infer_schema=False)
    assert set(rows["sex"]) == {"1", "2"}
    points = rows.filter((pl.col("official") == "67") & (pl.col("batch") == "1")).unique("point_id")
    counts = dict(points["sex"].value_counts().rows())
    assert abs(counts["2"] - 448) <= 5 and abs(counts["1"] - 33) <= 2


def test_hand_made_tables() -> None:
    category = pl.read_csv(KNOWLEDGE / "medical_category.csv", infer_schema=False)
    assert category["code_prefix"].is_unique().all() and category["code_prefix"].is_sorted()
    assert set(category["care_setting"]) <= {
        "inpatient",
        "outpatient",
        "emergency",
        "chronic",
        "drugstore",
        "maternity_outpatient",
        "home",
        "care",
        "check_up",
    }
    settings = dict(category.select("code_prefix", "care_setting").rows())
    assert (settings["21"], settings["9107"], settings["91"]) == ("inpatient", "check_up", "outpatient")
    grade = pl.read_csv(KNOWLEDGE / "institution_grade.csv", infer_schema=False)
    levels = dict(grade.select("institution_grade", "institution_level").rows())
    assert len(levels) == 14 and levels["11"] is None
    assert (levels["01"], levels["07"], levels["08"], levels["12"]) == ("3", "2", "1", "3")
    exception = pl.read_csv(KNOWLEDGE / "admission_exception.csv", infer_schema=False)
    assert exception["diagnosis_prefix"].is_unique().all()
    assert exception["diagnosis_prefix"].str.contains(r"^[A-Z][0-9]{0,2}$").all()
    assert {"Z51", "Z49", "N18", "C", "D48", "F", "O", "P", "G35"} <= set(exception["diagnosis_prefix"])
    for table in (category, grade, exception):
        assert table["basis"].null_count() == 0


@pytest.mark.skipif(not STANDARD.exists(), reason="the published points are not at hand")
def test_rebuilding_gives_the_committed_bytes(tmp_path: Path) -> None:
    names = ("knowledge_points", "knowledge_point_codes", "knowledge_pair_windows")
    points, codes, windows = (STANDARD / f"{name}.csv" for name in names)
    build(points, codes, tmp_path, windows)
    children = [t.child.name for t in TABLES if t.child is not None]
    for name in [*(t.name for t in TABLES), *children, "unparsed", "published"]:
        assert (tmp_path / f"{name}.csv").read_bytes() == (KNOWLEDGE / f"{name}.csv").read_bytes(), name
