"""official.csv: of the 88 official rules, which were judged, which could not be and why, which rest on rows of ours.

One row a rule of the national rule base, as a director asks about the year's coverage. What a trial source judged is no
screening: its findings are on no list.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import polars as pl

from data.knowledge.load import LAYERS, OWN_LAYERS
from data.warehouse.connection import frame
from features import build
from models.sources.source import NOTHING, Source

#: Tables that say how to read codes and days, not what is allowed.
READING = frozenset(
    f"knowledge.{name}"
    for name in (
        "admission_exception", "calendar", "code_map", "division", "institution_grade", "medical_category",
        "official_rule", "price_code_map", "problem_item", "stated_service_code",
    )
)  # fmt: skip
STATES = ("judged", "partly", "trial", "no_case", "cannot_judge", "no_rule")
KNOWLEDGE = ("published", "mixed", "starter", "empty", "none")


def screened(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """number, name_zh, state, knowledge, judged, hits, cannot_judge, reason, sources: one row an official rule.

    state: judged by a live source; partly: it judged, and could not judge more than it judged; trial: only trial
    sources judged; no_case: nothing of the kind is in the data; cannot_judge: sources ran and judged nothing, for want
    of data or knowledge; no_rule: none is there. knowledge: whether the tables its sources read hold published rows,
    rows of ours, both, or none.
    """
    rules = frame(con, "select number, name_zh from knowledge.official_rule order by number")
    ran = frame(con, "select source, status, judged, hits, cannot_judge, reason from model.coverage")
    held = _layers(con)
    layers_of_source = {s.id: _knowledge(s, held) for s in sources}
    pairs = [(number, s.id, layers_of_source[s.id]) for s in sources for number in s.card.official]
    is_live = {s.id: s.card.status == "live" for s in sources}
    screened_by = {number for number, source, _ in pairs if is_live[source]}
    schema = {"number": pl.Int64, "source": pl.String, "knowledge": pl.String}
    linked = pl.DataFrame(pairs, schema=schema, orient="row")
    each = linked.join(ran, on="source", how="inner").sort("number", "source")
    live = pl.col("status") == "live"
    counted = {c: pl.col(c).filter(live).sum().cast(pl.Int64) for c in ("judged", "hits", "cannot_judge")}
    lacking = pl.col("reason").filter(pl.col("judged") == 0).drop_nulls().unique(maintain_order=True)
    grouped = each.group_by("number", maintain_order=True).agg(
        **counted,
        tried=pl.col("judged").filter(~live).sum(),
        reason=lacking.str.join("; "),
        limits=pl.col("reason").drop_nulls().unique(maintain_order=True).str.join("; "),
        sources=pl.col("source").str.join(";"),
    )
    # Where live sources screen, the trial ones beside them say nothing about what the result rests on.
    telling = [(n, kind) for n, source, kind in pairs if is_live[source] or n not in screened_by]
    rests_on = {number: _together([kind for n, kind in telling if n == number]) for number, _ in telling}
    joined = rules.with_columns(pl.col("number").cast(pl.Int64)).join(grouped, on="number", how="left")
    state = (
        pl.when(pl.col("sources").is_null())
        .then(pl.lit("no_rule"))
        .when((pl.col("judged") > 0) & (pl.col("cannot_judge") > pl.col("judged")))
        .then(pl.lit("partly"))
        .when(pl.col("judged") > 0)
        .then(pl.lit("judged"))
        .when(pl.col("tried") > 0)
        .then(pl.lit("trial"))
        .when(pl.col("reason") == NOTHING)
        .then(pl.lit("no_case"))
        .otherwise(pl.lit("cannot_judge"))
    )
    reason = pl.when(state == "partly").then("limits").when(state == "cannot_judge").then("reason")
    return joined.select(
        "number",
        "name_zh",
        state.alias("state"),
        pl.col("number").replace_strict(rests_on, default="none", return_dtype=pl.String).alias("knowledge"),
        *(pl.col(c).fill_null(0) for c in counted),
        reason.replace("", None).alias("reason"),
        pl.col("sources").fill_null(""),
    ).sort("number")


def summary(rows: pl.DataFrame) -> dict[str, int]:
    """How many rules stand in each state, how many in all, and how many of those screened rest on starter rows."""
    by_state = dict(rows["state"].value_counts().rows())
    is_screened = pl.col("state").is_in(["judged", "partly"])
    starter = rows.filter(is_screened & pl.col("knowledge").is_in(["starter", "mixed"])).height
    return {state: int(by_state.get(state, 0)) for state in STATES} | {"rules": rows.height, "starter": starter}


def _layers(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """knowledge.table -> published, mixed, starter or empty; tables without layers are left out."""
    tables = con.execute(
        "select table_name from duckdb_columns() where schema_name = 'knowledge' and column_name = 'layer'"
        " order by table_name"
    ).fetchall()
    held = {}
    for (name,) in tables:
        layers = {layer for (layer,) in con.execute(f"select distinct layer from knowledge.{name}").fetchall()}
        published, ours = layers & set(LAYERS), layers & set(OWN_LAYERS)
        state = "mixed" if published and ours else "published" if published else "starter" if ours else "empty"
        held[f"knowledge.{name}"] = state
    return held


def _knowledge(source: Source, held: dict[str, str]) -> str:
    """What a source rests on: the tables it reads, and those of the features that hold the use of limited items for it
    (`…_use`). Other features read knowledge for excuses and codes, which allow nothing.
    """
    uses = [t.removeprefix("feature.") for t in source.reads if t.endswith("_use")]
    features = [build.load().get(name) for name in uses]
    tables = source.reads | {t for f in features if f is not None for t in f.query.tables}
    return _together([held[t] for t in sorted(tables - READING) if t in held])


def _together(states: Collection[str]) -> str:
    """Several tables, or several sources, as one."""
    kinds = set(states) - {"none"}
    if len(kinds) > 1:
        kinds -= {"empty"}
    if not kinds:
        return "none"
    return kinds.pop() if len(kinds) == 1 else "mixed"
