"""Drugs paid for named diseases: disease words of a text and the diagnoses they stand for.

The words and their ICD-10 prefixes are data (knowledge/indication_word.csv). A text is read only when every disease
it names is in that table, because a missing one would make its patients look wrong. What a settlement cannot show
(severity, earlier treatment, age, test results) goes to ``needs_record`` in the text's own words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

INFERRED = "starter"  # the layer of what we read into a published text
WORDS = Path(__file__).parents[1] / "tables" / "indication_word.csv"
SHOWN = 80
# Phrases with a disease ending that name no disease of their own.
NO_DISEASE = (
    r"不良事件|疾病活动度?|疾病进展|疾病诊断|出现疾病|和/或疾病|转移性疾病|明确疾病|疾病阶段|高疾病|器官疾病|心脏疾病"
    r"|病毒|致病|病情|病灶|发病|病程|病原|患病|病史|症状|体征|炎症征象|炎性|抗炎药?|重症患者|重症"
    r"|鼠类肉瘤|伴有心血管疾病|肿瘤坏死因子|抗肿瘤|肿瘤比例分数|淋巴瘤激酶|病毒癌基因|癌基因|并发症|适应症|禁忌症?|获得性耐药|炎克雷伯菌|肺炎链球菌"
    r"|肺炎支原体|肺炎衣原体|肺炎克雷伯菌|(?:如下|下列|以下)感染|能穿透的结石|限出血时|出血高危|出血的?(?:治疗|防治)"
)
DISEASE = (
    r"\p{Han}*(?:病|症|炎|癌|瘤|感染|出血|衰竭|损伤|综合征|综合症|贫血|休克|中毒|狭窄|增生|烧伤|结石|溃疡|血栓|高血压)"
)
# Words of diseases that the text names for another purpose than to pay for them.
ASIDE = (
    r"不适合[^，；。,;:]{0,12}移植(?:\(\w+\))?|无肝硬化或伴代偿性肝硬化|(?:同步|根治性|序贯)?(?:同步)?放化疗(?:后|期间)?"
    r"|在?一线含铂化疗|伴有?心血管疾病的"
)
# Conditions that allow the drug without naming a diagnosis.
NO_DIAGNOSIS = r"限抢救|抢救患者|药敏试验证据或|耐药或重症"
RECORD = (
    r"(?:轻|中|重)(?:度|型)?(?:至|、)?(?:中|重)?度|活动性|难治性?|复发|转移性?|晚期|局部晚期|早期|急性期|一线|二线|三线|既往[^，；。]*"
    r"|[^，；。]*(?:阳性|阴性|突变|融合|野生型|表达)|不可切除|不能手术|\d+[^，；。]{0,4}(?:岁|月龄|小时|周岁)[^，；。]{0,4}"
    r"|[ⅠⅡⅢⅣ]+[^，；。]{0,4}(?:级|期)|[^，；。]*(?:不佳|不耐受|不应答|不充分|不足|失败|禁忌|无效)|联合[^，；。]*|明确[^，；。]*证据|证据"
)


@cache
def words() -> pl.DataFrame:
    """The disease words, longest first, one row a word, prefix and part.

    A word with parts names a conjunction: each part must be met; a prefix without a part meets the word alone.
    """
    columns = [_plain(pl.col("word_zh")), "diagnosis_prefix", pl.col("part").cast(pl.Int64)]
    read = pl.read_csv(WORDS, infer_schema=False).select(columns).unique()
    order = [pl.col("word_zh").str.len_chars(), pl.col("word_zh"), pl.col("diagnosis_prefix"), pl.col("part")]
    return read.sort(order, descending=[True, False, False, False])


def _pattern() -> str:
    listed = words()["word_zh"].unique(maintain_order=True)
    return "|".join(listed.str.escape_regex().to_list())


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_all(r"\s+", "")


def indication(points: pl.DataFrame) -> pl.DataFrame:
    text = _plain(pl.col("limit_text"))
    aside = text.str.replace_all(ASIDE, "，")
    found = pl.when(aside.str.contains(_pattern())).then(aside).otherwise(text).str.extract_all(_pattern())
    left = text.str.replace_all(_pattern(), "，").str.replace_all(NO_DISEASE, "，").str.extract(f"({DISEASE})")
    shown = pl.when(text.str.len_chars() > SHOWN).then(text.str.slice(0, SHOWN - 1) + "…").otherwise(text)
    asked = text.str.extract_all(RECORD).list.unique(maintain_order=True).list.join("；")
    why = (
        pl.when(text.str.contains(NO_DIAGNOSIS))
        .then(pl.lit("also allowed by a condition that is no diagnosis"))
        .when(found.list.len() == 0)
        .then(pl.lit("no disease in the table of disease words"))
        .when(left.is_not_null())
        .then(pl.format("a disease without codes: {}", left))
    )
    return points.with_columns(
        indication_text=shown,
        needs_record=pl.when(asked != "").then(asked.str.slice(0, SHOWN)),
        word_zh=found.list.unique(maintain_order=True),
        why=why,
    )


def diagnoses(parsed: pl.DataFrame) -> pl.DataFrame:
    """Rows of indication_diagnosis for the points that ``indication`` read."""
    named = parsed.unique("point_id").explode("word_zh").join(words(), on="word_zh")
    alone = named.filter(pl.col("part").is_null()).sort("point_id", "diagnosis_prefix", "word_zh")
    alone = alone.unique(["point_id", "diagnosis_prefix"], keep="first", maintain_order=True)
    together = named.filter(pl.col("part").is_not_null()).join(
        alone.select("point_id", "diagnosis_prefix"), on=["point_id", "diagnosis_prefix"], how="anti"
    )
    basis = pl.format("{}；诊断范围由“{}”对应疾病分类与代码医保版2.0，属本项目推导，须经临床复核", "basis", "word_zh")
    rows = pl.concat([alone, together]).with_columns(basis=basis, layer=pl.lit(INFERRED))
    return rows.sort("point_id", "diagnosis_prefix", "word_zh", "part", nulls_last=True)
