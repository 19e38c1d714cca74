"""Tips: whom they are about, the leads that rest on them alone, and what a lead's reasons say of them."""

from __future__ import annotations

import string
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.warehouse.connection import frame
from models.casebook import verdicts
from models.ranking.tip_words import masked
from models.sources.source import Source

FOLDER = Path(__file__).parent
#: What names differ in though they mean the same place: width, blanks, brackets, punctuation.
NARROW = string.digits + string.ascii_letters
WIDE = "".join(chr(ord(c) + 0xFEE0) for c in NARROW)
LEFT_OUT = "()（）[]［］{}【】《》〈〉「」“”‘’\"'.．,，、。:：·•－-—_/／ \u3000\u00a0\t"
SHOWN = 2  # tips named in the reasons
#: Kinds of leads from outside in the order in which reasons name them: the words, English and Chinese.
KINDS = {
    "tip": ("tip", "举报"),
    "hand_down": ("hand-down", "交办"),
    "department": ("department's list", "部门数据"),
    "platform": ("platform's suspicion", "平台疑点"),
}
LONGEST = 40  # characters of a tip's content in the reasons


def prepare(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Temporary tables tip_subject, open_tip and past_case."""
    verdicts.prepare(con, sources)
    names = {"wide": WIDE + LEFT_OUT, "narrow": NARROW}
    con.execute(f"create or replace temp table tip_subject as {_query('tip_subject')}", names)
    con.execute(f"create or replace temp table open_tip as {_query('open_tip')}")
    past = (FOLDER.parent / "casebook" / "past_case.sql").read_text(encoding="utf-8")
    con.execute(f"create or replace temp table past_case as {past}")
    con.execute("delete from model.tip_unmatched")
    con.execute(f"insert into model.tip_unmatched by name {_query('tip_unmatched')}", names)


def beside(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame) -> pl.DataFrame:
    """The leads with their tips in their reasons, and below them those that rest on tips alone.

    Replaces model.lead_tip and model.lead_case.
    """
    tips = frame(con, _query("lead_tip")).with_columns(content=masked(pl.col("content")))
    con.execute("delete from model.lead_tip")
    con.register("tip_frame", tips.drop("subject_type"))
    con.execute("insert into model.lead_tip by name select * from tip_frame")
    con.unregister("tip_frame")
    con.execute("delete from model.lead_case")
    con.execute(f"insert into model.lead_case by name {_query('lead_case')}")
    return _with_reasons(pl.concat([leads, _alone(con, leads)], how="diagonal_relaxed"), tips.filter("is_open"))


def summary(con: duckdb.DuckDBPyConnection) -> str:
    """One sentence on what became of the delivered tips; empty without any."""
    delivered, listed, alone, unmatched, others = con.execute(
        """
        select (select count(*) from casebook.heard_tip),
            (select count(distinct tip_id) from model.lead_tip where is_open),
            (select count(*) from model.lead where findings = 0), (select count(*) from model.tip_unmatched),
            (select count(*) from casebook.heard_tip where kind <> 'tip')
        """
    ).fetchall()[0]
    if not delivered:
        return ""
    plural = "" if delivered == 1 else "s"
    if others:
        named = f"{delivered:,} lead{plural} from outside", f"({alone:,} leads rest on them alone)"
    else:
        named = f"{delivered:,} tip{plural}", f"({alone:,} leads rest on tips alone)"
    parts = [f"{named[0]}: {listed:,} to handle on the lists {named[1]}"]
    if rest := delivered - listed - unmatched:
        parts.append(f"{rest:,} handled or left off before")
    if unmatched:
        parts.append(f"{unmatched:,} about nobody known for sure, see tips_unmatched.csv")
    return ", ".join(parts)


def _query(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _alone(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame) -> pl.DataFrame:
    """Leads without findings, after all others of their list; among themselves nothing ranks them but their day."""
    before = leads.group_by("subject_type").len("before")
    rows = frame(con, _query("tip_lead")).join(before, on="subject_type", how="left", maintain_order="left")
    start = pl.col("before").fill_null(0).cast(pl.Int64)
    return rows.with_columns(rank=start + pl.col("place"), rank_low=start + 1, rank_high=start + pl.col("places")).drop(
        "before", "place", "places"
    )


def _with_reasons(leads: pl.DataFrame, tips: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("received_on").cast(pl.String)
    short = pl.col("content").str.slice(0, LONGEST)
    cut = pl.when(pl.col("content").str.len_chars() > LONGEST).then(short + "…").otherwise(short)
    order = pl.col("kind").replace_strict({k: i for i, k in enumerate(KINDS)}, return_dtype=pl.Int64)
    ordered = tips.with_columns(order=order).sort(
        "lead_id", "order", "received_on", "tip_id", descending=[False, False, True, False], nulls_last=True
    )
    name, name_zh = (
        pl.col("kind").replace_strict({k: v[i] for k, v in KINDS.items()}, return_dtype=pl.String) for i in (0, 1)
    )
    said = ordered.with_columns(
        # the channel may tell an insider: it stands in the lead's page, not in the lists
        part=pl.concat_str(name, _or_nothing(" of ", day), _or_nothing(": ", cut)),
        part_zh=pl.concat_str(name_zh, day.fill_null(""), _or_nothing("：", cut)),
    )
    joined = said.group_by("lead_id", maintain_order=True).agg(
        told=pl.col("part").head(SHOWN).str.join("; "),
        told_zh=pl.col("part_zh").head(SHOWN).str.join("；"),
        untold=pl.len().cast(pl.Int64) - SHOWN,
        are_tips=(pl.col("kind") == "tip").all(),
    )
    more, rest = pl.when(pl.col("untold") > 0), pl.when("are_tips")
    rest_en = rest.then(pl.lit("tips")).otherwise(pl.lit("leads from outside"))
    rest_zh = rest.then(pl.lit("举报")).otherwise(pl.lit("外来线索"))
    joined = joined.with_columns(
        told=more.then(pl.format("{}; and {} more {}", "told", "untold", rest_en)).otherwise(pl.col("told")),
        told_zh=more.then(pl.format("{}；另有{}{}件", "told_zh", rest_zh, "untold")).otherwise(pl.col("told_zh")),
    )
    return (
        leads.join(joined, on="lead_id", how="left", maintain_order="left")
        .with_columns(
            reasons=pl.concat_str("reasons", "told", separator="; ", ignore_nulls=True),
            reasons_zh=pl.concat_str("reasons_zh", "told_zh", separator="；", ignore_nulls=True),
        )
        .drop("told", "told_zh", "untold", "are_tips")
    )


def _or_nothing(before: str, value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_not_null()).then(pl.concat_str(pl.lit(before), value)).otherwise(pl.lit(""))
