"""From findings to leads: one lead a subject, its chances, its money once, its place in the list."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from data.errors import UsageError
from data.warehouse.connection import frame, transaction
from models import belief
from models.learning import learn
from models.learning.learn import Learned
from models.ranking import learned, parts, reasons, register, tips
from models.sources.source import Source

FOLDER = Path(__file__).parent

#: Yuan below which a lead is for spare time, whatever is said of it.
LEAST_YUAN = 30.0


def query(name: str) -> str:
    """The text of one ranking query."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def rank(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    run_id: str,
    objective: str = "both",
    seed: int = 1,
    learning: bool = True,
    least_yuan: float = LEAST_YUAN,
) -> dict[str, int]:
    """Replace model.lead, what belongs to it in model, and model.ranking; returns leads per subject type.

    Without `learning` the order is as if nobody had ever given a verdict; judged leads stay off the list all the same.
    A lead with less than `least_yuan` at issue, or none of the funds, stays out of tiers A and B.
    Raises UsageError for an objective that does not exist.
    """
    if objective not in belief.OBJECTIVES:
        raise UsageError(f"The objective '{objective}' does not exist; use {', '.join(belief.OBJECTIVES)}.")
    with transaction(con):
        tips.prepare(con, sources)
        _subjects(con)
        known = learn.learn(con, sources, seed, learning)
        evidence = _believed(con, known.rates)
        _make(con, "lead_found", "lead_found")
        _make(con, "lead_unit", "lead_line")
        for table in ("lead_line", "finding_counted", "lead_overlap"):
            con.execute(f"delete from model.{table}")
        con.execute("insert into model.lead_line by name select * from lead_unit order by all")
        for table in ("finding_counted", "lead_overlap"):
            con.execute(f"insert into model.{table} by name select * from ({query(table)}) as t order by all")
        leads = _tiered(_scored(con, evidence, known, objective, seed), evidence, least_yuan)
        leads = reasons.attach(leads, evidence, {s.id: s.card for s in sources})
        leads = tips.beside(con, leads)
        register.store(con, leads, run_id)
        learned.store(con, known)
    return dict(leads.group_by("subject_type").len().sort("subject_type").iter_rows())


