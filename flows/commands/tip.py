"""tip: leads from outside: tips, hand-downs, the platform's suspicions, other departments' rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

tip = App(name="tip", help="Leads from outside: tips, hand-downs, platform suspicions, other departments' rows.")
app.command(tip)

TipId = Annotated[str, Parameter(help="Its number as `tip list` has it.")]
On = Annotated[str, Parameter(help="Day of the act, as 2025-12-31; today by default.")]
SHOWN = (
    "tip_id kind office received_on subject_type subject_id subject_name state lead_id case_id due_on feedback_due_on"
    " feedback_on timing reward_base"
).split()
MOST = 50


@tip.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="The leads as CSV or xlsx.")],
    *,
    kind: Annotated[
        str,
        Parameter(
            help="tip, hand_down, platform or department (举报, 交办, 平台疑点, 部门数据) where no column says it."
        ),
    ] = "",
    office: Annotated[str, Parameter(help="From whom, where no column says it.")] = "",
    received: Annotated[str, Parameter(help="When they came, as 2025-12-31, where no column says it.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Append them; without it nothing is written.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Show what a file of leads from outside would do, and with --yes append them.

    A row names whom it is about (机构编码, 机构名称, 人员编号 or 证件号码) and what (举报内容, 规则名称, 编号);
    where known its number, day, 办理期限, 反馈期限, 涉及金额, 结算ID. Who gave a tip (举报人, 联系电话 ...) stays in
    the casebook alone. The same row twice is one lead. The next run ranks with them: whoever they are about has a lead,
    found or not.
    """
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import outside
    from models.casebook.handed import read

    settings = common.settled(language=language)
    handed = read(file, outside.FORM)
    named, came = outside.kind_of(handed, kind or None), day(received, "--received")
    with book(settings, "outside") as (con, witness):
        made = outside.plan(
            con, handed, named, office.strip() or None, came if received else None, day("", ""), _pseudonyms(settings)
        )
        written = outside.append(con, made, witness) if yes else 0
    _show(made, written, yes, common)
    outside.refuse_all(made)


@tip.command(name="list")
def list_(
    *,
    kind: Annotated[str, Parameter(help="Only tip, hand_down, platform or department.")] = "",
    overdue: Annotated[bool, Parameter(negative=(), help="Only what is past its day or owes an answer.")] = False,
    on: Annotated[str, Parameter(help="The day to look from, as 2025-12-31; today by default.")] = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """List the leads from outside: where each stands, what is owed until when, the base of its reward."""
    import polars as pl

    from data.errors import UsageError
    from data.warehouse.connection import has, open_warehouse
    from flows.days import day
    from flows.publish.outside import shown
    from models.casebook import outside
    from models.casebook.case_words import value

    settings, at = common.settled(language=language), day(on, "--on")
    with open_warehouse(settings.home, read_only=True) as con:
        if not has(con, "casebook.heard_tip"):
            raise UsageError("This HOME has no lead from outside yet. Bring them with `fundwatch tip import FILE`.")
        rows = shown(outside.listed(con, on=at))
    if kind:
        rows = rows.filter(pl.col("kind") == value("outside", kind))
    late = pl.col("timing").is_in(["overdue", "feedback_overdue", "feedback_owed"])
    rows = rows.filter(late) if overdue else rows
    common.console.give(rows.to_dicts())
    spare = ["office", "case_id", "subject_type", "subject_name", "feedback_on"]
    common.console.table(f"leads from outside on {at}", SHOWN, rows.select(SHOWN).head(MOST).rows(), spare)
    if rows.height > MOST:
        common.console.say(f"and {rows.height - MOST:,} more, with --json or in outside.csv of the run")
    owed = rows.filter(late).height
    common.console.say(f"{rows.height:,} leads from outside on {at}, {owed:,} of them overdue or owing an answer.")


@tip.command
def feedback(
    tip_id: TipId,
    *,
    text: Annotated[str, Parameter(help="What was answered; it stays in the casebook.")],
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Write that whoever gave a tip or handed it down has an answer."""
    from data.errors import UsageError
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import outside

    settings = common.settled(language=language)
    if not text.strip():
        raise UsageError("Say with --text what was answered.")
    with book(settings, "outside") as (con, witness):
        is_new = outside.feedback(con, tip_id.strip(), text.strip(), day(on, "--on"), witness)
    common.console.give({"tip_id": tip_id, "written": is_new})
    common.console.say(f"{tip_id} is answered." if is_new else f"{tip_id} says so already; nothing was written.")


@tip.command
def place(
    tip_id: TipId,
    subject_type: Annotated[str, Parameter(help="institution, pharmacy, practitioner or person.")],
    subject_id: Annotated[str, Parameter(help="The code as the record has it.")],
    *,
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Say whom a lead from outside is about, where its name or code fits nobody for sure."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import outside

    settings = common.settled(language=language)
    with book(settings, "outside") as (con, witness):
        outside.place(con, tip_id.strip(), subject_type, subject_id.strip(), day(on, "--on"), witness)
    common.console.give({"tip_id": tip_id, "subject_type": subject_type, "subject_id": subject_id})
    common.console.say(f"{tip_id} is about {subject_type} {subject_id} from the next run on.")


def _show(made: Any, written: int, yes: bool, common: Common) -> None:
    counts, refused = made.counts, made.of("refused")
    common.console.give(
        {
            "file": made.name,
            "kind": made.kind,
            "written": written,
            "is_dry_run": not yes,
            **counts,
            "refused_rows": refused.select("row_number", "why").to_dicts(),
            "ignored_columns": list(made.ignored),
        }
    )
    new = made.of("new")
    names = ["row_number", "outside_id", "kind", "received_on", "due_on", "feedback_due_on", "amount"]
    common.console.table(f"{made.name}: leads from outside to take in", names, new.select(names).head(MOST).rows())
    if new.height > MOST:
        common.console.say(f"and {new.height - MOST:,} more")
    for number, why in refused.select("row_number", "why").iter_rows():
        common.console.say(f"Row {number} refused: {why}.")
    if made.ignored:
        common.console.say(f"Columns without a meaning here: {', '.join(made.ignored)}.")
    common.console.say(
        f"{counts['new']:,} new leads from outside, {counts['known']:,} rows came before,"
        f" {counts['refused']:,} refused."
    )
    if yes:
        common.console.say(f"{written:,} leads from outside appended. The next run ranks with them.")
    elif counts["new"]:
        common.console.say("Nothing was written. Say --yes to append them.")


def _pseudonyms(settings: Any) -> Any:
    from data.ingest import Pseudonyms

    return Pseudonyms.of(settings.home) if settings.pseudonyms else None
