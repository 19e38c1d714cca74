"""case: several leads of one matter, with owner, due date, notes and an end."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

case = App(name="case", help="Cases: several leads of one matter with owner, due date, notes and an end.")
app.command(case)

CaseId = Annotated[str, Parameter(help="The case's number, such as C2025-0001.")]
On = Annotated[str, Parameter(help="Day of the act, as 2025-12-31; today by default.")]
LISTED = (
    "case_id title kind state owner opened_on due_on timing days_over leads amount_at_risk confirmed_amount".split()
)
OF_LEADS = (
    "lead_id subject_type subject_id standing tier rank amount_at_risk conclusion decided_on confirmed_amount".split()
)


@case.command(name="open")
def open_(
    title: Annotated[str, Parameter(help="What the matter is, in a few words.")],
    *leads: Annotated[str, Parameter(help="Lead ids of the watchlists or of `tip list`.")],
    kind: Annotated[
        str,
        Parameter(
            help="Kind of check: comprehensive, unannounced, smart, daily, special, joint, self_check, tip or hand_down"
            " (综合巡查, 飞行检查, 智慧测查, 日常核查, 专项检查, 部门联查, 自查自纠, 举报, 交办)."
        ),
    ],
    owner: Annotated[str, Parameter(help="Who answers for it.")] = "",
    due: Annotated[str, Parameter(help="Until when, as 2025-12-31.")] = "",
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Open a case on the leads of one matter."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import cases
    from models.casebook.case_words import value

    settings = common.settled(language=language)
    with book(settings, "case") as (con, witness):
        number = cases.open_(
            con,
            " ".join(title.split()),
            value("kind", kind),
            leads,
            day(on, "--on"),
            witness,
            owner=owner.strip() or None,
            due_on=day(due, "--due") if due else None,
        )
    common.console.give({"case_id": number, "leads": list(dict.fromkeys(leads))})
    common.console.say(f"Case {number} is open with {len(set(leads)):,} leads.")


@case.command
def add(
    case_id: CaseId,
    *leads: Annotated[str, Parameter(help="Lead ids of the watchlists or of `tip list`.")],
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Add leads to an open case; those it has already are passed over."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import cases

    settings = common.settled(language=language)
    with book(settings, "case") as (con, witness):
        fresh = cases.add(con, case_id, leads, day(on, "--on"), witness)
    common.console.give({"case_id": case_id, "added": fresh})
    common.console.say(
        f"{fresh:,} leads added to case {case_id}; it has the other {len(set(leads)) - fresh:,} already."
    )


@case.command
def note(
    case_id: CaseId,
    *,
    text: Annotated[str, Parameter(help="What happened; it stays in the casebook and can only be added to.")],
    state: Annotated[
        str,
        Parameter(
            help="The state from now on: pending, studying, issued, answering, reviewing, on_site, determined, handling"
            " or suspended (待研判, 研判中, 已下发, 申诉中, 复审, 线下核查中, 已认定, 处理中, 暂缓)."
        ),
    ] = "",
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Write a note into a case, and its new state where it has one."""
    from data.errors import UsageError
    from models.casebook.case_words import value

    if not text.strip():
        raise UsageError("The note is empty. Say with --text what happened.")
    said = {"text": text.strip(), "state": value("state", state) if state else None}
    _act("note", case_id, on, common, language, f"Noted in case {case_id}.", **said)


@case.command
def assign(
    case_id: CaseId,
    owner: Annotated[str, Parameter(help="Who answers for it from now on.")],
    *,
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Give a case to somebody."""
    from data.errors import UsageError

    if not owner.strip():
        raise UsageError("Name who the case is given to.")
    _act("assign", case_id, on, common, language, f"Case {case_id} is {owner.strip()}'s.", owner=owner.strip())


@case.command
def due(
    case_id: CaseId,
    until: Annotated[str, Parameter(help="The day by which it must be closed, as 2025-12-31.")],
    *,
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Set the day by which a case must be closed."""
    from flows.days import day

    ends = day(until, "The day")
    _act("due", case_id, on, common, language, f"Case {case_id} is due on {ends}.", due_on=ends)


@case.command
def close(
    case_id: CaseId,
    *,
    text: Annotated[str, Parameter(help="What came of it, in a sentence.")],
    end: Annotated[
        str,
        Parameter(name="--as", help="concluded, excluded, merged or transferred (已结案, 已排除, 已合并, 已移交)."),
    ] = "concluded",
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Close a case. Its leads close by their verdicts, see `fundwatch verdict import`."""
    from data.errors import UsageError
    from models.casebook.case_words import value

    if not text.strip():
        raise UsageError("Say with --text what came of the case.")
    said = {"text": text.strip(), "state": value("end", end)}
    _act("close", case_id, on, common, language, f"Case {case_id} is closed.", **said)


@case.command
def show(case_id: CaseId, *, language: Language = None, common: Common = COMMON) -> None:
    """Show a case: its leads with their verdicts, and everything that was done in it."""
    from data.warehouse.connection import open_warehouse
    from models.casebook import cases

    settings = common.settled(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        cases.there(con)
        head, leads, acts = cases.shown(con, case_id)
    common.console.give({**head, "held": leads.to_dicts(), "acts": acts.to_dicts()})
    common.console.table(str(head["title"]), LISTED, [[head[c] for c in LISTED]], ["opened_on", "leads"])
    common.console.table("leads", OF_LEADS, leads.select(OF_LEADS).rows(), ["subject_type", "rank", "tier"])
    for lead in leads.filter(leads["reason"].is_not_null()).iter_rows(named=True):
        common.console.say(f"{lead['lead_id']}: {lead['conclusion']}, {lead['reason']}")
    shown = ["acted_on", "act", "lead_id", "owner", "due_on", "state", "text"]
    common.console.table("acts", shown, acts.select(shown).rows())


@case.command(name="list")
def list_(
    *,
    overdue: Annotated[bool, Parameter(negative=(), help="Only those past their day.")] = False,
    closed: Annotated[bool, Parameter(negative=(), help="The closed ones too.")] = False,
    owner: Annotated[str, Parameter(help="Only those of this person.")] = "",
    kind: Annotated[str, Parameter(help="Only this kind of check.")] = "",
    on: Annotated[str, Parameter(help="As they stood on this day, as 2025-12-31; today by default.")] = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """List the open cases, the one due first on top; with --overdue those past their day."""
    from data.warehouse.connection import open_warehouse
    from flows.days import day
    from models.casebook import cases
    from models.casebook.case_words import value

    settings, at = common.settled(language=language), day(on, "--on")
    with open_warehouse(settings.home, read_only=True) as con:
        cases.there(con)
        rows = cases.listed(
            con,
            at,
            owner=owner or None,
            kind=value("kind", kind) if kind else None,
            overdue=overdue,
            closed=closed,
        )
    common.console.give(rows.to_dicts())
    common.console.table(f"cases on {at}", LISTED, rows.select(LISTED).rows(), ["opened_on", "confirmed_amount"])
    late = rows.filter(rows["timing"] == "overdue").height
    common.console.say(f"{rows.height:,} cases on {at}, {late:,} of them open past their day.")


def _act(name: str, case_id: str, on: str, common: Common, language: str | None, sentence: str, **values: Any) -> None:
    """Append one act and say so."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import cases

    settings = common.settled(language=language)
    with book(settings, "case") as (con, witness):
        is_new = cases.act(con, case_id, name, day(on, "--on"), witness, **values)
    common.console.give({"case_id": case_id, "act": name, "written": is_new})
    common.console.say(sentence if is_new else f"Case {case_id} says so already; nothing was written.")
