"""The ledger: every problem of every origin with the steps it has come to, and what they amount to.

Suspected, confirmed, agreed, recovered, fined and transferred stand apart and are never added together. Every table is
a sum of the same entries, so that all of them add up to the same totals, to the fen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame
from features import build
from models.casebook import appeals, handed, verdicts
from models.casebook.handed import Form, Handed, Planned
from models.sources import natures
from models.sources.source import Source

FOLDER = Path(__file__).parent
FORM = Form(
    "problem",
    "problems",
    (("institution_id",), ("problem_no", "nature_zh", "title_zh", "description", "rule", "problem_item")),
    "holds no problems: a column for the institution's code (机构编码, institution_id) and one for the problem"
    " (问题编号, 问题类型 or 问题描述) are needed. See `fundwatch ledger import --help`.",
)
STEPS = ("suspected", "confirmed", "agreed", "recovered", "fined", "transferred")
ORIGINS = ("screening", "flight", "tip", "case", "patrol", "audit", "selfcheck", "other")
MONEY = pl.Decimal(16, 2)
#: A way to sum the ledger -> the columns it goes by.
WAYS: dict[str, tuple[str, ...]] = {
    "total": (),
    "origin": ("origin",),
    "rule": ("rule", "title", "title_zh"),
    "detector": ("detector", "title", "title_zh"),
    "nature": ("nature_zh",),
    "month": ("month",),
    "institution": ("institution_id", "institution_name"),
    "hand": ("hand",),
    "kind": ("institution_kind", "rule", "month"),
    "township": ("township",),
    "item": ("item_id",),
}
PLAN_ONLY = ("state", "why", "is_correction")


def make(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    since: date | None = None,
    until: date | None = None,
) -> None:
    """Temporary `ledger_entry`: ledger_entry.sql's rows between the days, with what every table sums by."""
    verdicts.prepare(con, sources)
    _origins(con)
    appeals.at_issue(con)
    entries = build.legible(con, _text("ledger_entry"))
    con.register("nature_frame", natures.by_source(sources))
    try:
        con.execute(
            f"create or replace temp table ledger_entry as {build.legible(con, _text('ledger_row'))}".replace(
                "{entries}", entries
            ),
            {"since": since, "until": until},
        )
    finally:
        con.unregister("nature_frame")


def table(con: duckdb.DuckDBPyConnection, way: str) -> pl.DataFrame:
    """The ledger summed one way, most confirmed first (months in their order); after `make`.

    Columns: those of the way; entries (leads, cases and problems in it); then yuan of every step, the funds' share of
    what is suspected and confirmed, and how many were transferred. What has no value there is one row, null.
    """
    keys = WAYS[way]
    sums = ", ".join(
        f"cast(coalesce(sum(case when step = '{step}' then amount end), 0) as decimal(16, 2)) as {step}_amount"
        for step in STEPS
    )
    chosen = "".join(f"{_key(way, key)} as {key}, " for key in keys)
    order = ", ".join(keys) if "month" in keys else f"confirmed_amount desc, suspected_amount desc{_after(keys)}"
    group = f"group by {', '.join(str(place) for place in range(1, len(keys) + 1))}" if keys else ""
    return frame(
        con,
        f"""
        select {chosen}count(distinct entry_key) as entries, {sums},
            cast(coalesce(sum(case when step = 'suspected' then fund_amount end), 0) as decimal(16, 2))
                as suspected_fund,
            cast(coalesce(sum(case when step = 'confirmed' then fund_amount end), 0) as decimal(16, 2))
                as confirmed_fund,
            count(distinct case when step = 'transferred' then entry_key end) as transfers
        from ledger_entry
        {group}
        order by {order}
        """,
    )


def _key(way: str, key: str) -> str:
    """SQL of a key: of a table of rules what detectors found is one row, and the other way round."""
    own = {"rule": "rule", "detector": "detector"}.get(way)
    return f"case when {own} is not null then {key} end" if own and key != own else key


def _after(keys: Collection[str]) -> str:
    return "".join(f", {key}" for key in keys)


def items(con: duckdb.DuckDBPyConnection, listed: pl.DataFrame) -> pl.DataFrame:
    """Every official self-check item of `listed` (problem_items.items) with its money, and a last row without item."""
    sums = table(con, "item")
    kept = listed.select("item_id", "area_zh", "problem_zh", "state", "screened_by")
    known = kept.join(sums, on="item_id", how="left", maintain_order="left")
    others = sums.filter(~pl.col("item_id").is_in(kept["item_id"].to_list()) | pl.col("item_id").is_null())
    numbers = [c for c in sums.columns if c != "item_id"]
    rows = pl.concat([known, others], how="diagonal")
    return rows.with_columns(pl.col(c).fill_null(0) for c in numbers)


