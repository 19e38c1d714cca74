"""Read an official knowledge workbook and merge it into a bureau's overlay folder.

The form: sheet 1 lists the points of one rule class below some title rows (the header is the first row that starts
with 序号), sheet 2 their codes. Total and remark rows are no points; an empty cell continues the row above; one cell
may hold several codes.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import fastexcel
import polars as pl

from data.errors import UsageError
from data.knowledge import words
from data.knowledge.load import OWN_LAYERS, tables
from data.knowledge.published import build as knowledge_build

WIDTH = 64  # official sheets declare 16,384 columns, almost all of them empty
HEADER_WITHIN = 20
NOT_A_POINT = r"合计|总计|备注|说明|注[:：]"
CODES = r"[\s・·、，,;；]+"
# own column -> what its header says, best first
SAID = {
    "a_name": ("项目A名称",),
    "a_code": ("项目A代码", "项目A编码"),
    "b_name": ("项目B名称",),
    "b_code": ("项目B代码", "项目B编码"),
    "item": ("药品通用名", "通用名", "饮片名称", "手术名称", "项目名称", "耗材名称", "名称"),
    "code": ("药品代码", "项目代码", "手术代码", "国家项目代码", "编码", "代码"),
    "limit": ("逻辑依据", "目录备注", "依据", "组别", "计价单位", "限定"),
    "check": ("检出逻辑",),
    "window": ("时间窗", "时间区间", "时限"),
    "point": ("对应知识点序号", "知识点序号"),
    "rule": ("规则名称", "规则"),
}


def read_workbook(path: Path, *, rule: str = "", published: str = "") -> tuple[pl.DataFrame, pl.DataFrame]:
    """The points and codes of a workbook in the columns ``knowledge_build.make`` takes.

    The rule class is ``rule``, else named by a column, the title rows, a sheet name or the file name. Raises
    UsageError when the file is no such workbook or the rule class has no table.
    """
    try:
        book = fastexcel.read_excel(path.read_bytes())  # by what it is: xlsx, xls and et under any name
        sheets = [sheet for number in range(len(book.sheet_names)) if (sheet := _sheet(book, number)) is not None]
    except (fastexcel.FastExcelError, OSError) as error:
        raise UsageError(f"{path} cannot be read as a workbook: {str(error).splitlines()[0]}") from error
    headed = [_headed(sheet) for sheet in sheets]
    if not headed or headed[0] is None:
        raise UsageError(f"{path.name}: no row of the first sheet starts with 序号.")
    title, listed = headed[0]
    said = rule or _rule_named(listed, " ".join([title, *book.sheet_names, path.stem]))
    points = _points(path, listed, said, published)
    codes = [_own_codes(points)]
    if len(headed) > 1 and headed[1] is not None:
        codes.append(_listed_codes(headed[1][1], points))
    shape = [
        "point_id",
        "rule_name_zh",
        "item_name_zh",
        "constraint_zh",
        "check_zh",
        "batch",
        "published_at",
        "window_zh",
    ]
    return points.unique("point_id", keep="first", maintain_order=True).select(shape), pl.concat(codes).unique(
        ["point_id", "ord"], keep="first", maintain_order=True
    )


def _sheet(book: fastexcel.ExcelReader, number: int) -> pl.DataFrame | None:
    """The sheet's texts; None for one that nobody sees."""
    sheet = book.load_sheet(number, header_row=None, dtypes="string", use_columns=lambda c: c.index < WIDTH)
    if sheet.visible != "visible":
        return None
    text = sheet.to_polars().select(pl.all().cast(pl.String).str.normalize("NFKC").str.strip_chars())
    return text.select(pl.when(pl.all() != "").then(pl.all()))


def _headed(sheet: pl.DataFrame) -> tuple[str, pl.DataFrame] | None:
    """Title text and the rows below the header, named by it; None without a header."""
    if not sheet.width:
        return None
    first = sheet.get_columns()[0].head(HEADER_WITHIN)
    found = first.str.replace_all(r"\s", "").str.contains("^(?:对应)?(?:知识点)?序号$").fill_null(False)
    if not found.any():
        return None
    at = found.arg_max() or 0
    names = ["".join((name or "").split()) + f"|{place}" for place, name in enumerate(sheet.row(at))]
    title = " ".join(str(cell) for row in sheet.head(at).rows() for cell in row if cell)
    rows = sheet.slice(at + 1).rename(dict(zip(sheet.columns, names, strict=True)))
    number = pl.col(names[0])
    rows = rows.filter(~number.fill_null("").str.contains(NOT_A_POINT), ~pl.all_horizontal(pl.all().is_null()))
    second = names[1] if len(names) > 1 else names[0]
    return title, rows.filter(~pl.col(second).fill_null("").str.contains(rf"^(?:{NOT_A_POINT})"))


def _column(rows: pl.DataFrame, own: str) -> pl.Expr:
    for said in SAID[own]:
        for name in rows.columns:
            head = name.split("|")[0]
            if (
                said in head
                and "数量" not in head
                and not (own in ("item", "code") and re.search("[AB](名|代|编)", head))
            ):
                return pl.col(name)
    return pl.lit(None, pl.String)