def _make(con: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    con.execute(f"create or replace temp table {table} as {query(name)}")


def _subjects(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create or replace temp view listed_finding as {query('listed_finding')}")
    _make(con, "ranking_subject", "subject")
    _make(con, "registered", "register")
    con.execute(
        """
        create or replace temp table ranked_subject as
        select s.*, r.lead_id, r.is_opened, r.previous_lead_id
        from ranking_subject as s
        join registered as r on r.subject_type = s.subject_type and r.subject_id = s.subject_id
        """
    )


def _believed(con: duckdb.DuckDBPyConnection, confirmed: pl.DataFrame | None) -> pl.DataFrame:
    """Evidence of each lead and source with its chance; leaves the temp tables the money is priced by.

    `confirmed` (source, subject_type, rate, reviewed) is how often verdicts confirm each source, drawn towards its
    prior.
    """
    _make(con, "lead_evidence", "evidence")
    evidence = frame(
        con,
        """
        select e.*, r.subject_id, r.volume from lead_evidence as e join ranked_subject as r on r.lead_id = e.lead_id
        order by e.lead_id, e.source
        """,
    )
    everyone = frame(
        con,
        """
        select case when is_pharmacy then 'pharmacy' else 'institution' end as subject_type,
            count(distinct institution_id) as n
        from feature.settlement group by 1
        union all select 'person', count(distinct person_id) from feature.settlement
        union all select 'practitioner', count(distinct practitioner_id) from feature.practitioner_day
        union all select 'group', count(distinct group_key) from model.group_member
        """,
    )
    slips = belief.slip_rates(evidence, everyone)
    evidence = evidence.join(slips, on=["source", "subject_type"], how="left", maintain_order="left").with_columns(
        pl.col("slip").fill_null(belief.SLIP_RATE), pl.col("weight").fill_null(1.0)
    )
    evidence = belief.with_odds(evidence, confirmed)
    if confirmed is not None:
        evidence = belief.at_places(evidence, frame(con, query("place_rate")))
    chances = belief.chance(
        evidence["places"].to_numpy().astype(float),
        evidence["volume"].to_numpy().astype(float),
        evidence["slip"].to_numpy(),
        evidence["weight"].to_numpy(),
        belief.odds_of(evidence),
    )
    evidence = evidence.with_columns(chance=pl.Series(chances, dtype=pl.Float64))
    family_chance = evidence.group_by("lead_id", "family").agg(pl.col("chance").max())
    for name, rows in (("family_chance", family_chance), ("evidence_chance", evidence)):
        con.register("chance_frame", rows)
        con.execute(f"create or replace temp table {name} as select * from chance_frame")
        con.unregister("chance_frame")
    con.execute("delete from model.lead_evidence")
    con.execute(
        """
        insert into model.lead_evidence by name
        select lead_id, source, family, certainty, findings, places, volume, slip, weight,
            cast(coalesce(excess, amount) as decimal(16, 2)) as amount, chance
        from evidence_chance order by lead_id, source
        """
    )
    return evidence


def _scored(
    con: duckdb.DuckDBPyConnection, evidence: pl.DataFrame, known: Learned, objective: str, seed: int
) -> pl.DataFrame:
    leads = frame(con, f"select * from ({query('lead_summary')}) order by lead_id")
    place = leads.select("lead_id").with_row_index("row")
    told = evidence
    evidence = evidence.join(place, on="lead_id", maintain_order="left").with_columns(
        family_code=pl.col("family").rank("dense").cast(pl.Int64) - 1,
        source_code=pl.col("source").rank("dense").cast(pl.Int64) - 1,
        lead_id=pl.col("row").cast(pl.Int64),
    )
    full = leads["subject_type"].replace_strict(belief.FULL_YIELD, return_dtype=pl.Float64)
    alone = belief.propensity(
        evidence["chance"].to_numpy(), evidence["lead_id"].to_numpy(), evidence["family_code"].to_numpy(), leads.height
    )
    names, added = learned.added(leads, told, known, alone)
    shift = added.sum(axis=1)
    believed = belief.moved(alone, shift)
    leads = learned.repriced(con, leads, believed / np.maximum(alone, 1e-9), shift)
    gain = leads["expected_yield"].cast(pl.Float64).to_numpy()
    leads = leads.with_columns(
        alone=pl.Series(alone, dtype=pl.Float64),
        shift=pl.Series(shift, dtype=pl.Float64),
        propensity=pl.Series(believed, dtype=pl.Float64),
        full_yield=full,
        score=pl.Series(belief.score(believed, gain, full.to_numpy(), objective), dtype=pl.Float64).round(2),
    )
    families = evidence.group_by(pl.col("lead_id").alias("row"), "family").agg(pl.col("chance").max())
    made_of = parts.points(families.sort("row", "family"), leads, objective, names, added)
    stands = belief.rank_interval(evidence, leads, objective, seed)
    learned.keep(con, made_of, stands)
    leads = leads.with_columns(
        rank_low=pl.Series(stands.low),
        rank_high=pl.Series(stands.high),
        top_chance=pl.Series(stands.in_top, dtype=pl.Float64).round(2),
    ).sort("subject_type", "score", "expected_yield", "propensity", "lead_id", descending=[False, *[True] * 3, False])
    placed = leads.with_columns(rank=pl.int_range(1, pl.len() + 1).over("subject_type"))
    return placed.with_columns(
        rank_low=pl.min_horizontal("rank_low", "rank"), rank_high=pl.max_horizontal("rank_high", "rank")
    )


def _tiered(leads: pl.DataFrame, evidence: pl.DataFrame, least_yuan: float) -> pl.DataFrame:
    """Add the tier. A: several independent families agree, or one contradiction again and again. B: one family carries
    weight. C: something to look at when there is time, whatever has no fund money or too little money at issue, and
    what rests only on findings that name an ordinary reading themselves."""
    plain = pl.col("chance").filter(~pl.col("is_doubtful"))
    families = evidence.group_by("lead_id", "family").agg(
        pl.col("chance").max(),
        plain=plain.max().fill_null(0.0),
        definite=pl.col("chance").filter(pl.col("certainty") == "definite").max(),
    )
    by_lead = families.group_by("lead_id").agg(
        agreeing=pl.when((pl.col("plain") >= 0.5).any()).then((pl.col("chance") >= 0.5).sum()).otherwise(0),
        best=pl.col("plain").max(),
        definite=pl.col("definite").max(),
    )
    is_worth_it = (pl.col("fund_at_risk") > 0) & (pl.col("amount_at_risk").cast(pl.Float64) >= least_yuan)
    return (
        leads.join(by_lead, on="lead_id", how="left", maintain_order="left", validate="1:1")
        .with_columns(
            tier=pl.when(is_worth_it & ((pl.col("agreeing") >= 2) | (pl.col("definite") >= 0.8)))
            .then(pl.lit("A"))
            .when(is_worth_it & (pl.col("best") >= 0.25))
            .then(pl.lit("B"))
            .otherwise(pl.lit("C"))
        )
        .drop("agreeing", "best", "definite")
    )
