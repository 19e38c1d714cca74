"""The pack of one domain (骨科, 肿瘤, 异地 ...): its own lists, lines, coverage, problem items and report.

What belongs to a domain is knowledge (domain_part); a pack only selects, nothing is judged again. Its money is that of
the domain alone, each yuan once: of a lead, and of all lists together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError, like
from data.knowledge import diff
from data.warehouse.connection import frame, has
from flows.publish import evidence, in_force, watchlists
from models import problem_items
from models.ranking import rank
from models.sources.source import Source

LIST = (
    "rank, lead_id, subject_type, subject_id, subject_name, region, tier, score, overall_rank, amount_at_risk,"
    " fund_at_risk, expected_yield, findings, settlements, persons, first_on, last_on, rules, run_id"
).split(", ")
#: Of a source that came with a later version than the last run, or that somebody switched on since.
NOT_YET = "the last run did not judge by it"
#: The whole of a pack as if it were one lead: the money of all its lists with each yuan once.
ALL = "domain"


@dataclass(frozen=True)
class Domain:
    """A domain by its names."""

    id: str
    name_zh: str
    name: str

    def named(self, language: str) -> str:
        return self.name_zh if language == "zh" else self.name


@dataclass(frozen=True)
class Pack:
    """What a pack holds; `lists`: subject type -> its list, those without a lead left out."""

    domain: Domain
    run_id: str
    lists: dict[str, pl.DataFrame]
    lines: pl.DataFrame
    coverage: pl.DataFrame
    problems: pl.DataFrame
    amount: Any
    fund: Any


def domains(con: duckdb.DuckDBPyConnection) -> list[Domain]:
    """Every domain that the knowledge knows, in its order."""
    rows = con.execute(in_force.query(con, "domain_names")).fetchall()
    return [Domain(*row) for row in rows]


def asked(con: duckdb.DuckDBPyConnection, word: str) -> Domain:
    """The domain of this id or Chinese name. Raises UsageError naming those there are."""
    return _asked(domains(con), word)


def checked(word: str, overlay: Path | None) -> Domain:
    """The same before there is a warehouse, by the knowledge as it ships with a bureau's overlay."""
    rows = diff.state(overlay)["domain"].sort("domain").select("domain", "name_zh", "name").rows()
    return _asked([Domain(*row) for row in rows], word)


def _asked(every: Collection[Domain], word: str) -> Domain:
    for domain in every:
        if word in (domain.id, domain.name_zh, domain.name):
            return domain
    near = like(word, [d.id for d in every])
    raise UsageError(f"There is no domain '{word}'.{near} Use {', '.join(f'{d.id} ({d.name_zh})' for d in every)}.")


def last_run(con: duckdb.DuckDBPyConnection) -> str:
    """The last finished run. Raises UsageError where there is none."""
    rows = con.execute("select run_id from run.run order by finished_at desc, run_id desc limit 1").fetchall()
    if not rows:
        raise UsageError("No run is finished yet. Run `fundwatch run INPUT` first.")
    return str(rows[0][0])


def pack(
    con: duckdb.DuckDBPyConnection,
    sources: Collection[Source],
    domain: Domain,
    run_id: str,
    *,
    language: str,
    overlay: Path | None = None,
    unmask: bool = False,
) -> Pack:
    """Everything about the domain that the last run holds."""
    _select(con, domain)
    lists = watchlists.lists(con, run_id, language=language, unmask=unmask)
    found = {kind: _list(con, rows, kind, run_id) for kind, rows in lists.items()}
    amount, fund = con.execute(
        "select coalesce(sum(counted_amount), 0), coalesce(sum(counted_fund), 0) from domain_counted"
        " where lead_id = 'domain'"
    ).fetchall()[0]
    return Pack(
        domain,
        run_id,
        {kind: rows for kind, rows in found.items() if rows.height},
        _lines(con, sources, run_id, language, unmask),
        _coverage(con, sources, domain, language),
        _problems(con, sources, domain, overlay),
        amount,
        fund,
    )


def one_list(
    con: duckdb.DuckDBPyConnection, domain: Domain, kind: str, run_id: str, language: str, top: int
) -> pl.DataFrame:
    """The top of one list of the domain."""
    _select(con, domain)
    return _list(con, watchlists.watchlist(con, kind, run_id, language=language), kind, run_id).head(top)


def _select(con: duckdb.DuckDBPyConnection, domain: Domain) -> None:
    """Temp tables: domain_finding, domain_lead (the leads with a listed one) and domain_counted (the money of each).

    Money is priced as for the whole lists, with nothing but the domain's findings to carry it.
    """
    if not has(con, "model.finding_counted"):
        raise UsageError("This HOME was ranked by an earlier version. Run `fundwatch rank` first.")
    con.execute(
        f"create or replace temp table domain_finding as {in_force.query(con, 'domain_finding')}",
        {"domain": domain.id},
    )
    con.execute(
        """
        create or replace temp table listed_finding as
        select f.*
        from model.finding as f
        join domain_finding as d on d.finding_id = f.finding_id
        where exists (select 1 from model.finding_counted as m where m.finding_id = f.finding_id)
        """
    )
    con.execute(
        """
        create or replace temp table domain_lead as
        select distinct m.lead_id, f.subject_type, f.subject_id
        from model.finding_counted as m
        join listed_finding as f on f.finding_id = m.finding_id
        """
    )
    con.execute("create or replace temp table domain_counted (finding_id varchar, lead_id varchar,"
        " counted_amount decimal(16, 2), counted_fund decimal(16, 2), also_in varchar)")  # fmt: skip
    for lead in ("lead_id", f"'{ALL}' as lead_id"):
        con.execute(
            f"create or replace temp table ranked_subject as select subject_type, subject_id, {lead} from domain_lead"
        )
        con.execute(f"create or replace temp table lead_found as {rank.query('lead_found')}")
        con.execute(f"insert into domain_counted by name {rank.query('finding_counted')}")


