"""Files of the outlook: prices.csv, fund.csv, burden.csv; an export is in the audit log before it has its name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.errors import FundwatchError, InputRefused
from data.ingest import small, workplace
from data.warehouse.connection import frame
from flows.home import audit_log
from flows.publish.labels import columns
from flows.publish.names import person_name_sql
from flows.publish.safe import write_csv

IDS = ("item_code", "institution_id", "person_id", "region")
ZH = {name: column.zh for name, column in columns("outlook", shared=False).items()}
#: What the fund's own account may call its columns.
ACCOUNT = {
    "month": ("month", "月份", "年月"),
    "insurance_type": ("insurance_type", "insutype", "险种", "险种类型"),
    "income": ("income", "收入", "基金收入"),
    "balance": ("balance", "累计结余", "结余"),
    "budget": ("budget", "预算支出", "预算"),
}


def named(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, unmask: bool) -> pl.DataFrame:
    """The rows with person_name after person_id; names keep their first character unless unmasked."""
    name = person_name_sql(unmask, "person_name")
    names = frame(
        con,
        f"""
        select person_id, {name} as person_name from (
            select person_id, arg_min(person_name, source_table) as person_name
            from record.person_identity where person_name is not null group by person_id
        )
        """,
    )
    joined = rows.join(names, on="person_id", how="left", maintain_order="left")
    return joined.select("person_id", "person_name", *(c for c in rows.columns if c != "person_id"))


def write(home: Path, event: str, rows: pl.DataFrame, path: Path, labels: str, **more: object) -> None:
    """Write one file; its line in the audit log comes first. Raises FundwatchError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        audit_log.record(home, event, None, {"files": {path.name: rows.height}, "to": str(path.resolve()), **more})
        ready = rows.rename({c: ZH[c] for c in rows.columns if c in ZH}) if labels == "zh" else rows
        write_csv(ready, path, ids=_ids(rows.columns, labels))
    except OSError as error:
        raise FundwatchError(f"{path} cannot be written: {error.strerror or error}. Choose another --out.") from error


def _ids(columns: Collection[str], labels: str) -> list[str]:
    return [ZH[c] if labels == "zh" else c for c in IDS if c in columns]


def read_account(path: Path, spill: Path | None = None) -> pl.DataFrame:
    """The fund's own figures: month, insurance_type ('all' where not given), income, balance, budget in yuan.

    A workbook is taken apart in `spill`.

    Raises InputRefused for a file that cannot be read, has no month, or holds what is no number.
    """
    text = _csv(path, spill)
    called = {c.strip(): c for c in text.columns}
    found = {ours: called[n] for ours, names in ACCOUNT.items() for n in names if n in called}
    if "month" not in found or len(set(found) & {"income", "balance", "budget"}) == 0:
        raise InputRefused(
            f"{path} needs a column month (月份) and one of income (收入), balance (累计结余), budget (预算支出)."
        )
    rows = text.select(pl.col(theirs).str.strip_chars().alias(ours) for ours, theirs in found.items())
    digits = pl.col("month").str.replace_all(r"[^0-9]", "")
    padded = pl.when(digits.str.len_chars() == 5).then(digits.str.head(4) + "0" + digits.str.tail(1)).otherwise(digits)
    rows = rows.with_columns(month=(padded.str.head(6) + "01").str.to_date("%Y%m%d", strict=False))
    if rows["month"].null_count():
        raise InputRefused(f"{path}: a month is not like 2025-01.")
    for name in ("income", "balance", "budget"):
        rows = rows.with_columns(_number(rows, name, path))
    kind = pl.col("insurance_type") if "insurance_type" in rows.columns else pl.lit(None, dtype=pl.String)
    kind = pl.when(kind.is_in(["合计", "全部", "total", ""])).then(None).otherwise(kind)
    return rows.with_columns(insurance_type=kind.fill_null("all")).unique(
        ["month", "insurance_type"], keep="last", maintain_order=True
    )


def _csv(path: Path, spill: Path | None) -> pl.DataFrame:
    names = {name for called in ACCOUNT.values() for name in called}
    try:
        with workplace(spill) as work:
            return small.frame(path, lambda cell: cell.strip() in names, work)
    except OSError as error:
        raise InputRefused(f"{path} cannot be read: {error.strerror}.") from error


def _number(rows: pl.DataFrame, name: str, path: Path) -> pl.Series:
    if name not in rows.columns:
        return pl.Series(name, [None] * rows.height, dtype=pl.Float64)
    text = rows[name].str.replace_all(",", "").replace("", None)
    value = text.cast(pl.Float64, strict=False)
    if value.null_count() > text.null_count():
        raise InputRefused(f"{path}: {name} holds what is no number.")
    return value
