"""Turn the published knowledge points into the typed knowledge tables under ``data/knowledge``.

Usage: ``python -m data.knowledge.published.build POINTS CODES OUT [WINDOWS]``; WINDOWS: each exclusive pair's published
window. A point whose text does not yield its parameter is listed in ``unparsed.csv`` with the reason, never guessed.
Drug points hold for the catalogue of their year (those of 2025: of 2024), all others are open. Where points name
one code, the stricter limit stays. What a child table reads into a text is ours: its layer is starter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data.knowledge.published import diagnosis, limits, lines, text
from data.knowledge.published.text import SERVICE_CODE

REVISION = "2026-01-28"
SHORT_TEXT = 40
DRUG_CODE = r"^(?:X[0-9A-Z]{22}|Z[0-9A-Z]{19})$"
HERB_CODE = r"^T[0-9]{9}$"
COMMON = ["basis", "point_id", "batch", "layer", "valid_from", "valid_to", "superseded_by"]


@dataclass(frozen=True)
class Child:
    """A table of what the points of its parent name: own columns, and how the parent's parsed points yield rows."""

    name: str
    columns: list[str]
    rows: Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Table:
    """One output table: the rule classes it takes, its own columns, the order that puts stricter rows first.

    ``parse`` gets the points of those classes, returns them with the own columns and ``why`` (null = parsed).
    ``also`` are classes of another limit whose texts may state this one too: they fill the codes and years that the
    own classes leave open, and are not counted among their points.
    """

    name: str
    official: dict[str, int]
    parse: Callable[[pl.DataFrame], pl.DataFrame]
    columns: list[str]
    stricter: list[str]
    descending: list[bool]
    child: Child | None = None
    also: tuple[str, ...] = ()


ITEM = ["item_code", "item_name"]
TABLES = [
    Table(
        "item_sex",
        {"药品区分性别使用": 67, "医疗服务项目区分性别使用": 81},
        text.sex,
        [*ITEM, "sex", "official"],
        [],
        [],
    ),
    Table(
        "item_age",
        {"药品儿童专用": 65, "医疗服务项目儿童专用": 80, "药品限儿童使用": 7, "医疗服务项目限年龄": 29},
        text.age,
        [*ITEM, "age_from_years", "age_to_years", "age_to_days", "official"],
        ["age_to_days", "age_to_years", "age_from_years"],
        [False, False, True],
    ),
    Table(
        "exclusive_pair",
        {"医疗服务项目重复收费": 25},
        text.pair,
        ["item_a_code", "item_a_name", "item_b_code", "item_b_name", "time_window", "window_source", "official"],
        ["time_window"],
        [True],
    ),
    Table(
        "item_frequency",
        {"医疗服务项目限定频次": 27},
        text.frequency,
        [*ITEM, "max_quantity", "time_window", "unit_zh", "official"],
        ["max_quantity"],
        [False],
    ),
    Table(
        "item_course",
        {"药品限支付疗程": 10, "医疗服务项目限支付疗程": 23},
        text.course,
        [*ITEM, "max_days", "count_by", "scope", "official"],
        ["max_days"],
        [False],
    ),
    Table(
        "item_institution_level",
        {"药品限医疗机构级别": 12},
        text.level,
        [*ITEM, "min_level", "is_first_only", "official"],
        ["min_level"],
        [True],
    ),
    Table(
        "item_insurance",
        {"药品限工伤保险": 1, "药品限生育保险": 2},
        limits.insurance,
        [*ITEM, "insurance_kind", "official"],
        [],
        [],
    ),
    Table(
        "item_care_setting",
        {"药品限就医方式": 13},
        limits.care_setting,
        [*ITEM, "allows_inpatient", "allows_emergency", "allows_outpatient", "official"],
        ["allows_outpatient", "allows_emergency"],
        [False, False],
    ),
    Table("internet_forbidden", {"超互联网医院药品支付范围": 47}, limits.internet, [*ITEM, "official"], [], []),
    Table(
        "herb_unpaid",
        {"中药饮片单复方均不予支付": 3, "中药饮片单方使用不予支付": 4},
        limits.herb,
        [*ITEM, "kind", "official"],
        ["official"],
        [False],
    ),
    Table(
        "second_line_drug",
        {"药品限二线使用": 5},
        lines.second_line,
        [*ITEM, "first_line_text", "is_first_line_named", "official"],
        [],
        [],
        Child("first_line_drug", ["item_prefix", "name_word", "word_zh"], lines.first_lines),
    ),
    Table(
        "item_indication",
        {"药品限适应症": 8},
        diagnosis.indication,
        [*ITEM, "indication_text", "needs_record", "official"],
        [],
        [],
        Child("indication_diagnosis", ["diagnosis_prefix", "part", "word_zh"], diagnosis.diagnoses),
        ("药品限支付疗程", "药品限医疗机构级别", "药品限就医方式"),
    ),
    Table(
        "operation_discount",
        {"手术项目未按规定折价收费": 15},
        limits.discount,
        [*ITEM, "group_name", "rate", "official"],
        ["rate"],
        [False],
    ),
    Table(
        "item_period",
        {"医疗服务项目周期超频次": 31},
        limits.period,
        [*ITEM, "min_gap_days", "official"],
        ["min_gap_days"],
        [True],
    ),
]


