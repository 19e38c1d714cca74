"""The casebook as it stood before a run: leads, their money, verdicts; for replay."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from data.warehouse import events
from data.warehouse.connection import frame, has
from models.casebook import lead_runs

REGISTER = """
    with ordered as (
        select run_id, min(event_number) as event_number,
            row_number() over (order by min(event_number), run_id) as place
        from run.run group by run_id
    ),
    this as (select place, event_number from ordered where run_id = $run)
    select r.lead_id, r.subject_type, r.subject_key, r.opened_run,
        case when r.last_run = $run then r.opened_run else r.last_run end as last_run,
        case when r.last_run = $run then r.previous_amount else r.last_amount end as last_amount,
        r.previous_amount, r.previous_lead_id,
        case when r.lead_id in (
            select v.lead_id from casebook.verdict as v where v.is_closing and v.event_number < this.event_number
        ) then r.closed_on end as closed_on,
        coalesce(l.place > this.place, false) as is_later
    from casebook.lead_register as r
    left join ordered as o on o.run_id = r.opened_run
    left join ordered as l on l.run_id = r.last_run
    cross join this
    where r.opened_run <> $run and coalesce(o.place < this.place, r.opened_run < $run)
    order by r.lead_id
"""


MEMBERS = f"""
    select m.* from casebook.group_membership as m join ({REGISTER}) as r on r.lead_id = m.lead_id
    order by m.lead_id, m.person_id
"""
VERDICTS = """
    select v.* from casebook.verdict as v
    where v.event_number < (select min(event_number) from run.run where run_id = $run) order by v.verdict_id
"""
JUDGED = f"""
    select j.* from casebook.judged_finding as j join ({REGISTER}) as r on r.lead_id = j.lead_id
    where r.closed_on is not null order by j.lead_id, j.finding_id
"""
EVIDENCE = f"""
    select e.* from casebook.verdict_evidence as e join ({VERDICTS}) as v on v.verdict_id = e.verdict_id
    order by e.verdict_id, e.source
"""
PROFILES = """
    select p.* from casebook.run_profile as p
    where p.place < (select min(place) from casebook.run_profile where run_id = $run) order by all
"""
SUPPRESSED = """
    select s.* from casebook.suppression as s
    where s.event_number < (select min(event_number) from run.run where run_id = $run) order by all
"""
SAME = """
    select s.* from casebook.same_subject as s
    where s.event_number < (select min(event_number) from run.run where run_id = $run) order by all
"""
#: What people wrote before a run was ranked, by the numbers of the events.
RUN_NUMBER = "(select number from casebook.ranked_run where run_id = $run)"
NUMBERED = {
    table: f"select t.* from casebook.{table} as t where t.number < {RUN_NUMBER} order by all"
    for table in ("ranked_run", "case_event", "outside_lead", "outside_event")
}
HISTORY = f"""
    select h.* from casebook.lead_history as h join casebook.ranked_run as r on r.run_id = h.run_id
    where r.number < {RUN_NUMBER} order by all
"""
APPEALED = {
    table: f"""
        select a.* from casebook.{table} as a join casebook.appeal as s on s.appeal_id = a.appeal_id
        where s.event_number < {RUN_NUMBER} order by all
    """
    for table in ("appeal", "appeal_line", "appeal_evidence")
}
ANSWERED = f"select e.* from casebook.appeal_event as e where e.event_number < {RUN_NUMBER} order by all"
QUERIES = {"lead_register": REGISTER, "group_membership": MEMBERS, "verdict": VERDICTS, "judged_finding": JUDGED}
QUERIES |= {"verdict_evidence": EVIDENCE, "run_profile": PROFILES, "suppression": SUPPRESSED, "same_subject": SAME}
QUERIES |= {**NUMBERED, "lead_history": HISTORY, **APPEALED, "appeal_event": ANSWERED}


@dataclass(frozen=True)
class Before:
    """The rows of each casebook table that were there before a run."""

    tables: dict[str, pl.DataFrame]
    last_number: int = 0  # of the events before the run, so that its own gets the same number again

    @property
    def notes(self) -> list[str]:
        """How far lead ids and statuses can be rebuilt."""
        register = self.tables["lead_register"]
        if not register.height:
            return []
        later = int(register["is_later"].sum())
        notes = [
            f"lead ids and statuses follow from the casebook: {register.height:,} leads and"
            f" {self.tables['verdict'].height:,} verdicts are older than this run and were taken from it as it"
            " stands today"
        ]
        if later:
            notes.append(
                f"{later:,} of these leads were ranked again by later runs, so their earlier amounts are no longer"
                " known: their statuses (grown, shrunk, persisting) and the lists that show them may differ"
            )
        return notes

    def put(self, con: duckdb.DuckDBPyConnection) -> None:
        """Write it into an empty casebook."""
        for name, rows in self.tables.items():
            con.register("earlier_rows", rows.drop("is_later", strict=False))
            con.execute(f"insert into casebook.{name} by name select * from earlier_rows")
            con.unregister("earlier_rows")
        if self.last_number:
            con.execute("insert or replace into run.event_counter values (1, $n)", {"n": self.last_number})


def before(con: duckdb.DuckDBPyConnection, run_id: str) -> Before:
    """The casebook before a run, as far as the casebook of today still says it."""
    tables = {
        name: frame(con, _ordered(con, query), {"run": run_id})
        for name, query in QUERIES.items()
        if has(con, f"casebook.{name}")  # opened for reading, a warehouse of an earlier version lacks the later ones
    }
    return Before(tables, (lead_runs.number(con, run_id) or 1) - 1)


def _ordered(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query; of a warehouse from before events had numbers, by their times."""
    if events.order(con, "run.run") == "event_number":
        return query
    by_table = query.replace("v.event_number", "v.imported_at").replace("s.event_number", "s.made_at")
    return by_table.replace("event_number", "started_at")