def _rule_named(rows: pl.DataFrame, text: str) -> str:
    known = [name for table in knowledge_build.TABLES for name in table.official]
    column = rows.select(rule=_column(rows, "rule")).get_column("rule").drop_nulls().to_list()
    for place in (" ".join(column), text.replace(" ", "")):
        found = [name for name in known if name in place]
        if found:
            return max(found, key=len)
    raise UsageError(f"The rule class is not named. Say --rule with one of: {'、'.join(known)}.")


def _points(path: Path, rows: pl.DataFrame, rule: str, published: str) -> pl.DataFrame:
    if not any(rule in table.official for table in knowledge_build.TABLES):
        raise UsageError(f"No table is made of rule class '{rule}'.")
    number = pl.col(rows.columns[0])
    wanted = rows.select(
        **{own: _column(rows, own) for own in SAID if own not in ("rule", "point")}, number=number.forward_fill()
    )
    filled = wanted.with_columns(pl.col("item", "limit", "check", "a_name", "a_code").forward_fill())
    _check_windows(path, filled)
    pair = pl.concat_str("a_name", "b_name", separator="×")
    named = filled.with_columns(item=pl.coalesce(pair, "item")).filter(pl.col("item").is_not_null())
    if named.is_empty():
        raise UsageError(f"{path.name}: no column of item names was recognised.")
    key = pl.concat_str(pl.lit(rule), "item", pl.col("limit").fill_null(""), separator="\n")
    return named.with_columns(
        point_id=key.map_elements(
            lambda s: "KP-" + hashlib.sha256(s.encode()).hexdigest()[:16], return_dtype=pl.String
        ),
        rule_name_zh=pl.lit(rule),
        item_name_zh="item",
        constraint_zh="limit",
        check_zh="check",
        window_zh="window",
        batch=pl.lit(path.stem),
        published_at=pl.lit(published or None, pl.String),
    )


def _split(rows: pl.DataFrame, code: pl.Expr) -> pl.DataFrame:
    """point_id, ord (from "1"), med_list_codg: the codes of each point in order."""
    split = rows.select("point_id", med_list_codg=code.str.replace_all(CODES, " ").str.split(" "))
    one = split.explode("med_list_codg").filter(pl.col("med_list_codg").fill_null("") != "")
    order = pl.int_range(1, pl.len() + 1).over("point_id").cast(pl.String)
    return one.select("point_id", order.alias("ord"), "med_list_codg")


def _own_codes(points: pl.DataFrame) -> pl.DataFrame:
    pair = pl.concat_str("a_code", "b_code", separator=" ")
    return _split(points, pl.coalesce(pair, "code"))


def _check_windows(path: Path, rows: pl.DataFrame) -> None:
    """Raises UsageError for a window of time that no rule evaluates."""
    for number, text in rows.filter(pl.col("window").is_not_null()).select("number", "window").rows():
        if words.read("exclusive_pair", "time_window", text) is None:
            allowed = words.allowed("exclusive_pair", "time_window")
            raise UsageError(f"{path.name}, 序号 {number}: the window is '{text}'; it must mean one of {allowed}.")


def _listed_codes(rows: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """The codes of sheet 2, joined to the points by the point's number where the sheet has it, else by item name."""
    listed = rows.select(
        item=_column(rows, "item").forward_fill(),
        code=_column(rows, "code"),
        number=_column(rows, "point").forward_fill(),
    )
    on = ["number", "item"] if listed["number"].null_count() < len(listed) else ["item"]
    by_point = points.select("point_id", *on).unique(["point_id"], keep="first", maintain_order=True)
    return _split(listed.join(by_point, on=on, maintain_order="left"), pl.col("code"))


def merge(folder: Path, made: dict[str, pl.DataFrame], layer: str, *, write: bool) -> pl.DataFrame:
    """Lay typed rows into an overlay folder; returns table, new, changed, same (rows).

    Rows of one layer with the same key and start take the place of what the folder holds. Nothing is written
    unless ``write``.
    """
    counts = []
    for name, rows in made.items():
        if rows.is_empty():
            continue
        columns, key = tables()[name]
        is_ours = pl.col("layer").is_in(OWN_LAYERS)  # a reading of ours stays one, whoever published the rest
        fresh = rows.select(pl.col(columns).cast(pl.String)).with_columns(
            layer=pl.when(is_ours).then("layer").otherwise(pl.lit(layer))
        )
        path = folder / f"{name}.csv"
        held = pl.read_csv(path, infer_schema=False) if path.exists() else fresh.clear()
        identity = [*key, "layer", "valid_from"]
        known = fresh.join(held, on=identity, how="semi", nulls_equal=True)
        same = fresh.join(held, on=columns, how="semi", nulls_equal=True)
        counts.append((name, len(fresh) - len(known), len(known) - len(same), len(same)))
        if write:
            kept = held.join(fresh, on=identity, how="anti", nulls_equal=True)
            whole = pl.concat([kept, fresh], how="diagonal").sort(identity, nulls_last=True)
            folder.mkdir(parents=True, exist_ok=True)
            waiting = path.with_suffix(".csv.new")
            whole.write_csv(waiting)
            with waiting.open("rb") as handle:
                os.fsync(handle.fileno())
            os.replace(waiting, path)
    schema = {"table": pl.String, "new": pl.Int64, "changed": pl.Int64, "same": pl.Int64}
    return pl.DataFrame(counts, schema=schema, orient="row")
