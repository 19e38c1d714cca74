"""How the texts of the other rule classes are read, and what the shipped tables hold of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from data.knowledge.published.build import make

KNOWLEDGE = Path(__file__).parents[2] / "data" / "knowledge" / "tables"
REVISED = "2026-05-23"
# item, rule class, text, published
TEXTS = [
    ("甲膏", "药品限工伤保险", "限工伤保险", ""),
    ("甲栓", "药品限生育保险", "限生育保险", ""),
    ("甲乳", "药品限就医方式", "限急诊或住院患者。", ""),
    ("乙乳", "药品限就医方式", "住院方可支付，单次最多支付14天。", REVISED),
    ("丙乳", "药品限就医方式", "限成人。", REVISED),
    ("甲贴", "超互联网医院药品支付范围", "开展互联网诊疗活动时，不得开具麻醉药品的处方。", REVISED),
    ("阿胶", "中药饮片单方使用不予支付", "不得纳入基金支付范围的中药饮片", REVISED),
    ("丁香", "中药饮片单复方均不予支付", "单独使用时统筹基金不予支付，且全部由这些饮片组成的处方也不予支付。", REVISED),
    ("甲沙班", "药品限二线使用", "限华法林治疗控制不良的非瓣膜性房颤患者。", REVISED),
    ("乙滴", "药品限二线使用", "限二线用药。", REVISED),
    ("丙针", "药品限二线使用", "限对传统治疗或TNFα抑制剂应答不佳的克罗恩病患者。", REVISED),
    ("甲净", "药品限适应症", "限成人2型糖尿病患者。", REVISED),
    ("乙胃", "药品限适应症", "限：1.反流性食管炎；2.怪病。", REVISED),
    ("丙菌", "药品限适应症", "限头孢菌素耐药或重症感染患者。", REVISED),
    ("丁尼", "药品限适应症", "限至少接受过一种治疗的间变性淋巴瘤激酶(ALK)阳性的晚期非小细胞肺癌(NSCLC)。", REVISED),
    ("胃切除", "手术项目未按规定折价收费", "胃肠手术组", ""),
    ("糖化", "医疗服务项目周期超频次", "糖化血红蛋白水平反映近2-3个月的平均血糖水平。", ""),
    ("果糖胺", "医疗服务项目周期超频次", "血清果糖胺反映近2-3周的平均血糖水平。", ""),
    ("评定", "医疗服务项目周期超频次", "评定间隔时间不短于14天。", ""),
    ("听障", "医疗服务项目周期超频次", "每周最多支付一次。", ""),
    ("无周期", "医疗服务项目周期超频次", "按需。", ""),
]


def _code(rule: str, place: int) -> str:
    if "饮片" in rule:
        return f"T{place:09}"
    return f"X{place:022}" if "药品" in rule else f"{place:015}"


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    points = pl.DataFrame(
        [(f"K{n:02}", r, i, t, None, "1", p or None) for n, (i, r, t, p) in enumerate(TEXTS)],
        schema=["point_id", "rule_name_zh", "item_name_zh", "constraint_zh", "check_zh", "batch", "published_at"],
        orient="row",
        schema_overrides={"check_zh": pl.String},
    )
    codes = pl.DataFrame(
        [(f"K{n:02}", "1", _code(r, n)) for n, (_, r, _, _) in enumerate(TEXTS)],
        schema=["point_id", "ord", "med_list_codg"],
        orient="row",
    )
    return make(points, codes)


def _told(made: tuple[dict[str, pl.DataFrame], pl.DataFrame], table: str, *columns: str) -> list[tuple[object, ...]]:
    return made[0][table].sort("point_id").select("item_name", *columns).rows()


def test_insurance_and_care_setting(made):
    assert _told(made, "item_insurance", "insurance_kind", "official") == [
        ("甲膏", "work_injury", 1),
        ("甲栓", "maternity", 2),
    ]
    assert _told(made, "item_care_setting", "allows_inpatient", "allows_emergency", "allows_outpatient") == [
        ("甲乳", True, True, False),
        ("乙乳", True, False, False),
    ]


def test_the_text_tells_the_list_of_a_herb(made):
    assert _told(made, "herb_unpaid", "kind", "official") == [("阿胶", "always", 3), ("丁香", "alone", 4)]


def test_a_drug_point_holds_from_the_catalogue_of_its_year(made):
    assert _told(made, "item_care_setting", "valid_from", "valid_to") == [
        ("甲乳", "2025-01-01", "2025-12-31"),
        ("乙乳", "2026-01-01", "2026-12-31"),
    ]
    assert _told(made, "internet_forbidden", "valid_from", "official") == [("甲贴", None, 47)]


def test_first_lines(made):
    assert _told(made, "second_line_drug", "is_first_line_named") == [
        ("甲沙班", True),
        ("乙滴", False),
        ("丙针", False),
    ]
    assert made[0]["first_line_drug"].select("point_id", "item_prefix", "name_word").rows() == [("K08", "XB01AA", None)]


def test_indications(made):
    assert [row[0] for row in _told(made, "item_indication")] == ["甲净", "丁尼"]
    asked = dict(_told(made, "item_indication", "needs_record"))
    assert asked["甲净"] is None and "阳性" in str(asked["丁尼"])
    found = made[0]["indication_diagnosis"].select("point_id", "diagnosis_prefix").rows()
    assert found == [("K11", "E11"), ("K11", "E14"), ("K11", "O24"), ("K14", "C34")]


def test_discount_and_period(made):
    assert _told(made, "operation_discount", "group_name", "rate") == [("胃切除", "胃肠手术组", "0.5")]
    assert _told(made, "item_period", "min_gap_days") == [("糖化", 60), ("果糖胺", 14), ("评定", 14), ("听障", 7)]


def test_what_is_not_read_says_why(made):
    why = made[1].filter(pl.col("why").is_not_null()).sort("point_id").select("item_name_zh", "why").rows()
    assert why == [
        ("丙乳", "no care setting named"),
        ("乙胃", "a disease without codes: 怪病"),
        ("丙菌", "also allowed by a condition that is no diagnosis"),
        ("无周期", "no period named"),
    ]


def test_shares_of_the_shipped_points():
    share = dict(pl.read_csv(KNOWLEDGE / "published.csv").select("table", "share").group_by("table").min().rows())
    for table in (
        *("item_sex", "item_age", "item_institution_level", "item_care_setting", "item_insurance", "item_course"),
        *("item_frequency", "item_period", "exclusive_pair", "operation_discount", "herb_unpaid", "internet_forbidden"),
    ):
        assert share[table] >= 0.95, table
    assert share["item_indication"] >= 0.9


def test_every_read_indication_has_its_diagnoses():
    items = pl.read_csv(KNOWLEDGE / "item_indication.csv", infer_schema=False)
    diagnoses = pl.read_csv(KNOWLEDGE / "indication_diagnosis.csv", infer_schema=False)
    assert set(items["point_id"]) <= set(diagnoses["point_id"])
    assert diagnoses["diagnosis_prefix"].str.contains(r"^[A-Z](\d{1,2}(\.\d)?)?$").all()
    drugs = pl.read_csv(KNOWLEDGE / "second_line_drug.csv", infer_schema=False)
    named = drugs.filter(pl.col("is_first_line_named") == "true")
    first = pl.read_csv(KNOWLEDGE / "first_line_drug.csv", infer_schema=False)
    assert set(named["point_id"]) == set(first["point_id"])
    kinds = pl.read_csv(KNOWLEDGE / "herb_unpaid.csv", infer_schema=False)["kind"].value_counts().sort("kind")
    assert kinds.rows() == [("alone", 116), ("always", 37)]
