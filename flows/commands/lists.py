"""Looking at results: watchlist, explain, runs, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app

if TYPE_CHECKING:
    import polars as pl

    from flows.home.settings import Settings

Top = Annotated[int, Parameter(converter=COUNT, help="How many leads.")]


@app.command
def watchlist(
    subject_type: Annotated[
        str, Parameter(help="institution, pharmacy, practitioner, person or group.")
    ] = "institution",
    *,
    top: Top = 20,
    domain: Annotated[str, Parameter(help="Only what belongs to one domain, such as oncology.")] = "",
    language: Annotated[str | None, Parameter(help="Language of the reasons: en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Print the top of one watchlist of the last run."""
    from data.errors import InUse, UsageError, like
    from data.warehouse.connection import open_warehouse
    from flows.publish import kept, published
    from flows.publish.watchlists import SUBJECT_TYPES, watchlist

    if subject_type not in SUBJECT_TYPES:
        near = like(subject_type, SUBJECT_TYPES)
        raise UsageError(f"There is no list of '{subject_type}'.{near} Use {', '.join(SUBJECT_TYPES)}.")
    settings = common.settings(language=language)
    if domain:
        _of_domain(settings, subject_type, domain, top, common)
        return
    try:
        with open_warehouse(settings.home, read_only=True) as con:
            last = _last_run(con)
            rows = watchlist(con, subject_type, last, language=settings.language, top=top)
    except InUse:
        folder = published.last(settings.home)
        with kept.of_run(settings.home, folder.name) as con:
            words = kept.words(con, settings.language)
        last, rows = folder.name, published.watchlist(folder, subject_type, top, words)
        common.as_published(last, is_worded=words is not None)
    common.console.give(rows.to_dicts())
    shown = ["rank", "lead_id", "subject_id", "subject_name", "tier", "score", "amount_at_risk", "status", "reasons"]
    spare = ["status", "tier", "score", "subject_name"]
    common.console.table(f"{subject_type}, run {last}", shown, rows.select(shown).rows(), spare)


def _of_domain(settings: Settings, subject_type: str, domain: str, top: int, common: Common) -> None:
    """One list of a domain, with the domain's money and the place in the whole list."""
    from data.warehouse.connection import open_warehouse
    from flows.publish import domain as packs

    with open_warehouse(settings.home, read_only=True) as con:
        asked = packs.asked(con, domain)
        last = packs.last_run(con)
        rows = packs.one_list(con, asked, subject_type, last, settings.language, top)
    common.console.give(rows.to_dicts())
    shown = ["rank", "lead_id", "subject_id", "subject_name", "tier", "overall_rank", "amount_at_risk", "findings"]
    title = f"{subject_type}, {asked.named(settings.language)}, run {last}"
    common.console.table(title, [*shown, "rules"], rows.select(*shown, "rules").rows(), ["rules", "tier"])


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
            lead = leads.listed(con, lead_id, _last_run(con, needed=False), settings.language)
            known = leads.registered(con, lead_id)
            sources = steps.sources(settings)
            if lead is None:
                past = history.one(con, sources, settings.language, lead_id)
                _registered(known, lead_id, past, history.lines(past, settings.language), common)
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
    verdict = known if known is not None and known["conclusion"] is not None else None
    answer = {**lead, "verdict": verdict, "parts": dict(parts), "places": places.to_dicts(), "gathering": gathering}
    common.console.give({**answer, "evidence": findings.to_dicts(), "history": before})
    _about(lead, common)
    _verdict(verdict, common)
    if parts:
        common.console.say(f"score {lead['score']} = {' + '.join(f'{points} {part}' for part, points in parts)}")
    told = [*people.told(places, gathering, settings.language), *history.lines(before, settings.language)]
    for line in [*told, *legal.limitation(findings, settings.language)]:
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
        told = ", ".join(str(detail) for detail in details if detail)
        common.console.say(f"Verdict of {known['decided_on']}: {known['conclusion']} ({told}), from {known['file']}.")


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
            found = con.execute(
                "select run_id, strftime(cast(finished_at at time zone 'UTC' as timestamp), '%Y-%m-%d %H:%M'), input"
                f" from run.run order by {events.order(con, 'run.run')} desc"
            ).fetchall()
        # a run's folder is where HOME is now, wherever it was when the run was made
        rows = [dict(zip(names, (*row, str(home.resolve() / "runs" / row[0])), strict=True)) for row in found]
    except InUse:
        rows = published.runs(home)
    common.console.give(rows)
    common.console.table("", names, [tuple(row.values()) for row in rows], spare=["input"])


@app.command
def doctor(
    input: Annotated[Path | None, Parameter(help="A delivery to look at before it is loaded.")] = None,
    *,
    full: Annotated[
        bool, Parameter(negative=(), help="Look at every row of the delivery and not only at the first ones.")
    ] = False,
    html: Annotated[Path | None, Parameter(help="Write it as one page too, for those who make the export.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Look at this installation, at HOME, and at a delivery: every fault in one pass, and what would be off."""
    from data.errors import UsageError
    from flows import doctor
    from flows.home.settings import Settings, home_of

    try:
        settings, faults = common.settings(input=input, language=language), []
    except UsageError as error:  # what else there is to say is said with the settings that ship
        settings, faults = Settings(home=home_of(common.home), input=input), [("settings", "bad", str(error))]
    report = [*faults, *doctor.look(settings, full)]
    if html is not None:
        from flows.publish.safe import whole

        page = doctor.page(report, settings)
        whole(html, lambda aside: aside.write_text(page, encoding="utf-8"))
    common.console.give([{"what": w, "state": s, "said": t} for w, s, t in report])
    common.console.table("", ["what", "state", "said"], report)
    if any(state == "bad" for _, state, _ in report):
        from data.errors import CheckStopped

        raise CheckStopped("Something is wrong; see the lines marked 'bad'.")


def _last_run(con, needed: bool = True) -> str:  # type: ignore[no-untyped-def]
    from data.errors import UsageError
    from data.warehouse import events

    order = events.order(con, "run.run")
    rows = con.execute(f"select run_id from run.run order by {order} desc, run_id desc limit 1").fetchall()
    if not rows and needed:
        raise UsageError("No run is finished yet. Run `fundwatch run INPUT` first.")
    return str(rows[0][0]) if rows else ""