def _validity(points: pl.DataFrame) -> pl.DataFrame:
    drug, revised = pl.col("is_drug"), (pl.col("published_at") >= REVISION).fill_null(False)
    same = ["rule_name_zh", "item_name_zh"]
    successor = points.filter(drug & revised).group_by(same).agg(successor=pl.col("point_id").min())
    ended = drug & ~revised
    return points.join(successor, on=same, how="left").with_columns(
        layer=pl.lit("nation"),
        valid_from=pl.when(drug & revised)
        .then(pl.col("published_at").str.slice(0, 4) + "-01-01")
        .when(ended)
        .then(pl.lit("2025-01-01")),
        valid_to=pl.when(drug & revised)
        .then(pl.col("published_at").str.slice(0, 4) + "-12-31")
        .when(ended)
        .then(pl.lit("2025-12-31")),
        superseded_by=pl.when(ended).then(pl.col("successor").fill_null(f"revision-{REVISION}")),
    )


def tidy(published: pl.DataFrame) -> pl.DataFrame:
    """The published points without note rows, with normalised texts, basis and validity.

    ``published`` has the text columns point_id, rule_name_zh, item_name_zh, constraint_zh, check_zh, batch,
    published_at, and may have window_zh.
    """
    if "window_zh" not in published.columns:
        published = published.with_columns(window_zh=pl.lit(None, pl.String))
    name, limit = pl.col("rule_name_zh"), pl.col("constraint_zh")
    said = limit.str.replace_all(r"\s+", " ").str.strip_chars(" ")
    basis = pl.when(said.str.len_chars() <= SHORT_TEXT).then(pl.format("{}：{}", name, said)).otherwise(name)
    raw = published.filter(~pl.col("item_name_zh").str.starts_with("说明：")).with_columns(
        is_drug=name.str.starts_with("药品"),
        batch=pl.coalesce("batch", "published_at").fill_null(""),
        # some texts use look-alike characters (⼉ U+2F09), full-width digits and stray blanks
        limit_text=limit.fill_null("").str.normalize("NFKC").str.replace_all(r"[ \t]", ""),
        basis=basis,
    )
    names = pl.col("item_name_zh").str.normalize("NFKC")
    return _validity(raw.with_columns(text=pl.concat_str(names, "limit_text", separator="\n")))


