"""rejected: the rows that could not be loaded, and letting them go with a reason."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

rejected = App(name="rejected", help="Rows that could not be loaded: list, dismiss.")
app.command(rejected)
COLUMNS = ("file", "table", "row_number", "sheet_row", "field", "reason", "dismissed")


@rejected.command(name="list")
def list_(
    *,
    file: Annotated[str, Parameter(help="Only the rows of this file.")] = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """The rows that wait to be mended, and those that were dismissed, with the reason.

    row_number counts the rows below the header, sheet_row is the row that a spreadsheet shows. What the rows say stands
    in HOME/rejected/rejected.csv.
    """
    from data.warehouse.connection import has, open_warehouse

    settings = common.settled(language=language)
    with open_warehouse(settings.home, read_only=True) as con:
        later = "*" if has(con, "run.rejected", "dismissed") else "*, null as sheet_row, null as dismissed"
        rows = con.execute(
            "select file, source_table, row_number, sheet_row, field, reason, dismissed"
            f" from (select {later} from run.rejected) as r"
            " where mended_by is null and $file in ('', file)"
            " order by dismissed is not null, file, row_number, source_table, field",
            {"file": file},
        ).fetchall()
    common.console.give([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    common.console.table("", COLUMNS, rows, kind="rejected_list")
    gone = sum(row[-1] is not None for row in rows)
    common.console.say(f"{len(rows) - gone:,} rejected rows stand, {gone:,} are dismissed.")


@rejected.command
def dismiss(
    *,
    file: Annotated[str, Parameter(help="The file as the list names it.")],
    row: Annotated[
        list[int] | None, Parameter(negative=(), help="A row of it by its row_number; may be given again.")
    ] = None,
    all: Annotated[bool, Parameter(negative=(), help="All rows of it that stand.")] = False,
    reason: Annotated[str, Parameter(help="Why, in a sentence; it stays with the rows and in the audit log.")] = "",
    common: Common = COMMON,
) -> None:
    """Let rejected rows go that nobody will mend: they leave rejected.csv and are counted apart in the account.

    They stay in the warehouse with the reason; mended later, they are taken all the same.
    """
    from data.errors import UsageError
    from data.ingest import rejected as standing
    from data.warehouse.connection import open_warehouse
    from flows.home import audit_log, lock
    from flows.publish import tables

    settings = common.settled()
    rows, reason = row or [], " ".join(reason.split())
    if not reason:
        raise UsageError("Say why: fundwatch rejected dismiss --file FILE --row N --reason TEXT.")
    if bool(rows) == all:
        raise UsageError("Name the rows with --row N, or all that stand of the file with --all.")
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:

        def witness(count: int) -> None:
            what = {"file": file, "rows": sorted(rows) or "all", "count": count, "reason": reason}
            audit_log.record(settings.home, "dismiss rejected", None, what, con)

        count = standing.dismiss(con, file, rows, reason, witness)
        tables.keep_rejected(con, settings.home)
        left = standing.standing(con)
    common.console.give({"file": file, "dismissed": count, "standing": left})
    common.console.say(f"{count:,} rows of {file} are dismissed, {left:,} rejected rows stand.")
