"""Single violations, one module a rule, found by its file: `plant(book)` writes deeds and what resembles them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from data.simulate import violations
from data.simulate.book import OVERRULED, Book, Row
from data.simulate.care.bill import Bill
from data.simulate.care.surroundings import checked_in, traced
from data.simulate.town.town import Town

# The columns of truth/violation; role is planted, look_alike, or visit (everything else written for the two).
NOTE = ("rule", "role", "settlement_id", "line_id", "person_id", "institution_id", "practitioner_id", "occurred_on")


@dataclass(frozen=True)
class Planted:
    """Rows beside the town's, by table; which of them are deeds; the persons and places that only look odd."""

    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame
    confounders: pl.DataFrame


def rules() -> list[str]:
    """The rules a violation can be planted of: one module each, named like the rule."""
    return sorted(m.name for m in pkgutil.iter_modules(violations.__path__))


def plant(town: Town, bill: Bill) -> Planted:
    """Every rule's violations beside the town's honest tables, and what the town lacks for them to show."""
    rows: dict[str, list[Row]] = {}
    notes: list[Row] = []
    for rule in rules():
        book = Book(town, rule)
        importlib.import_module(f"{violations.__name__}.{rule}").plant(book)
        notes += book.notes
        for table, own in book.rows.items():
            rows.setdefault(table, []).extend(own)
    tables = {name: frame_of(own).unique(maintain_order=True) for name, own in sorted(rows.items())}
    tables["setl_d"] = _settled(tables["setl_d"], tables["fee_list_d"], tables.pop(OVERRULED))
    for name, honest in {"drug_trac_d": traced(town, bill), "sign_in_d": checked_in(town, bill)}.items():
        tables[name] = pl.concat(joined([honest], tables.get(name)))
    notes_table = frame_of(notes, ("person", *NOTE))
    return Planted(tables, notes_table.select(NOTE), _confounders(notes_table))


def joined(blocks: Iterable[pl.DataFrame], more: pl.DataFrame | None) -> Iterator[pl.DataFrame]:
    """The blocks of a table and then its further rows, all with the columns of both; without any, the blocks."""
    if more is None:
        yield from blocks
        return
    order: list[str] = []
    for block in (b for b in blocks if b.columns):
        order = [*block.columns, *(c for c in more.columns if c not in block.columns)]
        yield _ordered(block.select(pl.all().cast(pl.String)), order)
    yield _ordered(more, order or more.columns)


def beside(first: dict[str, pl.DataFrame], second: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Further rows by table: those of the first and then those of the second."""
    both = {name: [part[name] for part in (first, second) if name in part] for name in {**first, **second}}
    return {name: pl.concat(parts, how="diagonal") for name, parts in both.items()}


def _ordered(frame: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    return frame.select(pl.col(c) if c in frame.columns else pl.lit(None, pl.String).alias(c) for c in order)


def frame_of(rows: list[Row], columns: Iterable[str] = ()) -> pl.DataFrame:
    """Rows as a frame of texts, with the columns named and whatever else they hold."""
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    return pl.DataFrame(
        {n: [None if (v := row.get(n)) is None else str(v) for row in rows] for n in names},
        schema=dict.fromkeys(names, pl.String),
    )


def _settled(settlements: pl.DataFrame, lines: pl.DataFrame, overruled: pl.DataFrame) -> pl.DataFrame:
    """Settlements with the money of their lines: one pooled fund, the account, the rest in cash."""
    parts = {"medfee_sumamt": "det_item_fee_sumamt", "fulamt_ownpay_amt": "fulamt_ownpay_amt"}
    parts |= {n: n for n in ("overlmt_selfpay", "preselfpay_amt", "inscp_amt")}
    sums = lines.group_by("setl_id").agg(pl.col(v).cast(pl.Float64).sum().alias(k) for k, v in parts.items())
    money = settlements.join(sums, on="setl_id", how="left", maintain_order="left").with_columns(
        hifp_pay=(pl.col("inscp_amt") * pl.col("fund").cast(pl.Float64)).round(2),
        acct_pay=(pl.col("inscp_amt") * pl.col("account").cast(pl.Float64)).round(2),
    )
    money = money.with_columns(
        fund_pay_sumamt="hifp_pay",
        psn_pay=pl.col("medfee_sumamt") - pl.col("hifp_pay"),
        cash_payamt=pl.col("medfee_sumamt") - pl.col("hifp_pay") - pl.col("acct_pay"),
    ).drop("fund", "account")
    corrected = money.with_columns(pl.col(pl.Float64).round(2).cast(pl.String))
    corrected = corrected.join(overruled, on="setl_id", how="left", suffix="_new", maintain_order="left")
    newer = [c for c in corrected.columns if c.endswith("_new")]
    return corrected.with_columns(
        pl.coalesce(c, c.removesuffix("_new")).alias(c.removesuffix("_new")) for c in newer
    ).drop(newer)


def _confounders(said: pl.DataFrame) -> pl.DataFrame:
    """Persons and institutions of the honest look-alikes, by the rule they resemble."""
    alike = said.filter(pl.col("role") == "look_alike").with_columns(person_id=pl.coalesce("person", "person_id"))
    kinds = {"person": "person_id", "institution": "institution_id"}
    parts = [
        alike.select(kind="rule", subject_type=pl.lit(kind), subject_id=column).drop_nulls()
        for kind, column in kinds.items()
    ]
    return pl.concat(parts).unique().sort("kind", "subject_type", "subject_id")
