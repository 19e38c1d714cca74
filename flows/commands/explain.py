"""The command `fundwatch explain`: why a lead is on a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, app

if TYPE_CHECKING:
    import polars as pl

    from flows.home.settings import Settings


@app.command
def explain(
    lead_id: Annotated[str, Parameter(help="The lead's id from a watchlist.")],
    *,
    lines: Annotated[int, Parameter(converter=COUNT, help="How many findings of each rule to show.")] = 5,
    language: Annotated[str | None, Parameter(help="en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Say why a lead is on the list: its money, its rules with their clauses, its findings in words."""
    from data.errors import InUse
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.publish import history, leads, legal, people

    settings = common.settings(language=language)
    try:
        with open_warehouse(settings.home, read_only=True) as con:
            lead = leads.listed(con, lead_id, history.last_run(con, needed=False), settings.language)
            registered = leads.registered(con, lead_id)
            sources = steps.sources(settings)
            if lead is None:
                past = history.one(con, sources, settings.language, lead_id)
                _registered(registered, lead_id, past, history.lines(past, settings.language), common)
                return
            findings = leads.findings(con, sources, lead_id, settings.language, lead["run_id"])
            before = history.one(con, sources, settings.language, lead_id)
            members = people.members(con, "l.lead_id = $id", {"id": lead_id})
            parts = leads.parts(con, lead_id)
    except InUse:
        _as_published(settings, lead_id, lines, common)
        return
    places = people.places(findings)
    gathering = people.gathering(members, people.visits(members, findings)) if members.height else None
    verdict = registered if registered is not None and registered["conclusion"] is not None else None
    answer = {**lead, "verdict": verdict, "parts": dict(parts), "places": places.to_dicts(), "gathering": gathering}
    common.console.give({**answer, "evidence": findings.to_dicts(), "history": before})
    _about(lead, common)
    _verdict(verdict, common)
    if parts:
        common.console.say(f"score {lead['score']} = {' + '.join(f'{points} {part}' for part, points in parts)}")
    about_lines = [*people.told(places, gathering, settings.language), *history.lines(before, settings.language)]
    for line in [*about_lines, *legal.limitation(findings, settings.language)]:
        common.console.say(line)
    _reasons(findings, lines, settings.home.resolve() / "runs" / lead["run_id"] / "leads" / lead_id, common)


def _about(lead: dict[str, Any], common: Common) -> None:
    name = f" {lead['subject_name']}" if lead["subject_name"] else ""
    common.console.say(
        f"{lead['lead_id']}: {lead['subject_type']} {lead['subject_id']}{name}, tier {lead['tier']},"
        f" score {lead['score']}, rank {lead['rank']} ({lead['rank_low']}-{lead['rank_high']}), {lead['status']}"
    )
    common.console.say(
        f"{lead['amount_at_risk']:,} yuan at risk ({lead['fund_at_risk']:,} of the funds),"
        f" {lead['findings']} findings, {lead['first_on']} to {lead['last_on']}"
    )


def _reasons(findings: pl.DataFrame, lines: int, folder: Path, common: Common) -> None:
    """Rule by rule, the largest amount first; where the rest stands, there is a file, or an option that shows it."""
    from flows.publish import leads

    for (source, title, clause), part in leads.by_rule(findings):
        common.console.say(f"\n{title} [{source}], {part.height} findings, {part['amount'].sum():,} yuan\n  {clause}")
        for sentence in part["explanation"].head(lines):
            common.console.say(f"  - {sentence}")
        if part.height > lines:
            path = folder / "evidence.csv"
            where = f"in {path}" if path.exists() else f"with --lines {part.height}"
            common.console.say(f"  and {part.height - lines} more {where}")


def _registered(
    known: dict[str, Any] | None, lead_id: str, past: dict[str, Any], lines: list[str], common: Common
) -> None:
    """A lead that is on no list now, judged or no longer found: how it stood before, the cases that hold it."""
    from data.errors import UsageError

    if known is None:
        raise UsageError(f"No run ever opened a lead {lead_id}. See `fundwatch watchlist`.")
    common.console.give({**known, "history": past})
    about = f"{lead_id}: {known['subject_type']} {known['subject_id']}, opened by run {known['opened_run']}"
    if known["closed_on"] is None:
        common.console.say(
            f"{about}, last found by run {known['last_run']}; the last ranking does not find it any more."
        )
    else:
        common.console.say(f"{about}, last listed by run {known['last_run']}, closed on {known['closed_on']}.")
    _verdict(known, common)
    if known["reopened_as"] is not None:
        common.console.say(f"New evidence since then is lead {known['reopened_as']}.")
    for line in lines:
        common.console.say(line)


def _verdict(known: dict[str, Any] | None, common: Common) -> None:
    """The verdict that stands on a lead, if any."""
    if known is not None and known["conclusion"] is not None:
        yuan = [
            f"{known[column]:,} yuan {word}"
            for column, word in (("confirmed_amount", "confirmed"), ("recovered_amount", "recovered"))
            if known[column] is not None
        ]
        details = [known["conclusion_said"], *yuan, known["reason"], known["case_no"] and f"case {known['case_no']}"]
        detail_text = ", ".join(str(detail) for detail in details if detail)
        common.console.say(
            f"Verdict of {known['decided_on']}: {known['conclusion']} ({detail_text}), from {known['file']}."
        )


def _as_published(settings: Settings, lead_id: str, lines: int, common: Common) -> None:
    """While a run holds the warehouse: what the last run wrote of the lead, in the language asked for."""
    from data.errors import UsageError
    from flows import steps
    from flows.publish import kept, published

    folder = published.last(settings.home)
    with kept.of_run(settings.home, folder.name) as con:
        words = kept.words(con, settings.language)
        lead = published.lead(folder, lead_id, words)
        if lead is None:
            raise UsageError(f"Run {folder.name} lists no lead {lead_id}; the warehouse is in use, so ask again later.")
        if words is None:
            findings = published.evidence(folder, lead_id)
        else:
            findings = published.findings(con, steps.sources(settings), folder, lead, settings.language)
    common.as_published(folder.name, is_worded=words is not None)
    common.console.give({**lead, "evidence": [] if findings is None else findings.to_dicts()})
    _about(lead, common)
    if findings is None:
        common.console.say(f"{lead['reasons']}\nIts findings one by one are shown when the warehouse is free.")
    else:
        _reasons(findings, lines, folder / "leads" / lead_id, common)