def _list(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame, kind: str, run_id: str) -> pl.DataFrame:
    """The leads of one list that the domain has something of, by what a check of it would bring."""
    own = frame(
        con,
        """
        select c.lead_id, cast(sum(c.counted_amount) as decimal(16, 2)) as amount_at_risk,
            cast(sum(c.counted_fund) as decimal(16, 2)) as fund_at_risk,
            cast(sum(cast(c.counted_amount as double) * coalesce(e.chance, 0)) as decimal(16, 2)) as expected_yield,
            count(*) as findings, count(distinct f.settlement_id) as settlements,
            count(distinct f.person_id) as persons, min(f.occurred_on) as first_on, max(f.occurred_on) as last_on,
            string_agg(distinct f.source, ';' order by f.source) as rules
        from domain_counted as c
        join listed_finding as f on f.finding_id = c.finding_id
        left join model.lead_evidence as e on e.lead_id = c.lead_id and e.source = f.source
        where f.subject_type = $kind and c.lead_id <> 'domain'
        group by c.lead_id
        """,
        {"kind": kind},
    )
    kept = rows.select("lead_id", "subject_type", "subject_id", "subject_name", "region", "tier", "score", "rank")
    joined = kept.rename({"rank": "overall_rank"}).join(own, on="lead_id", how="inner")
    order = ["expected_yield", "amount_at_risk", "findings", "lead_id"]
    joined = joined.sort(order, descending=[True, True, True, False])
    return joined.with_columns(rank=pl.int_range(1, pl.len() + 1), run_id=pl.lit(run_id)).select(LIST)


def _lines(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], run_id: str, language: str, unmask: bool
) -> pl.DataFrame:
    """The evidence of the domain's leads, nothing but its own findings, with the money that counts in the pack."""
    rows = evidence.evidence(
        con, sources, "l.lead_id in (select lead_id from domain_lead)", {}, language, unmask=unmask, run_id=run_id
    )
    own = frame(
        con,
        """
        select c.finding_id, c.lead_id, d.belongs_by, c.counted_amount as own_amount, c.counted_fund as own_fund,
            c.also_in as own_also
        from domain_counted as c
        join domain_finding as d on d.finding_id = c.finding_id
        where c.lead_id <> 'domain'
        """,
    )
    rows = rows.join(own, on=["finding_id", "lead_id"], how="inner", maintain_order="left")
    rows = rows.with_columns(
        counted_amount=pl.col("own_amount"), counted_fund=pl.col("own_fund"), also_in=pl.col("own_also")
    )
    return rows.drop("own_amount", "own_fund", "own_also")


def _coverage(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], domain: Domain, language: str
) -> pl.DataFrame:
    """The sources that the domain names, and those that found something of it: what they judged and could not.

    `in_domain` counts the hits that belong to it, trial ones too, which are on no list.
    """
    cards = {s.id: (s.card.title_zh if language == "zh" else s.card.title, s.kind, s.card.status) for s in sources}
    schema = {"source": pl.String, "title": pl.String, "own_kind": pl.String, "own_status": pl.String}
    named = pl.DataFrame([(source, *card) for source, card in cards.items()], schema=schema, orient="row")
    rows = frame(con, in_force.query(con, "domain_coverage"), {"domain": domain.id})
    joined = rows.join(named, on="source", how="left", maintain_order="left")
    return joined.select(
        "source",
        "title",
        pl.col("kind").fill_null(pl.col("own_kind")),
        pl.col("status").fill_null(pl.col("own_status")),
        pl.col("judged").fill_null(0),
        pl.col("hits").fill_null(0),
        "in_domain",
        pl.col("cannot_judge").fill_null(0),
        pl.when(pl.col("status").is_null()).then(pl.lit(NOT_YET)).otherwise(pl.col("reason")).alias("reason"),
    )


def _problems(
    con: duckdb.DuckDBPyConnection, sources: Collection[Source], domain: Domain, overlay: Path | None
) -> pl.DataFrame:
    """The official self-check items of the domain, with who screens them and what they wait for."""
    words = con.execute(in_force.query(con, "domain_problems"), {"domain": domain.id}).fetchall()
    areas = [word for kind, word in words if kind == "area"]
    ids = [word for kind, word in words if kind == "problem"]
    every = problem_items.items(sources, overlay)
    found = every.filter(pl.col("area_zh").is_in(areas) | pl.col("item_id").is_in(ids))
    return found.select("item_id", "subject", "area_zh", "problem_zh", "state", "screened_by", "needs_zh")
