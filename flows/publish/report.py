"""report.html: one run on one page: what came in, what was judged, the heads of the lists, what to doubt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.warehouse.connection import frame
from flows.publish import checks, official, tables, tips
from flows.publish.labels import valued
from flows.publish.safe import whole
from flows.publish.words import page, spoken
from models.ranking import totals
from models.sources import registers
from models.sources.source import Source

HEAD = 10
TIERS = """
    select subject_type, count(*) filter (where tier = 'A') as a, count(*) filter (where tier = 'B') as b,
        count(*) filter (where tier = 'C') as c, sum(expected_yield) as expected
    from model.lead group by subject_type
"""
ARTEFACTS = "select kind, count(*) as findings from model.artefact group by kind order by kind"


def write(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    lists: Mapping[str, pl.DataFrame],
    path: Path,
    run_id: str,
    ingest_id: str,
    *,
    language: str,
) -> None:
    """The page of one run; `lists`: subject type -> watchlist."""
    covered = tables.coverage(con).filter(pl.col("status") == "live")
    found = checks.results(con)
    rules = official.screened(con, sources)
    remarks = frame(con, "select said from model.ranking")["said"].to_list()
    money = totals.totals(con)
    whole_lists = money.row(-1, named=True)
    by_list = money.rename({"list": "subject_type"}).join(frame(con, TIERS), on="subject_type", maintain_order="left")
    text = page(
        "report",
        language,
        run_id=run_id,
        ranking=_ranking(remarks[0], language) if remarks else "",
        totals=by_list.to_dicts(),
        whole=whole_lists,
        whole_text={k: f"{v:,}" for k, v in whole_lists.items() if k != "list"},
        shared=totals.overlaps(con).to_dicts(),
        lists={kind: rows.head(HEAD).to_dicts() for kind, rows in lists.items()},
        tips=tips.listed(con),
        tips_unmatched=tips.unmatched(con, language).height,
        account=[
            row | {"refused": row["refused"] and spoken(row["refused"], language)}
            for row in tables.account(con, ingest_id).to_dicts()
        ],
        checks=found.filter(pl.col("state").is_in(["warn", "stop"])).to_dicts(),
        coverage={
            "live": covered.height,
            "judging": covered.filter(pl.col("judged") > 0).height,
            "hit": covered.filter(pl.col("hits") > 0).height,
            "lacking": covered.filter((pl.col("judged") == 0) & pl.col("reason").is_not_null()).height,
        },
        official=official.summary(rules),
        official_rules=_official(rules, language),
        hits=covered.filter(pl.col("hits") > 0).sort("hits", "source", descending=[True, False]).to_dicts(),
        lacking=_lacking(covered, language),
        registers=_registers(con, sources, language),
        titles={s.id: s.card.title_zh if language == "zh" else s.card.title for s in sources},
        artefacts=frame(con, ARTEFACTS).to_dicts(),
    )
    whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _registers(con: duckdb.DuckDBPyConnection, sources: Collection[Source], language: str) -> str:
    """What the tables that never came would add, as a sentence of its own."""
    held = registers.held(con)
    waiting_sentence = registers.sentence(registers.asleep(sources, held), held, language)
    return (
        waiting_sentence
        if language == "zh" or not waiting_sentence
        else f"{waiting_sentence[0].upper()}{waiting_sentence[1:]}."
    )


def _lacking(covered: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    rows = covered.filter((pl.col("judged") == 0) & pl.col("reason").is_not_null()).select("source", "reason")
    return (valued(rows, "coverage") if language == "zh" else rows).to_dicts()


def _official(rules: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    """The official rules with their reasons in the language of the page; state and knowledge stay machine words."""
    reasons = valued(rules.select("reason"), "official") if language == "zh" else rules.select("reason")
    return rules.with_columns(reasons).to_dicts()


def _ranking(sentence: str, language: str) -> str:
    """How the order came about, without the words that the page says before it."""
    return spoken(sentence.removeprefix("ranked by: "), language)