def recurrence(con: duckdb.DuckDBPyConnection, on: date) -> pl.DataFrame:
    """屡查屡犯: institution and item (or rule, where no item names it) confirmed on two days or more.

    times: distinct days; years: distinct years; weight: 1 and a half more each further time, halved each year since.
    """
    return frame(
        con,
        _text("ledger_recurrence"),
        {"on": on},
    )


def per_day(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """hand, entries, effort_days, confirmed and recovered yuan, and both an inspector-day; a last row of all (hand
    null, is_total).

    Only entries whose inspector-days are told: the others would make the day look richer than it was. The money is
    that of the whole entry.
    """
    return frame(
        con,
        _text("ledger_day"),
    )


def precision(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """Every rule and detector: what verdicts, inspections and appeals said of it, with its Wilson interval.

    source, kind, status, title, title_zh, hits, confirmed, partly, dismissed, judged, precision, precision_low,
    precision_high, rate (what ranking believes). Partly confirmed counts half; without a judged one there is none.
    """
    from models.casebook import rates
    from models.evaluation.metrics import wilson

    believed = rates.rates(con, sources)
    shared = rates.shared(frame(con, rates.query()), sources)
    counted = shared.group_by("source").agg(
        confirmed=(pl.col("truth") == 1).sum().cast(pl.Int64),
        partly=((pl.col("truth") > 0) & (pl.col("truth") < 1)).sum().cast(pl.Int64),
        dismissed=(pl.col("truth") == 0).sum().cast(pl.Int64),
    )
    cards = pl.DataFrame(
        [(s.id, s.kind, s.card.status, s.card.title, s.card.title_zh) for s in sources],
        schema=dict.fromkeys(("source", "kind", "status", "title", "title_zh"), pl.String),
        orient="row",
    )
    hits = frame(con, "select source, cast(sum(hits) as bigint) as hits from model.coverage group by source")
    rows = cards.join(hits, on="source", how="left").join(counted, on="source", how="left")
    rows = rows.join(believed.select("source", "rate"), on="source", how="left")
    rows = rows.with_columns(pl.col("hits", "confirmed", "partly", "dismissed").fill_null(0))
    judged = pl.col("confirmed") + pl.col("partly") + pl.col("dismissed")
    rows = rows.with_columns(judged=judged)
    share = (pl.col("confirmed") + 0.5 * pl.col("partly")) / pl.col("judged")
    rows = rows.with_columns(precision=pl.when(pl.col("judged") > 0).then(share))
    bounds = [wilson(p if n else 0.0, n) for p, n in rows.select("precision", "judged").iter_rows()]
    return (
        rows.with_columns(
            precision_low=pl.Series([round(low, 4) for low, _ in bounds], dtype=pl.Float64),
            precision_high=pl.Series([round(high, 4) for _, high in bounds], dtype=pl.Float64),
        )
        .with_columns(pl.col("precision", "rate").round(4))
        .select(
            "source",
            "kind",
            "status",
            "title",
            "title_zh",
            "hits",
            "confirmed",
            "partly",
            "dismissed",
            "judged",
            "precision",
            "precision_low",
            "precision_high",
            "rate",
        )
        .sort("judged", "source", descending=[True, False])
    )


def plan(
    con: duckdb.DuckDBPyConnection, problems: Handed, sources: Collection[Source], on: date, origin: str = ""
) -> Planned:
    """What every row would do; writes nothing but temporary tables. `origin` is that of rows that name none."""
    appeals.at_issue(con)  # says in a sentence where nothing was run yet
    verdicts.prepare(con, sources)
    words = _origins(con)
    known = dict(words.select("word", "origin").iter_rows())
    if origin and origin.lower() not in known:
        raise UsageError(f"--origin is '{origin}'; use {', '.join(ORIGINS)} or 飞检, 信访, 案件, 巡察, 审计, 自查.")
    problems.typed_into(con, FORM, "problem_row")
    query = build.legible(con, (FOLDER / "problem_rows.sql").read_text(encoding="utf-8"))
    params = {"on": on.isoformat(), "origin": known.get(origin.lower())}
    return Planned(problems.name, frame(con, query, params), problems.ignored)


def append(con: duckdb.DuckDBPyConnection, planned: Planned, witness: Callable[[], None] = lambda: None) -> int:
    """Append what is new, all or nothing; returns how many rows. When `witness` fails nothing is appended."""
    new = planned.of("new").drop(PLAN_ONLY).with_columns(file=pl.lit(planned.name))
    return handed.append(con, "casebook.ledger_problem", new, witness)


def _text(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _origins(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    words = pl.read_csv(FOLDER / "origin_words.csv", infer_schema=False)
    con.register("word_frame", words)
    con.execute("create or replace temp table origin_word as select * from word_frame")
    con.unregister("word_frame")
    return words
