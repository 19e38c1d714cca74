"""suppress: leave a subject off the lists, with reason and end."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app


@app.command
def suppress(
    subject_type: Annotated[str, Parameter(help="institution, pharmacy, practitioner or person.")] = "",
    subject_id: Annotated[str, Parameter(help="The code as the watchlist has it.")] = "",
    *,
    reason: Annotated[str, Parameter(help="Why, in a sentence; it stays in the casebook and the audit log.")] = "",
    source: Annotated[str, Parameter(help="Only what this rule or detector finds.")] = "",
    until: Annotated[str, Parameter(help="Findings that occurred after this day count again, as 2025-12-31.")] = "",
    owner: Annotated[str, Parameter(help="Who answers for it.")] = "",
    lift: Annotated[bool, Parameter(negative=(), help="Take it back.")] = False,
    common: Common = COMMON,
) -> None:
    """Leave a subject off the lists from the next ranking on; without arguments, print who is left off.

    For what is no verdict: an approved exception, a case another unit works on. The findings stay and are counted.
    """
    from data.errors import UsageError, like
    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.home import audit_log, lock
    from models.casebook import suppressions

    settings = common.settled()
    if not subject_type:
        with open_warehouse(settings.home, read_only=True) as con:
            rows = suppressions.standing(con)
        common.console.give(rows.to_dicts())
        common.console.table("left off the lists", rows.columns, rows.rows(), kind="suppressed")
        return
    reason = " ".join(reason.split())
    if not subject_id or not reason:
        raise UsageError("Give the subject's id and the reason: fundwatch suppress TYPE ID --reason TEXT.")
    if source and source not in (known := {s.id for s in steps.sources(settings)}):
        raise UsageError(f"There is no rule or detector '{source}'.{like(source, known)} See `fundwatch rule list`.")
    said = {"subject_type": subject_type, "subject_id": subject_id, "source": source or None, "until": until or None}
    # the log names no person: a person's id stays in the casebook
    logged = said | {"subject_id": None if subject_type == "person" else subject_id, "reason": reason, "lifted": lift}
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        suppressions.add(
            con,
            subject_type,
            subject_id,
            source=source or None,
            until=_day(until),
            reason=reason,
            owner=owner.strip(),
            lift=lift,
            witness=partial(audit_log.record, settings.home, "suppress", None, logged, con),
        )
    common.console.give(said | {"lifted": lift})
    common.console.say(
        f"{subject_type} {subject_id} {'counts again' if lift else 'is left off the lists'} from the next run on."
    )


def _day(text: str) -> date | None:
    from data.errors import UsageError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"--until is '{text}'; write the day as 2025-12-31.") from error
