"""same, not-same: two delivered codes that are one subject, and two that are not."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app

Reason = Annotated[str, Parameter(help="Why, in a sentence; it stays in the casebook and the audit log.")]
Owner = Annotated[str, Parameter(help="Who answers for it.")]


@app.command
def same(
    kept: Annotated[str, Parameter(help="The code that is kept, as the lists have it.")] = "",
    other: Annotated[str, Parameter(help="The code that is the same subject's.")] = "",
    *,
    reason: Reason = "",
    owner: Owner = "",
    common: Common = COMMON,
) -> None:
    """Say that two codes are one institution, practitioner or person; without arguments, print what was said.

    From the next ranking on what is found under either makes one lead, under the code that is kept, and what was
    confirmed of either counts for it. Bills and evidence keep the codes they came with.
    """
    from data.warehouse.connection import open_warehouse
    from models.casebook import same as casebook

    if not kept:
        settings = common.settled()
        with open_warehouse(settings.home, read_only=True) as con:
            rows = casebook.standing(con)
        common.console.give(rows.to_dicts())
        common.console.table("one subject", rows.columns, rows.rows(), kind="same")
        return
    _put_down(common, kept, other, reason, owner, is_same=True)


@app.command(name="not-same")
def not_same(
    one: Annotated[str, Parameter(help="A code.")],
    other: Annotated[str, Parameter(help="Another, said to be the same subject's.")],
    *,
    reason: Reason = "",
    owner: Owner = "",
    common: Common = COMMON,
) -> None:
    """Take back that two codes are one subject: from the next ranking on they are two again."""
    _put_down(common, one, other, reason, owner, is_same=False)


def _put_down(common: Common, kept: str, other: str, reason: str, owner: str, is_same: bool) -> None:
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.home import audit_log, lock
    from models.casebook import same as casebook

    settings, reason = common.settled(), " ".join(reason.split())
    if not other or not reason:
        raise UsageError("Give two codes and the reason: --reason TEXT.")
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        pair = casebook.pair(con, kept, other)
        # the log names no person: a person's codes stay in the casebook
        codes = (None, None) if pair.subject_type == "person" else (pair.kept_id, pair.subject_id)
        logged = {"subject_type": pair.subject_type, "kept_id": codes[0], "subject_id": codes[1], "reason": reason}
        put_down = casebook.say if is_same else casebook.take_back
        event = "same" if is_same else "not same"
        put_down(con, pair, reason, owner.strip(), partial(audit_log.record, settings.home, event, None, logged, con))
    common.console.give({"subject_type": pair.subject_type, "kept": kept, "other": other, "same": is_same})
    if is_same:
        common.console.say(f"{other} is the same {pair.subject_type} as {kept} from the next run on.")
    else:
        common.console.say(f"{kept} and {other} are two again from the next run on.")
