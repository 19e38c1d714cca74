"""Second-line drugs: which earlier drugs a text names, as code prefixes or words of the generic name.

Prefixes are X and the four ATC levels inside the national drug code. Where the text leaves the earlier line open
("second-line use", "conventional treatment", a contra-indication), nothing is named and the point cannot be judged
from drug lines. A text with several indications or alternatives is met by any one of its drugs: the lenient reading.
A drug is never its own earlier line: whoever reads the tables leaves out the generic itself.
"""

from __future__ import annotations

import polars as pl

SHOWN = 80
OPEN = r"传统治疗|常规治疗|现有治疗|其他系统|局部外用|非药物|其他治疗|出血高危|禁忌|的二线治疗|二线用药"
# (words of the text, (code prefixes), (words of the generic name))
FIRST_LINES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("华法林", ("XB01AA",), ()),
    ("二甲双胍等口服降糖药", ("XA10B",), ()),
    ("其他胰岛素或口服药|或胰岛素控制", ("XA10A", "XA10B"), ()),
    ("糖皮质激素、免疫球蛋白|皮质类固醇、免疫球蛋白", ("XH02A", "XJ06BA"), ()),
    ("免疫抑制治疗", ("XL04A",), ()),
    ("吸入型糖皮质激素", ("XR03BA", "XR03AK"), ()),
    ("H1抗组胺药", ("XR06A",), ()),
    ("鼻用抗组胺药或糖皮质激素", ("XR01A",), ()),
    ("传统DMARDs", ("XP01BA",), ("甲氨蝶呤", "来氟米特", "柳氮磺吡啶", "艾拉莫德", "雷公藤", "硫唑嘌呤", "环孢素")),
    ("NSAIDs?充分治疗|非甾体抗炎药", ("XM01A",), ()),
    ("TNF|肿瘤坏死因子", ("XL04AB",), ()),
    ("环孢素", (), ("环孢素",)),
    ("甲氨蝶呤\\(MTX\\)|甲氨喋呤", (), ("甲氨蝶呤",)),
    ("他汀类药物", ("XC10AA", "XC10B"), ()),
    ("接受红细胞生成刺激剂", ("XB03XA",), ()),
    ("更昔洛韦", (), ("更昔洛韦", "西多福韦", "膦甲酸钠")),
    ("直接抗病毒药物", ("XJ05AP",), ()),
    ("棕榈酸帕利哌酮注射液", (), ("棕榈酸帕利哌酮",)),
    ("棕榈帕利哌酮酯注射液\\(3M\\)", (), ("棕榈帕利哌酮酯注射液(3M)",)),
    ("紫杉烷类(?:和|联合)曲妥珠单抗", ("XL01CD", "XL01FD"), ()),
    ("阿比特龙", (), ("阿比特龙",)),
    ("吉西他滨", ("XL01BC",), ()),
    ("含铂化疗|铂耐药", ("XL01XA",), ()),
    ("烷化剂", ("XL01A",), ()),
    ("PD-1/PD-L1治疗失败", ("XL01FF",), ()),
    ("内分泌治疗", ("XL02",), ()),
    ("抗HER2药物", ("XL01FD", "XL01EH"), ()),
    (
        "化疗|激酶抑制剂|系统性?(?:抗肿瘤)?治疗|标准治疗|一种既往治疗的|蛋白酶体抑制剂|接受过一种治疗|接受过至少一种|"
        "接受过至少两种|含氟尿嘧啶|三线治疗|二线及以上",
        ("XL01", "XL02"),
        (),
    ),
)


def _named(points: pl.DataFrame) -> pl.DataFrame:
    """One row a point and first-line drug: item_prefix or name_word, word_zh."""
    found = []
    for pattern, prefixes, words in FIRST_LINES:
        said = points.select("point_id", word_zh=pl.col("limit_text").str.extract(f"({pattern})"))
        said = said.filter(pl.col("word_zh").is_not_null())
        pairs = [(p, None) for p in prefixes] + [(None, w) for w in words]
        drugs = pl.DataFrame(pairs, schema={"item_prefix": pl.String, "name_word": pl.String}, orient="row")
        found.append(said.join(drugs, how="cross"))
    keys = ["point_id", "item_prefix", "name_word"]
    return pl.concat(found).unique(keys, keep="first", maintain_order=True).sort(keys, nulls_last=True)


def second_line(points: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("limit_text")
    named = pl.col("point_id").is_in(_named(points)["point_id"].implode()) & ~text.str.contains(OPEN)
    shown = pl.when(text.str.len_chars() > SHOWN).then(text.str.slice(0, SHOWN - 1) + "…").otherwise(text)
    return points.with_columns(first_line_text=shown, is_first_line_named=named, why=pl.lit(None, pl.String))


def first_lines(parsed: pl.DataFrame) -> pl.DataFrame:
    """Rows of first_line_drug for the points that ``second_line`` read."""
    own = ["item_prefix", "name_word", "word_zh"]
    drugs = _named(parsed.filter("is_first_line_named"))
    rows = parsed.drop(own, strict=False).unique("point_id").join(drugs, on="point_id")
    basis = pl.format("{}；一线用药由“{}”对应药品分类与代码，属本项目推导，须经药师复核", "basis", "word_zh")
    return rows.with_columns(basis=basis, layer=pl.lit("starter")).sort(
        "point_id", "item_prefix", "name_word", nulls_last=True
    )
