"""The command `fundwatch runs`."""

from __future__ import annotations

from flows.commands.common import COMMON, Common, app


@app.command
def runs(*, common: Common = COMMON) -> None:
    """List the finished runs."""
    from data.errors import InUse
    from data.warehouse import events
    from data.warehouse.connection import open_warehouse
    from flows.publish import published

    home = common.settings().home
    names = ["run_id", "finished", "input", "folder"]
    try:
        with open_warehouse(home, read_only=True) as con:
            finished = con.execute(
                "select run_id, strftime(cast(finished_at at time zone 'UTC' as timestamp), '%Y-%m-%d %H:%M'), input"
                f" from run.run order by {events.order(con, 'run.run')} desc"
            ).fetchall()
        # a run's folder is where HOME is now, wherever it was when the run was made
        rows = [dict(zip(names, (*row, str(home.resolve() / "runs" / row[0])), strict=True)) for row in finished]
    except InUse:
        rows = published.runs(home)
    common.console.give(rows)
    common.console.table("", names, [tuple(row.values()) for row in rows], spare=["input"])
