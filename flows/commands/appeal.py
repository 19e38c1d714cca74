"""appeal: doubtful lines go to an institution, its answers come back, a review decides, a form is signed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app
from flows.handed_in import today, witness, writing

appeal = App(name="appeal", help="The appeal round trip: lines to institutions, their answers, the signed form.")
app.command(appeal)
SHOWN = 50
Day = Annotated[str, Parameter(help="The day it is done, as 2026-03-01; default today.")]


@appeal.command
def export(
    folder: Annotated[Path, Parameter(help="Folder to write one workbook an institution into.")],
    institution: Annotated[
        list[str] | None, Parameter(help="Codes of institutions; default all with open leads.")
    ] = None,
    *,
    step: Annotated[str, Parameter(help="answer: what was never sent; review or second_review: what was appealed.")] = (
        "answer"
    ),
    top: Annotated[int | None, Parameter(converter=COUNT, help="Only so many institutions, most yuan first.")] = None,
    yes: Annotated[bool, Parameter(negative=(), help="Send them; without it nothing is written.")] = False,
    on: Day = "",
    common: Common = COMMON,
) -> None:
    """Write, for each institution, the lines open leads rest on, each yuan once, with columns for its answer.

    A line is sent once. The workbook has the five official columns (问题类别, 问题类型, 项目名称, 项目类别, 违规说明),
    the lead and a key of the line, the file numbers of the visit, and what is at issue; persons are not named in it,
    and what is found of persons and groups is not sent. With --step review it holds what the institution appealed,
    for the bureau to fill in its review.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import audit_log, lock
    from flows.publish import appeal_sheets
    from models.casebook import appeals

    if step not in ("answer", "review", "second_review"):
        raise UsageError(f"--step is '{step}'; use answer, review or second_review.")
    settings, day = common.settled(), today(on)
    sources = steps.sources(settings)
    titles = {s.id: s.card.title_zh for s in sources}
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        if step != "answer":
            _export_review(common, con, settings, folder, institution, step, yes)
            return
        appeals.unsent(con)
        chosen = appeal_sheets.institutions(con)
        unknown = sorted(set(institution or ()) - set(chosen["institution_id"]))
        if unknown:
            raise UsageError(f"Nothing is left to send to {', '.join(unknown)}. See `fundwatch appeal list`.")
        chosen = chosen.filter(chosen["institution_id"].is_in(institution)) if institution else chosen
        chosen = chosen if top is None else chosen.head(top)
        common.console.give({"written": yes, "institutions": chosen.to_dicts()})
        common.console.table("", ["institution_id", "institution_name", "lines", "amount"], chosen.rows())
        if not yes or not chosen.height:
            common.console.say(
                f"{chosen.height:,} institutions, {chosen['lines'].sum():,} lines. Say --yes to write and keep them."
            )
            return
        # an id says the day and not the order of its runs; without a number a warehouse from before is left with it
        run = con.execute(
            "select coalesce((select max_by(run_id, number) from casebook.ranked_run), max(last_run))"
            " from casebook.lead_register"
        ).fetchall()[0][0]
        appeal_sheets.describe(con, sources, chosen["institution_id"].to_list())
        for code in chosen["institution_id"]:
            lines = appeal_sheets.rows(con, code, day)
            name = f"{_plain(code)}_{day}.xlsx"
            event = {"files": {name: lines.height}, "to": str(folder.resolve()), "yuan": str(lines["amount"].sum())}
            with writing(folder):
                appeal_sheets.write(lines, folder / name, titles)
            # the file first: a list that is kept and was never written could not be answered
            appeals.send(con, lines, day, run, partial(audit_log.record, settings.home, "appeal", run, event, con))
    common.console.say(
        f"{chosen.height:,} workbooks in {folder}. Their answers come back with `fundwatch appeal import FILE`."
    )


