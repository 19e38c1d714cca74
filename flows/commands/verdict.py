"""verdict import, form and list: what people found comes back into the casebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app
from flows.handed_in import witness
from flows.options import Ids

verdict = App(name="verdict", help="The casebook: take in what inspections found.")
app.command(verdict)
SHOWN = 50


@verdict.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="Verdicts as CSV or xlsx, or the contract's insp_result_d.")],
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Append them; without it nothing is written.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Show what a file of verdicts would do, and with --yes append them and close their leads.

    A row names a lead (lead_id, 线索编号) or a subject (subject_type, subject_id), its conclusion (确认违规, 部分确认,
    申诉成立-排除, 证据不足-暂缓, 数据问题 ... or confirmed, partly_confirmed, dismissed, unsure), and where known
    confirmed_amount, recovered_amount, date, reason, case_no, rule; `fundwatch verdict form` writes such a file to fill
    in, and rows left empty there are passed over. Verdicts are only ever appended: a later one on the same lead counts
    in place of the earlier.
    """
    from data.errors import InputRefused
    from data.warehouse import spill
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import lock
    from models.casebook import verdicts
    from models.casebook.read import read

    settings = common.settled(language=language)
    told = read(file, settings.home / spill.NAME)
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        made = verdicts.plan(con, told, steps.sources(settings), pseudonyms=steps.naming(settings, con))
        counts = made.counts
        written = verdicts.append(con, made, witness(con, settings.home, "verdict", file, counts)) if yes else 0
    _show(made, written, yes, common)
    if counts["refused"] == made.rows.height:
        raise InputRefused(f"No row of {made.name} could be read as a verdict; the reasons are above.")


@verdict.command
def form(
    file: Annotated[Path, Parameter(help="CSV file to write.")],
    subject_type: Annotated[str | None, Parameter(help="One list; all by default.")] = None,
    *,
    top: Annotated[int | None, Parameter(converter=COUNT, help="Only the first so many leads of each list.")] = None,
    labels: Annotated[str | None, Parameter(help="Column labels: names or zh.")] = None,
    language: Annotated[str | None, Parameter(help="en or zh.")] = None,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """Write the open leads with empty columns for their verdicts: fill it in and give it to `verdict import`.

    Open leads that the last run does not find any more stand at the end, unless --top cuts the lists.
    """
    from data.errors import FundwatchError, UsageError
    from data.warehouse.connection import has, open_warehouse
    from flows.home import audit_log
    from flows.publish import forms
    from flows.publish.watchlists import SUBJECT_TYPES

    if subject_type not in (None, *SUBJECT_TYPES):
        raise UsageError(f"There is no list of '{subject_type}'. Use {', '.join(SUBJECT_TYPES)}.")
    settings = common.settled(labels=labels, language=language, ids=ids)
    kinds = SUBJECT_TYPES if subject_type is None else (subject_type,)
    with open_warehouse(settings.home, read_only=True) as con:
        if not has(con, "feature.institution"):
            raise UsageError("This HOME has no run yet, so there is no lead. Run `fundwatch run INPUT` first.")
        rows = forms.blank(con, kinds, top, settings.language)
    try:
        audit_log.record(settings.home, "form", None, {"files": {file.name: rows.height}, "to": str(file.resolve())})
        forms.write(rows, file, settings.labels)
    except OSError as error:
        raise FundwatchError(f"{file} cannot be written: {error.strerror or error}. Choose another place.") from error
    common.console.give({"file": str(file), "leads": rows.height})
    common.console.say(
        f"{rows.height:,} leads in {file}; fill in the conclusions, then `fundwatch verdict import {file}`."
    )


@verdict.command(name="list")
def list_(
    *,
    every: Annotated[bool, Parameter(negative=(), help="Those too whose place a later verdict took.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """List the verdicts that stand, the last one imported first.

    Nothing is ever taken out of the casebook: a verdict is corrected by importing a later one on the same lead, and
    taken back by one with the conclusion 撤销, after which the lead is open again.
    """
    from data.warehouse.connection import open_warehouse
    from models.casebook import verdicts

    settings = common.settled(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        rows = verdicts.listed(con, every)
    common.console.give(rows.to_dicts())
    names = (
        "decided_on lead_id subject_type subject_id conclusion conclusion_said confirmed_amount case_no reason".split()
    )
    shown = [*names, "stands"] if every else names
    common.console.table("", shown, rows.select(shown).rows(), spare=["reason", "subject_type", "case_no"])
    common.console.say(f"{rows.height:,} verdicts.")


def _show(made: Any, written: int, yes: bool, common: Common) -> None:
    counts, refused = made.counts, made.of("refused")
    common.console.give(
        {
            "file": made.name,
            "written": written,
            "is_dry_run": not yes,
            **counts,
            "closed": made.closing,
            "refused_rows": refused.select("row_number", "why").to_dicts(),
            "ignored_columns": list(made.ignored),
        }
    )
    names = "row_number lead_id subject_type subject_id conclusion confirmed_amount decided_on rule".split()
    new = made.of("new")
    common.console.table(f"{made.name}: verdicts to take in", names, new.select(names).head(SHOWN).rows())
    if new.height > SHOWN:
        common.console.say(f"and {new.height - SHOWN:,} more")
    if refused.height:
        common.console.table("refused", ["data row", "reason"], refused.select("row_number", "why").rows())
    if made.ignored:
        common.console.say(f"Columns without a meaning here: {', '.join(made.ignored)}.")
    beyond = new.filter(new["beyond"].is_not_null())
    for row in beyond.select("row_number", "lead_id", "confirmed_amount", "beyond").head(SHOWN).iter_rows():
        common.console.say("Row {}: {} has {:,} yuan confirmed and {:,} at issue; look again.".format(*row))
    if counts["undated"]:
        day = new.filter(new["is_undated"])["decided_on"][0]
        common.console.say(f"{counts['undated']:,} rows give no day: theirs is the day of the import, {day}.")
    if counts["blank"]:
        common.console.say(f"{counts['blank']:,} rows are not filled in yet and were passed over.")
    words = ("confirmed", "partly_confirmed", "dismissed", "unsure")
    parts = ", ".join(f"{counts[c]:,} {c}" for c in words if c in counts) or "none"
    common.console.say(
        f"{counts['new']:,} new verdicts ({parts}), {counts['superseding']:,} of them in place of an earlier one,"
        f" {counts['without_lead']:,} about a subject without lead; {counts['leads_closed']:,} leads close;"
        f" {counts['known']:,} rows were known, {counts['refused']:,} refused."
    )
    if yes:
        common.console.say(f"{written:,} verdicts appended. The next run ranks with them.")
    elif counts["new"]:
        common.console.say("Nothing was written. Say --yes to append them.")
