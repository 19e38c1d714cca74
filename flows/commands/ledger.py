"""ledger: every problem of every origin and its steps; problems come in; a finished inspection lines up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app
from flows.handed_in import optional_day, today, witness, writing

ledger = App(name="ledger", help="The ledger of problems, from suspected to recovered, of every origin.")
app.command(ledger)
SHOWN = 50
WAYS = (
    "total origin rule detector nature month institution hand kind township item recurrence precision per_day entries"
).split()
Day = Annotated[str, Parameter(help="The day it is done, as 2026-03-01; default today.")]
Since = Annotated[str, Parameter(name="--from", help="Only what happened from this day on, as 2026-01-01.")]
Until = Annotated[str, Parameter(name="--to", help="Only what happened up to this day.")]


@ledger.default
def show(
    *,
    by: Annotated[str, Parameter(help=f"How to sum it: {', '.join(WAYS)}.")] = "origin",
    csv: Annotated[Path | None, Parameter(help="Write the table to this CSV.")] = None,
    xlsx: Annotated[Path | None, Parameter(help="Write every table as a sheet of this workbook.")] = None,
    since: Since = "",
    until: Until = "",
    on: Day = "",
    labels: Annotated[str | None, Parameter(help="Column labels of the CSV: names or zh.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Print the ledger: yuan suspected, confirmed, agreed, recovered, fined and transferred, which are never added up.

    Verdicts, appeals, inspections as delivered and problems of other origins stand in it once each. Every table sums
    the same entries, so all of them come to the same totals. Suspected counts each yuan of the leads once.
    """
    from data.errors import UsageError
    from data.warehouse.connection import has, open_warehouse
    from flows import steps
    from flows.home import audit_log
    from flows.publish import ledger_sheets
    from flows.publish.safe import write_csv
    from models.casebook import ledger as book

    if by not in WAYS:
        raise UsageError(f"--by is '{by}'; use one of {', '.join(WAYS)}.")
    settings = common.settled(labels=labels, language=language)
    first, last, now = optional_day(since, "--from"), optional_day(until, "--to"), today(on)
    sources = steps.sources(settings)
    overlay = settings.home / "knowledge"
    with open_warehouse(settings.home, read_only=True) as con:
        is_of_now = has(con, "casebook.ledger_problem") and has(con, "casebook.verdict", "agreed_amount")
    # a HOME of an earlier version gets its new tables once, and is then only read
    with open_warehouse(settings.home, memory_limit=settings.memory_limit, read_only=is_of_now) as con:
        book.make(con, sources, first, last)
        ways = WAYS if xlsx else [by]
        frames = {
            way: ledger_sheets.table(con, way, sources, now, overlay if overlay.is_dir() else None) for way in ways
        }
    rows = ledger_sheets.summed(frames[by], by)
    written = {path.name: rows.height for path in (csv, xlsx) if path is not None}
    if written:
        to = [str(path.resolve()) for path in (csv, xlsx) if path is not None]
        audit_log.record(settings.home, "ledger", None, {"files": written, "to": to})
    if csv is not None:
        with writing(csv):
            csv.parent.mkdir(parents=True, exist_ok=True)
            shown = ledger_sheets.shown_as(rows, settings.labels)
            ids = [c for c in shown.columns if c in ("institution_id", "定点医药机构编号", "township", "辖区代码")]
            write_csv(shown, csv, ids=ids)
    if xlsx is not None:
        with writing(xlsx):
            ledger_sheets.write(frames, xlsx, "zh" if "zh" in (settings.language, settings.labels) else "en")
    common.console.give(frames[by].to_dicts())
    spare = ("title", "title_zh", "suspected_fund", "confirmed_fund", "transfers", "institution_name", "entries")
    names = [c for c in rows.columns if c != ("title" if settings.language == "zh" else "title_zh")]
    worded = ledger_sheets.keyed(rows) if settings.language == "zh" else rows
    common.console.table("", names, worded.select(names).head(SHOWN).rows(), spare, "ledger")
    if rows.height > SHOWN:
        common.console.say(f"and {rows.height - SHOWN:,} more; --csv FILE has them all")
    if by in book.WAYS:
        common.console.say("The columns are steps of the same money: they are never added up.")
    for path in (csv, xlsx):
        if path is not None:
            common.console.say(f"{path} written.")


