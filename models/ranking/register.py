"""Leads are written, and the register remembers them across runs."""

from __future__ import annotations

import duckdb
import polars as pl

from models.casebook import lead_runs


def store(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame, run_id: str) -> None:
    """Replace model.lead with these leads; their status says what changed since the run before."""
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
            l.prior_confirmed, false as is_control_arm, l.rules, l.reasons, l.reasons_zh, p.peer_group, m.members,
            l.institution_id, l.tips, l.top_chance, l.indicator_amount
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
    lead_runs.keep(con, run_id)


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
