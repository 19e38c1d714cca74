"""From findings to leads: one lead a subject, its chances, its money once, its place in the list."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse import frame, transaction
from models.casebook.rates import rates
from models.ranking import reasons, strength
from models.source import Source

FOLDER = Path(__file__).parent


def query(name: str) -> str:
    """The text of one ranking query."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def rank(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], run_id: str, objective: str = "both", seed: int = 1
) -> dict[str, int]:
    """Replace model.lead and model.lead_line with this run's; returns leads per subject type.

    Raises UsageError for an objective that does not exist.
    """
    if objective not in strength.OBJECTIVES:
        raise UsageError(f"The objective '{objective}' does not exist; use {', '.join(strength.OBJECTIVES)}.")
    with transaction(con):
        _subjects(con)
        evidence = _believed(con, rates(con, sources))
        _make(con, "lead_unit", "lead_line")
        con.execute("delete from model.lead_line")
        con.execute("insert into model.lead_line by name select * from lead_unit order by all")
        leads = _scored(con, evidence, objective, seed)
        leads = reasons.attach(leads, evidence, {s.id: s.card for s in sources})
        _store(con, leads, run_id)
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


def _believed(con: duckdb.DuckDBPyConnection, confirmed: pl.DataFrame) -> pl.DataFrame:
    """Evidence of each lead and source with its chance; leaves the temp tables the money is priced by.

    `confirmed` (source, rate) is how often verdicts confirm each source, drawn towards its prior.
    """
    _make(con, "lead_evidence", "evidence")
    evidence = frame(
        con,
        """
        select e.*, r.volume from lead_evidence as e join ranked_subject as r on r.lead_id = e.lead_id
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
    slips = strength.slip_rates(evidence, everyone)
    evidence = evidence.join(slips, on=["source", "subject_type"], how="left", maintain_order="left").with_columns(
        pl.col("slip").fill_null(strength.SLIP_RATE), pl.col("weight").fill_null(1.0)
    )
    evidence = strength.with_odds(evidence, confirmed)
    chances = strength.chance(
        evidence["places"].to_numpy().astype(float),
        evidence["volume"].to_numpy().astype(float),
        evidence["slip"].to_numpy(),
        evidence["weight"].to_numpy(),
        strength.odds_of(evidence),
    )
    evidence = evidence.with_columns(chance=pl.Series(chances, dtype=pl.Float64))
    family_chance = evidence.group_by("lead_id", "family").agg(pl.col("chance").max())
    con.register("family_chance_frame", family_chance)
    con.execute("create or replace temp table family_chance as select * from family_chance_frame")
    con.unregister("family_chance_frame")
    return evidence


def _scored(con: duckdb.DuckDBPyConnection, evidence: pl.DataFrame, objective: str, seed: int) -> pl.DataFrame:
    leads = frame(con, f"select * from ({query('lead_summary')}) order by lead_id")
    place = leads.select("lead_id").with_row_index("row")
    evidence = evidence.join(place, on="lead_id", maintain_order="left").with_columns(
        family_code=pl.col("family").rank("dense").cast(pl.Int64) - 1,
        source_code=pl.col("source").rank("dense").cast(pl.Int64) - 1,
        lead_id=pl.col("row").cast(pl.Int64),
    )
    full = leads["subject_type"].replace_strict(strength.FULL_YIELD, return_dtype=pl.Float64)
    believed = strength.propensity(
        evidence["chance"].to_numpy(), evidence["lead_id"].to_numpy(), evidence["family_code"].to_numpy(), leads.height
    )
    gain = leads["expected_yield"].cast(pl.Float64).to_numpy()
    leads = leads.with_columns(
        propensity=pl.Series(believed, dtype=pl.Float64),
        full_yield=full,
        score=pl.Series(strength.score(believed, gain, full.to_numpy(), objective), dtype=pl.Float64).round(2),
    )
    low, high = strength.rank_interval(evidence, leads, objective, seed)
    leads = leads.with_columns(
        rank_low=pl.Series(low), rank_high=pl.Series(high), tier=_tier(evidence, lead_ids=leads["lead_id"])
    ).sort("subject_type", "score", "expected_yield", "lead_id", descending=[False, True, True, False])
    placed = leads.with_columns(rank=pl.int_range(1, pl.len() + 1).over("subject_type"))
    return placed.with_columns(
        rank_low=pl.min_horizontal("rank_low", "rank"), rank_high=pl.max_horizontal("rank_high", "rank")
    )


def _tier(evidence: pl.DataFrame, lead_ids: pl.Series) -> pl.Series:
    """A: several independent families agree, or one contradiction again and again. B: one family carries
    weight. C: something to look at when there is time."""
    families = evidence.group_by("lead_id", "family").agg(
        pl.col("chance").max(), definite=pl.col("chance").filter(pl.col("certainty") == "definite").max()
    )
    by_lead = families.group_by("lead_id").agg(
        agreeing=(pl.col("chance") >= 0.5).sum(), best=pl.col("chance").max(), definite=pl.col("definite").max()
    )
    tiers = by_lead.select(
        "lead_id",
        tier=pl.when((pl.col("agreeing") >= 2) | (pl.col("definite") >= 0.8))
        .then(pl.lit("A"))
        .when(pl.col("best") >= 0.25)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C")),
    ).sort("lead_id")
    assert tiers.height == len(lead_ids)
    return tiers["tier"]


def _store(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame, run_id: str) -> None:
    con.register("lead_frame", leads)
    _register(con, run_id)
    con.execute("delete from model.lead")
    con.execute(
        """
        insert into model.lead by name
        select l.lead_id, l.subject_type,
            case when l.subject_type = 'group' then l.lead_id else l.subject_id end as subject_id,
            l.tier, l.score, l.propensity, l.rank, l.rank_low, l.rank_high, l.amount_at_risk, l.fund_at_risk,
            l.expected_yield, l.findings, l.settlements, l.persons, l.first_on, l.last_on,
            case
                when r.previous_lead_id is not null and r.opened_run = $run then 'reopened'
                when r.opened_run = $run then 'new'
                when l.amount_at_risk > r.previous_amount * 1.1 then 'grown'
                when l.amount_at_risk < r.previous_amount * 0.9 then 'shrunk'
                else 'persisting'
            end as status,
            l.prior_confirmed, false as is_control_arm, l.rules, l.reasons, l.reasons_zh, p.peer_group, m.members
        from lead_frame as l
        join casebook.lead_register as r on r.lead_id = l.lead_id
        left join feature.institution_peer_group as p
            on l.subject_type in ('institution', 'pharmacy') and p.institution_id = l.subject_id
        left join (
            select group_key, string_agg(person_id, ';' order by person_id) as members
            from model.group_member group by group_key
        ) as m on l.subject_type = 'group' and m.group_key = l.subject_id
        order by l.subject_type, l.rank
        """,
        {"run": run_id},
    )
    con.unregister("lead_frame")


def _register(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Open the new leads; remember this run's money of the others, and the run's before it."""
    con.execute(
        """
        insert into casebook.lead_register by name
        select lead_id, subject_type, subject_id as subject_key, $run as opened_run, $run as last_run,
            amount_at_risk as last_amount, amount_at_risk as previous_amount, previous_lead_id
        from lead_frame where lead_id not in (select lead_id from casebook.lead_register)
        """,
        {"run": run_id},
    )
    con.execute(
        """
        update casebook.lead_register as r
        set previous_amount = case when r.last_run = $run then r.previous_amount else r.last_amount end,
            last_run = $run, last_amount = l.amount_at_risk, subject_key = l.subject_id
        from lead_frame as l where l.lead_id = r.lead_id
        """,
        {"run": run_id},
    )
    con.execute(
        """
        delete from casebook.group_membership where lead_id in (
            select lead_id from lead_frame where subject_type = 'group'
        )
        """
    )
    con.execute(
        """
        insert into casebook.group_membership by name
        select l.lead_id, m.person_id from lead_frame as l
        join model.group_member as m on m.group_key = l.subject_id
        where l.subject_type = 'group' order by all
        """
    )