@ledger.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="Problems as CSV or xlsx.")],
    *,
    origin: Annotated[str, Parameter(help="Of rows that name none: 飞检, 信访, 案件, 巡察, 审计, 自查, 其他.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Append them; without it nothing is written.")] = False,
    on: Day = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Show what a file of problems found otherwise would do, and with --yes take it into the ledger.

    A row names the institution (机构编码) and the problem (问题编号, 问题类型, 问题描述), and what is known of its
    amounts: 涉及金额, 违规金额, 认可金额, 追回金额, 罚款金额, 移送金额. The same row twice counts once; the same
    问题编号 with other figures is a correction, and 状态 作废 takes it back.
    """
    from data.errors import InputRefused
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import lock
    from models.casebook import ledger as book

    settings, now = common.settled(language=language), today(on)
    problems = book.read(file)
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        planned = book.plan(con, problems, steps.sources(settings), now, origin.strip())
        counts = {state: planned.of(state).height for state in ("new", "known", "refused")}
        counts["corrections"] = int(planned.of("new")["is_correction"].sum())
        written = book.append(con, planned, witness(con, settings.home, "ledger", file, counts)) if yes else 0
    refused = planned.of("refused")
    common.console.give(
        {"file": planned.name, "written": written, "is_dry_run": not yes, **counts,
         "refused_rows": refused.select("row_number", "why").to_dicts(), "ignored_columns": list(planned.ignored)}
    )  # fmt: skip
    if refused.height:
        common.console.table("refused", ["data row", "reason"], refused.select("row_number", "why").rows())
    if planned.ignored:
        common.console.say(f"Columns without a meaning here: {', '.join(planned.ignored)}.")
    common.console.say(
        f"{counts['new']:,} new problems, {counts['corrections']:,} of them corrections; {counts['known']:,} rows were"
        f" known, {counts['refused']:,} refused."
    )
    if yes:
        common.console.say(f"{written:,} problems taken into the ledger.")
    elif counts["new"]:
        common.console.say("Nothing was written. Say --yes to take them in.")
    if refused.height and refused.height == planned.rows.height:
        raise InputRefused(f"No row of {planned.name} could be read as a problem; the reasons are above.")


@ledger.command
def lineup(
    file: Annotated[Path, Parameter(help="The result of a finished inspection, by 住院号.")],
    out: Annotated[Path | None, Parameter(help="Folder to write lineup.xlsx and missed.csv into.")] = None,
    *,
    origin: Annotated[str, Parameter(help="Origin of what is written to missed.csv.")] = "飞检",
    since: Since = "",
    until: Until = "",
    on: Day = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Hold a finished inspection against our own findings, visit by visit and nature by nature.

    matched, amount_differs and class_differs (in part), only_theirs, only_ours, unknown_number; and of each nature how
    much of what they found we had. What only they found is written to missed.csv with why we were silent: look into
    each, and keep them with `fundwatch ledger import missed.csv`. --from and --to are the days of the visits they
    looked at; by default those of the first and last visit they name.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import audit_log
    from flows.publish import ledger_sheets
    from flows.publish.safe import write_csv
    from models.casebook import ledger as book
    from models.casebook import lineup as lined

    settings, now = common.settled(language=language), today(on)
    if origin and origin not in {w for row in _origin_words() for w in row}:
        raise UsageError(
            f"--origin is '{origin}'; use {', '.join(book.ORIGINS)} or 飞检, 信访, 案件, 巡察, 审计, 自查."
        )
    result = lined.read(file)
    with open_warehouse(settings.home, read_only=True) as con:
        rows, refused = lined.compare(
            con, result, steps.sources(settings), optional_day(since, "--from"), optional_day(until, "--to")
        )
        learned = lined.missed(con, rows, origin, now)
    sums, shares = lined.summary(rows), lined.recall(rows)
    if out is not None:
        files = {"lineup.xlsx": rows.height, "missed.csv": learned.height}
        audit_log.record(settings.home, "ledger", None, {"files": files, "to": str(out.resolve())})
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
            ledger_sheets.write_lineup([sums, shares, rows, learned], out / "lineup.xlsx", settings.language)
            write_csv(learned, out / "missed.csv", ids=["institution_id", "case_number", "encounter_id", "case_no"])
    common.console.give(
        {"file": result.name, "summary": sums.to_dicts(), "recall": shares.to_dicts(), "rows": rows.to_dicts(),
         "refused_rows": refused.to_dicts()}
    )  # fmt: skip
    common.console.table("", sums.columns, sums.rows(), kind="lineup")
    common.console.table("", shares.columns, shares.rows(), ("nature", "recall_low", "recall_high"), "lineup")
    if refused.height:
        common.console.table("refused", ["data row", "reason"], refused.rows())
    if out is not None:
        common.console.say(f"Both are there: {out / 'lineup.xlsx'}, {out / 'missed.csv'}.")


def _origin_words() -> list[tuple[str, str]]:
    import csv as reader

    from models.casebook.ledger import FOLDER

    with (FOLDER / "origin_words.csv").open(encoding="utf-8", newline="") as handle:
        return [(row["word"], row["origin"]) for row in reader.DictReader(handle)]
