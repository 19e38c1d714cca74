"""Verdicts come in: each row of a file finds its lead, is refused with a reason, or is appended for good."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from data.errors import InputRefused, UsageError
from data.ingest import Pseudonyms, typed_texts
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from features import build
from models.casebook import appeals, words
from models.casebook.read import Told, columns
from models.sources.source import Source

FOLDER = Path(__file__).parent
#: Columns of the plan that are no column of the verdict.
PLAN_ONLY = ("state", "why", "about", "is_superseding", "beyond", "is_undated", "is_void")


@dataclass(frozen=True)
class Plan:
    """What a file would do: `rows` are resolve.sql's."""

    name: str
    rows: pl.DataFrame
    ignored: tuple[str, ...]

    def of(self, state: str) -> pl.DataFrame:
        """The rows that are new, known, blank or refused."""
        return self.rows.filter(pl.col("state") == state)

    @property
    def closing(self) -> list[str]:
        """Leads that the new verdicts close."""
        new = self.of("new").filter(pl.col("is_closing") & pl.col("lead_id").is_not_null())
        return sorted(new["lead_id"].unique())

    @property
    def counts(self) -> dict[str, int]:
        """New verdicts by conclusion, and what else happens."""
        new = self.of("new")
        found = dict(new.group_by("conclusion").len().sort("conclusion").iter_rows())
        return {
            **{str(k): int(v) for k, v in found.items()},
            "new": new.height,
            "superseding": int(new["is_superseding"].sum()),
            "without_lead": new["lead_id"].null_count(),
            "leads_closed": len(self.closing),
            "known": self.of("known").height,
            "blank": self.of("blank").height,
            "undated": int(new["is_undated"].sum()),
            "beyond_lead": new["beyond"].count(),
            "refused": self.of("refused").height,
        }