def _codes(points: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """One row a point and well-formed item code, ``ord`` as published."""
    kind = points.select("point_id", "rule_name_zh")
    rule, code = pl.col("rule_name_zh"), pl.col("item_code")
    good = (
        pl.when(rule.str.starts_with("中药饮片"))
        .then(code.str.contains(HERB_CODE))
        .when(rule.str.contains("药品"))
        .then(code.str.contains(DRUG_CODE))
        .otherwise(code.str.contains(SERVICE_CODE))
    )
    return listed.select("point_id", "ord", item_code="med_list_codg").join(kind, on="point_id").filter(good)


def _one_table(
    table: Table, points: pl.DataFrame, codes: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of a table, the points they rest on, and the points of its classes with ``why`` (null = parsed)."""
    number = table.official | dict.fromkeys(table.also, next(iter(table.official.values())))
    name = pl.col("rule_name_zh")
    mine = points.filter(name.is_in(list(number))).with_columns(
        official=name.replace_strict(number, return_dtype=pl.Int64, default=None),
        item_name=pl.col("item_name_zh"),
        is_other=name.is_in(table.also),
    )
    if "item_code" in table.columns:
        key = ["item_code", "valid_from"]
        uncoded = pl.when(~pl.col("point_id").is_in(codes["point_id"].implode())).then(pl.lit("no item code published"))
        judged = table.parse(mine).with_columns(why=pl.coalesce("why", uncoded))
        rows = judged.join(codes.select("point_id", "item_code"), on="point_id")
    else:
        key = ["item_a_code", "item_b_code", "valid_from"]
        for place, side in (("1", "item_a_code"), ("2", "item_b_code")):
            coded = codes.filter(pl.col("ord") == place).select("point_id", pl.col("item_code").alias(side))
            mine = mine.join(coded, on="point_id", how="left")
        rows = judged = table.parse(mine)
    descending = [*(False for _ in key), False, *table.descending, False]
    kept = rows.filter(pl.col("why").is_null()).sort(
        [*key, "is_other", *table.stricter, "point_id"], descending=descending, nulls_last=True
    )
    kept = kept.unique(key, keep="first", maintain_order=True)
    is_used = ~pl.col("is_other") | pl.col("point_id").is_in(kept["point_id"].implode())
    used = judged.filter(pl.col("why").is_null() & is_used)
    return kept.select(*table.columns, *COMMON), used, judged.filter(~pl.col("is_other"))


def make(published: pl.DataFrame, listed: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The typed tables of points and their codes (point_id, ord, med_list_codg); every point with table and why."""
    read = tidy(published)
    codes = _codes(read, listed)
    made, judged = {}, []
    for table in TABLES:
        rows, used, seen = _one_table(table, read, codes)
        made[table.name] = rows
        if table.child is not None:
            named = table.child.rows(used)
            made[table.child.name] = named.select(*table.child.columns, *COMMON)
        told = ["point_id", "rule_name_zh", "item_name_zh", "constraint_zh", "why"]
        judged.append(seen.select(*told, pl.lit(table.name).alias("table")))
    return made, pl.concat(judged)


def build(points: Path, codes: Path, out: Path, windows: Path | None = None) -> pl.DataFrame:
    """Write the typed tables, ``unparsed.csv`` and ``published.csv`` into ``out``; ``windows`` as usage says. Returns
    published.csv, a row per rule class: rule_name_zh, table (null: none is made of it), points, parsed, share (0-1).
    """
    out.mkdir(parents=True, exist_ok=True)
    published = pl.read_csv(points, infer_schema=False)
    if windows is not None:
        stated = pl.read_csv(windows, infer_schema=False).select("point_id", "window_zh")
        published = published.join(stated, on="point_id", how="left", maintain_order="left")
    made, every = make(published, pl.read_csv(codes, infer_schema=False))
    for name, rows in made.items():
        rows.write_csv(out / f"{name}.csv")
    unparsed = every.filter(pl.col("why").is_not_null()).drop("table")
    unparsed.sort("rule_name_zh", "point_id").write_csv(out / "unparsed.csv")
    shares = every.group_by("rule_name_zh").agg(pl.col("table").first(), parsed=pl.col("why").is_null().sum())
    counts = tidy(published).group_by("rule_name_zh").agg(points=pl.len())
    report = counts.join(shares, on="rule_name_zh", how="left")
    report = report.select("rule_name_zh", "table", "points", pl.col("parsed").fill_null(0)).with_columns(
        share=(pl.col("parsed") / pl.col("points")).round(4)
    )
    report = report.sort("table", "rule_name_zh", nulls_last=True)
    report.write_csv(out / "published.csv")
    return report


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: python -m data.knowledge.published.build POINTS CODES OUT [WINDOWS]")
    sys.stdout.write(build(*(Path(argument) for argument in sys.argv[1:])).write_csv())
