"""The casebook as it stood before a run: which leads were open, with what money; for replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from data.warehouse import frame

REGISTER = """
    with ordered as (
        select run_id, row_number() over (order by min(started_at), run_id) as place from run.run group by run_id
    ),
    this as (select place from ordered where run_id = $run)
    select r.lead_id, r.subject_type, r.subject_key, r.opened_run,
        case when r.last_run = $run then r.opened_run else r.last_run end as last_run,
        case when r.last_run = $run then r.previous_amount else r.last_amount end as last_amount,
        r.previous_amount, r.previous_lead_id,
        case when r.closed_on < cast(strptime(left($run, 8), '%Y%m%d') as date) then r.closed_on end as closed_on,
        coalesce(l.place > this.place, false) as is_later
    from casebook.lead_register as r
    left join ordered as o on o.run_id = r.opened_run
    left join ordered as l on l.run_id = r.last_run
    cross join this
    where r.opened_run <> $run and coalesce(o.place < this.place, r.opened_run < $run)
    order by r.lead_id
"""


@dataclass(frozen=True)
class Before:
    """Leads that existed before a run, and the members of the groups among them."""

    register: pl.DataFrame
    members: pl.DataFrame

    @property
    def notes(self) -> list[str]:
        """How far lead ids and statuses can be rebuilt."""
        if not self.register.height:
            return []
        later = int(self.register["is_later"].sum())
        notes = [
            f"lead ids and statuses follow from the casebook: {self.register.height:,} leads were open before this"
            " run and were taken from it as it stands today"
        ]
        if later:
            notes.append(
                f"{later:,} of them were ranked again by later runs, so their earlier amounts are no longer known:"
                " their statuses (grown, shrunk, persisting) and the lists that show them may differ"
            )
        return notes

    def put(self, con: duckdb.DuckDBPyConnection) -> None:
        """Write it into an empty casebook."""
        con.register("earlier_lead", self.register.drop("is_later"))
        con.register("earlier_member", self.members)
        con.execute("insert into casebook.lead_register by name select * from earlier_lead")
        con.execute("insert into casebook.group_membership by name select * from earlier_member")
        con.unregister("earlier_lead")
        con.unregister("earlier_member")


def before(con: duckdb.DuckDBPyConnection, run_id: str) -> Before:
    """The casebook before a run, as far as the casebook of today still says it."""
    asked: dict[str, Any] = {"run": run_id}
    register = frame(con, REGISTER, asked)
    members = frame(
        con,
        f"select m.* from casebook.group_membership as m join ({REGISTER}) as r on r.lead_id = m.lead_id"
        " order by m.lead_id, m.person_id",
        asked,
    )
    return Before(register, members)