def plan(
    con: duckdb.DuckDBPyConnection,
    told: Told,
    sources: Collection[Source],
    today: date | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> Plan:
    """Resolve every row against the casebook and the last run; writes nothing but temporary tables.

    Raises UsageError where nothing was run yet and InputRefused when the file has no row.
    """
    if not has(con, "feature.institution"):
        raise UsageError("This HOME has no run yet, so no verdict can find its lead. Run `fundwatch run INPUT` first.")
    if not told.rows.height:
        raise InputRefused(f"{told.name} has a header and no rows.")
    prepare(con, sources)
    _typed(con, told, pseudonyms)
    query = build.legible(con, (FOLDER / "resolve.sql").read_text(encoding="utf-8"))
    return Plan(told.name, frame(con, query, {"today": (today or date.today()).isoformat()}), told.ignored)


def append(con: duckdb.DuckDBPyConnection, made: Plan, witness: Callable[[], None] = lambda: None) -> int:
    """Append the plan's new verdicts and close their leads, all or nothing; returns how many.

    `witness` is called before the end; when it fails nothing is appended.
    """
    new = made.of("new").drop(PLAN_ONLY).with_columns(file=pl.lit(made.name))
    if not new.height:
        return 0
    voided = made.of("new").filter(pl.col("is_void"))["lead_id"].drop_nulls().to_list()
    has_leads = has(con, "feature.institution")  # an inspection may be told before the first run
    if has_leads:
        appeals.at_issue(con)
    con.register("new_verdict", new)
    try:
        with transaction(con):
            con.execute(
                "insert into casebook.verdict by name"
                " select *, $at as imported_at, $number as event_number from new_verdict order by row_number",
                events.stamp(con)._asdict(),
            )
            con.execute(
                """
                insert into casebook.verdict_evidence by name
                with kept as (
                    select n.verdict_id, min_by(v.verdict_id, v.event_number) as first_verdict
                    from new_verdict as n
                    join casebook.verdict as v on v.lead_id = n.lead_id and v.verdict_id <> n.verdict_id
                    where v.verdict_id in (select verdict_id from casebook.verdict_evidence)
                    group by n.verdict_id
                )
                select k.verdict_id, e.* exclude (verdict_id)
                from kept as k join casebook.verdict_evidence as e on e.verdict_id = k.first_verdict
                union all
                select n.verdict_id, e.source, e.family, e.certainty, e.findings, e.places, e.volume, e.slip, e.weight,
                    e.amount
                from new_verdict as n
                join model.lead_evidence as e on e.lead_id = n.lead_id
                where n.verdict_id not in (select verdict_id from kept)
                order by all
                """
            )
            con.execute(
                """
                insert into casebook.judged_finding
                select distinct r.lead_id, f.finding_id
                from casebook.lead_register as r
                join model.finding as f on f.subject_type = r.subject_type and f.subject_id = r.subject_key
                join model.coverage as c on c.source = f.source
                where r.closed_on is null and f.outcome = 'hit' and c.status = 'live'
                    and r.lead_id in (select lead_id from new_verdict where is_closing)
                order by all
                """
            )
            con.execute(
                """
                insert into casebook.judged_finding
                select t.lead_id, 'tip:' || t.tip_id
                from model.lead_tip as t
                join casebook.lead_register as r on r.lead_id = t.lead_id
                where r.closed_on is null and t.is_open
                    and r.lead_id in (select lead_id from new_verdict where is_closing)
                order by all
                """
            )
            con.execute(
                """
                update casebook.lead_register as r set closed_on = v.day
                from (select lead_id, min(decided_on) as day from new_verdict where is_closing group by lead_id) as v
                where v.lead_id = r.lead_id and r.closed_on is null
                """
            )
            if has_leads:
                con.execute(f"insert into casebook.suspected_line by name {_text('suspected_line')}")
            if voided:
                _reopen(con, voided)
            witness()
    finally:
        con.unregister("new_verdict")
    return new.height


def _reopen(con: duckdb.DuckDBPyConnection, leads: Collection[str]) -> None:
    """What a voided verdict closed is open again, and what it dealt with is at issue; a later lead of the subject stays
    the open one."""
    con.execute(
        """
        create or replace temp table reopened as
        select distinct r.lead_id
        from casebook.lead_register as r
        where list_contains($leads, r.lead_id) and not exists (
            select 1 from casebook.current_verdict as v where v.lead_id = r.lead_id and v.is_closing
        )
        """,
        {"leads": list(leads)},
    )
    con.execute("delete from casebook.judged_finding where lead_id in (select lead_id from reopened)")
    con.execute(
        """
        update casebook.lead_register as r set closed_on = null
        where r.lead_id in (select lead_id from reopened) and not exists (
            select 1 from casebook.lead_register as o
            where o.subject_type = r.subject_type and o.subject_key = r.subject_key and o.closed_on is null
        )
        """
    )


def _text(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _typed(con: duckdb.DuckDBPyConnection, told: Told, pseudonyms: Pseudonyms | None) -> None:
    """`verdict_row`: the values, and `fault` where a text is none."""
    hidden = pseudonyms.sql('t."subject_id"') if pseudonyms else "cast(null as varchar)"
    more = (
        f", {words.plain('t.conclusion')} as conclusion_word, {words.plain('t.subject_type')} as subject_word,"
        f" {hidden} as hidden_id"
    )
    query = typed_texts.query(columns(), "told_frame", lambda name, _, __, reason: f"'{name}: ' || ({reason})", more)
    con.register("told_frame", told.rows)
    con.execute(f"create or replace temp table verdict_row as {query}")
    con.unregister("told_frame")


def registered(con: duckdb.DuckDBPyConnection, lead_id: str) -> pl.DataFrame:
    """The lead's row of the register with the verdict that stands on it; no row for a lead that never was."""
    query = (FOLDER / "registered.sql").read_text(encoding="utf-8")
    return frame(con, query.replace("event_number", events.order(con, "casebook.verdict")), {"lead": lead_id})


def listed(con: duckdb.DuckDBPyConnection, every: bool = False) -> pl.DataFrame:
    """The verdicts that stand, the last one imported first; `every` shows those too whose place a later one took."""
    query = (FOLDER / "verdict_list.sql").read_text(encoding="utf-8")
    return frame(con, query.replace("event_number", events.order(con, "casebook.verdict")), {"every": every})


def prepare(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Temporary tables of words: those of `words`, and source_name (the names a source goes by)."""
    words.prepare(con)
    con.register("word_frame", source_names(con, sources))
    con.execute("create or replace temp table source_name as select * from word_frame")
    con.unregister("word_frame")


def source_names(con: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> pl.DataFrame:
    """source, name: a source's id, official numbers (2025 edition) and official codes of rule base 1.0."""
    codes = dict(con.execute("select number, code from knowledge.official_rule where code is not null").fetchall())
    named = [(s.id, s.id) for s in sources]
    named += [(s.id, str(n)) for s in sources for n in s.card.official]
    named += [(s.id, codes[n]) for s in sources for n in s.card.official if n in codes]
    return pl.DataFrame(named, schema={"source": pl.String, "name": pl.String}, orient="row")
