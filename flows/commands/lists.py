"""Looking at results: watchlist, explain, runs, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, app

Top = Annotated[int, Parameter(converter=COUNT, help="How many leads.")]


@app.command
def watchlist(
    subject_type: Annotated[
        str, Parameter(help="institution, pharmacy, practitioner, person or group.")
    ] = "institution",
    *,
    top: Top = 20,
    language: Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Print the top of one watchlist of the last run."""
    from data.errors import UsageError
    from data.warehouse import open_warehouse
    from flows.exports.watchlists import SUBJECT_TYPES, watchlist

    if subject_type not in SUBJECT_TYPES:
        raise UsageError(f"There is no list of '{subject_type}'. Use {', '.join(SUBJECT_TYPES)}.")
    settings = common.settings(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        last = _last_run(con)
        rows = watchlist(con, subject_type, last, language=settings.language, top=top)
    common.console.give(rows.to_dicts())
    shown = ["rank", "lead_id", "subject_id", "subject_name", "tier", "score", "amount_at_risk", "status", "reasons"]
    common.console.table(f"{subject_type}, run {last}", shown, rows.select(shown).rows())


@app.command
def explain(
    lead_id: Annotated[str, Parameter(help="The lead's id from a watchlist.")],
    *,
    lines: Annotated[int, Parameter(converter=COUNT, help="How many findings of each rule to show.")] = 5,
    language: Annotated[str | None, Parameter(help="en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Say why a lead is on the list: its money, its rules with their clauses, its findings in words."""
    from data.errors import UsageError
    from data.warehouse import open_warehouse
    from flows import steps
    from flows.exports import evidence

    settings = common.settings(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        found = con.execute("select * from model.lead where lead_id = $id", {"id": lead_id})
        names = [d[0] for d in found.description or []]
        rows = found.fetchall()
        if not rows:
            raise UsageError(f"There is no lead {lead_id} in the last run. See `fundwatch watchlist`.")
        lead = dict(zip(names, rows[0], strict=True))
        findings = evidence.evidence(
            con, steps.sources(settings), "l.lead_id = $id", {"id": lead_id}, settings.language
        )
        parts = con.execute(
            "select part, points from model.lead_part where lead_id = $id order by points desc, part", {"id": lead_id}
        ).fetchall()
    common.console.give({**lead, "parts": dict(parts), "evidence": findings.to_dicts()})
    common.console.say(
        f"{lead['lead_id']}: {lead['subject_type']} {lead['subject_id']}, tier {lead['tier']}, score {lead['score']},"
        f" rank {lead['rank']} ({lead['rank_low']}-{lead['rank_high']}), {lead['status']}"
    )
    common.console.say(
        f"{lead['amount_at_risk']:,} yuan at risk ({lead['fund_at_risk']:,} of the funds),"
        f" {lead['findings']} findings, {lead['first_on']} to {lead['last_on']}"
    )
    common.console.say(f"score {lead['score']} = {' + '.join(f'{points} {part}' for part, points in parts)}")
    for (source, title, clause), part in findings.group_by("source", "title", "clause", maintain_order=True):
        common.console.say(f"\n{title} [{source}], {part.height} findings, {part['amount'].sum():,} yuan\n  {clause}")
        for sentence in part["explanation"].head(lines):
            common.console.say(f"  - {sentence}")
        if part.height > lines:
            common.console.say(f"  and {part.height - lines} more in evidence.csv")


@app.command
def runs(*, common: Common = COMMON) -> None:
    """List the finished runs."""
    from data.warehouse import open_warehouse

    with open_warehouse(common.settings().home, read_only=True) as con:
        rows = con.sql(
            "select run_id, strftime(finished_at, '%Y-%m-%d %H:%M'), input, folder from run.run"
            " order by finished_at desc"
        ).fetchall()
    names = ["run_id", "finished", "input", "folder"]
    common.console.give([dict(zip(names, row, strict=True)) for row in rows])
    common.console.table("", names, rows)


@app.command
def doctor(
    input: Annotated[Path | None, Parameter(help="A delivery to look at before it is loaded.")] = None,
    *,
    common: Common = COMMON,
) -> None:
    """Look at this installation, at HOME, and at a delivery: what is there and what would be off."""
    from data.errors import UsageError
    from flows import checkup
    from flows.settings import Settings, home_of

    try:
        settings, faults = common.settings(input=input), []
    except UsageError as error:  # what else there is to say is said with the settings that ship
        settings, faults = Settings(home=home_of(common.home), input=input), [("settings", "bad", str(error))]
    report = [*faults, *checkup.look(settings)]
    common.console.give([{"what": w, "state": s, "said": t} for w, s, t in report])
    common.console.table("", ["what", "state", "said"], report)
    if any(state == "bad" for _, state, _ in report):
        from data.errors import CheckStopped

        raise CheckStopped("Something is wrong; see the lines marked 'bad'.")


def _last_run(con) -> str:  # type: ignore[no-untyped-def]
    from data.errors import UsageError

    rows = con.sql("select run_id from run.run order by finished_at desc, run_id desc limit 1").fetchall()
    if not rows:
        raise UsageError("No run is finished yet. Run `fundwatch run INPUT` first.")
    return str(rows[0][0])