def _export_review(
    common: Common, con: Any, settings: Any, folder: Path, institution: list[str] | None, step: str, yes: bool
) -> None:
    from data.errors import UsageError
    from flows.home import audit_log
    from flows.publish import appeal_sheets

    found = con.execute(
        "select distinct institution_id from casebook.appeal_standing where state = 'appealing'"
        " and (step = 'second_answer') = ($step = 'second_review') order by 1",
        {"step": step},
    ).fetchall()
    codes = [code for (code,) in found if not institution or code in institution]
    if not codes:
        raise UsageError(f"Nothing waits for a {step.replace('_', ' ')}. See `fundwatch appeal list`.")
    common.console.give({"written": yes, "institutions": codes})
    if not yes:
        common.console.say(f"{len(codes):,} institutions wait. Say --yes to write their lists.")
        return
    for code in codes:
        name = f"{_plain(code)}_{step}.xlsx"
        audit_log.record(settings.home, "appeal", None, {"files": [name], "to": str(folder.resolve())})
        with writing(folder):
            appeal_sheets.write_review(con, code, step, folder / name)
    common.console.say(
        f"{len(codes):,} workbooks in {folder}. Fill in the reviews, then `fundwatch appeal import FILE`."
    )


@appeal.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="The workbook as it came back, or a CSV with its columns.")],
    *,
    step: Annotated[
        str, Parameter(help="Of rows without 环节: answer, review, second_answer, second_review, paid or void.")
    ] = "answer",
    hand: Annotated[str, Parameter(help="Who took it in (经手人), of rows that name nobody.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Append them; without it nothing is written.")] = False,
    on: Day = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Show what a file of answers or reviews would do, and with --yes append it.

    Of every row accepted + explained + cut must equal what was sent, to the fen; so must the funds' parts. One word is
    enough where all is accepted (认可) or explained (申诉). A row that does not add up is refused, the others stand.
    What was imported before is passed over; another answer of the same step takes the place of the earlier.
    """
    from data.errors import InputRefused, UsageError
    from data.warehouse.connection import open_warehouse
    from flows.home import lock
    from models.casebook import appeals

    if step not in appeals.STEPS:
        raise UsageError(f"--step is '{step}'; use {', '.join(appeals.STEPS)}.")
    settings, day = common.settled(language=language), today(on)
    answers = appeals.read(file)
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        planned = appeals.plan(con, answers, step, day, hand.strip())
        counts = planned.counts
        logged = {k: v if isinstance(v, int) else str(v) for k, v in counts.items()}
        written = appeals.append(con, planned, witness(con, settings.home, "appeal", file, logged)) if yes else 0
    new, refused = planned.of("new"), planned.of("refused")
    common.console.give(
        {"file": planned.name, "written": written, "is_dry_run": not yes, **counts,
         "refused_rows": refused.select("row_number", "why").to_dicts(), "ignored_columns": list(planned.ignored)}
    )  # fmt: skip
    names = "row_number lead_id step on_day sent_amount accepted_amount explained_amount cut_amount".split()
    common.console.table(f"{planned.name}: answers to take in", names, new.select(names).head(SHOWN).rows())
    if new.height > SHOWN:
        common.console.say(f"and {new.height - SHOWN:,} more")
    if refused.height:
        common.console.table("refused", ["data row", "reason"], refused.select("row_number", "why").rows())
    common.console.say(
        f"{counts['new']:,} new answers: of {counts['sent_amount']:,} yuan sent {counts['accepted_amount']:,} accepted,"
        f" {counts['explained_amount']:,} explained, {counts['cut_amount']:,} cut; {counts['known']:,} rows were known,"
        f" {counts['blank']:,} not filled in, {counts['refused']:,} refused."
    )
    if yes:
        common.console.say(f"{written:,} answers appended. The next run ranks with them.")
    elif counts["new"]:
        common.console.say("Nothing was written. Say --yes to append them.")
    if refused.height and refused.height == planned.rows.height:
        raise InputRefused(f"No row of {planned.name} could be read as an answer; the reasons are above.")


@appeal.command(name="list")
def list_(
    institution: Annotated[str, Parameter(help="Only this institution, line by line.")] = "",
    *,
    by: Annotated[str, Parameter(help="Instead, the share of appeals upheld by rule or institution.")] = "",
    state: Annotated[str, Parameter(help="Only waiting, appealing, won, stands, paid or void.")] = "",
    overdue: Annotated[bool, Parameter(negative=(), help="Only what is past its day.")] = False,
    on: Day = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """What was sent and how it stands on a day: state, whose turn it is, and what is past its day."""
    import polars as pl

    from data.errors import UsageError
    from data.warehouse.connection import has, open_warehouse
    from models.casebook import appeals

    if state and state not in appeals.STATES:
        raise UsageError(f"--state is '{state}'; use {', '.join(appeals.STATES)}.")
    if by not in ("", "rule", "institution"):
        raise UsageError(f"--by is '{by}'; use rule or institution.")
    settings, day = common.settled(language=language), today(on)
    with open_warehouse(settings.home, read_only=True) as con:
        if not has(con, "casebook.appeal_standing"):
            raise UsageError("Nothing was sent from this HOME yet. See `fundwatch appeal export --help`.")
        lines = appeals.standing(con, day)
    lines = lines.filter(
        *[pl.col("institution_id") == institution] * bool(institution),
        *[pl.col("state") == state] * bool(state),
        *[pl.col("is_overdue")] * overdue,
    )
    if by:
        shown = appeals.upheld(lines, ["source" if by == "rule" else "institution_id"])
    elif institution:
        shown = lines.select(
            "appeal_id", "line_key", "lead_id", "source", "state", "due_on", "is_overdue", "sent_amount",
            "accepted_amount", "explained_amount", "cut_amount", "paid_amount",
        )  # fmt: skip
    else:
        keys = ("institution_id", "institution_name", "sent_on", "state", "turn", "due_on", "is_overdue")
        money = ("sent_amount", "accepted_amount", "explained_amount", "cut_amount", "paid_amount")
        shown = lines.group_by(keys, maintain_order=True).agg(*[pl.col(m).sum() for m in money], lines=pl.len())
        shown = shown.sort("due_on", *keys[:4], nulls_last=True)
    common.console.give(shown.to_dicts())
    common.console.table("", shown.columns, shown.rows(), ("institution_name", "turn", "line_key"), "appeal")
    yuan, late = lines["sent_amount"].sum(), int(lines["is_overdue"].sum())
    common.console.say(f"{lines.height:,} lines, {yuan:,} yuan; {late:,} lines are past their day on {day}.")


@appeal.command
def form(
    institution: Annotated[str, Parameter(help="The institution's code.")],
    file: Annotated[Path, Parameter(help="Where to write it: .html for A4, or .xlsx.")],
    *,
    on: Day = "",
    common: Common = COMMON,
) -> None:
    """Write the form both sides sign (签字反馈表): problem, item, what was sent, cut and left, and the ground."""
    from data.errors import UsageError
    from data.warehouse.connection import has, open_warehouse
    from flows.home import audit_log
    from flows.publish import appeal_sheets

    if file.suffix.lower() not in (".html", ".xlsx"):
        raise UsageError(f"{file.name} is neither .html nor .xlsx. Name the form as one of them.")
    settings, day = common.settled(), today(on)
    with open_warehouse(settings.home, read_only=True) as con:
        head, found = appeal_sheets.form(con, institution, day) if has(con, "casebook.appeal_standing") else ({}, None)
    if found is None or not found.height:
        raise UsageError(f"Nothing was sent to {institution}. See `fundwatch appeal export --help`.")
    logged = {"files": {file.name: found.height}, "to": str(file.resolve())}
    with writing(file.parent):
        audit_log.record(settings.home, "appeal", None, logged)
        if file.suffix.lower() == ".html":
            appeal_sheets.write_form(head, found, file)
        else:
            appeal_sheets.write_form_sheet(found, file)
    common.console.give({"file": str(file), "rows": found.height})
    common.console.say(f"{found.height:,} rows in {file}.")


def _plain(code: str) -> str:
    """A code as part of a file name: a delivered name is never a path."""
    return "".join(letter if letter.isalnum() else "_" for letter in code)
