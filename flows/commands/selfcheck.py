"""selfcheck: what institutions declare of the official problem items, beside what our scan finds of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

selfcheck = App(name="selfcheck", help="Self-checks (自查自纠): returns by problem item, beside our own scan.")
app.command(selfcheck)

SHOWN = (
    "institution_id item_id problem_zh state declared_amount found_amount missing_amount beyond_amount definite_amount"
).split()
MOST = 50


@selfcheck.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="The return as CSV or xlsx: 问题编号, 涉及金额 ...")],
    *,
    institution: Annotated[str, Parameter(help="Whose return it is, where no column says it.")] = "",
    first: Annotated[str, Parameter(name="--from", help="First day of the period, where no column says it.")] = "",
    last: Annotated[str, Parameter(name="--to", help="Last day of the period, where no column says it.")] = "",
    on: Annotated[str, Parameter(help="Day of the return, as 2025-12-31; today by default.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Append it; without it nothing is written.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Show what a return would do, and with --yes append it.

    A row names an item by its official number (hospital-12, or 12 of the list for its kind of place) and its yuan; a
    later return of the same item and period counts in place of the earlier.
    """
    from data.errors import InputRefused
    from flows import steps
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import self_checks
    from models.casebook.handed import read

    settings = common.settled(language=language)
    handed = read(file, self_checks.FORM)
    period = (day(first, "--from") if first else None, day(last, "--to") if last else None)
    with book(settings, "selfcheck") as (con, witness):
        made = self_checks.plan(
            con,
            handed,
            steps.sources(settings),
            institution=institution.strip() or None,
            period=period,
            declared_on=day(on, "--on"),
        )
        written = self_checks.append(con, made, witness) if yes else 0
    counts = made.tally("new", "known", "refused")
    refused = made.of("refused").select("row_number", "why")
    common.console.give({"file": made.name, "written": written, **counts, "refused_rows": refused.to_dicts()})
    names = ["row_number", "institution_id", "item_id", "period_from", "period_to", "is_found", "cases", "amount"]
    common.console.table(f"{made.name}: self-check", names, made.of("new").select(names).head(MOST).rows())
    for number, why in refused.iter_rows():
        common.console.say(f"Row {number} refused: {why}.")
    if made.ignored:
        common.console.say(f"Columns without a meaning here: {', '.join(made.ignored)}.")
    common.console.say(
        f"{counts['new']:,} new items, {counts['known']:,} rows came before, {counts['refused']:,} refused;"
        f" {written:,} appended."
    )
    if not yes and counts["new"]:
        common.console.say("Nothing was written. Say --yes to append them.")
    if counts["refused"] == made.rows.height:
        raise InputRefused(f"No row of {made.name} could be taken; the reasons are above.")


@selfcheck.command
def compare(
    *,
    institution: Annotated[str, Parameter(help="Only this institution's returns.")] = "",
    out: Annotated[Path | None, Parameter(help="CSV or xlsx file to write the list that follows to.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Compare the returns with our scan of the same items: found and not declared first, then declared and found,
    declared beyond, and what no rule could look at. What we find is a suspicion until somebody has looked."""
    from data.errors import UsageError
    from data.warehouse.connection import has, open_warehouse
    from flows import steps
    from models.casebook import self_checks

    settings = common.settled(language=language)
    if out is not None and out.suffix.lower() not in (".csv", ".xlsx"):
        raise UsageError(f"--out is '{out.name}'; it must end in .csv or .xlsx.")
    with open_warehouse(settings.home, read_only=True) as con:
        if not has(con, "casebook.self_check"):
            raise UsageError("This HOME has no self-check yet. Bring one with `fundwatch selfcheck import FILE`.")
        rows = self_checks.compared(con, steps.sources(settings), institution.strip() or None)
    if not rows.height:
        raise UsageError("No return is there to compare. Bring one with `fundwatch selfcheck import FILE`.")
    if out is not None:
        _write(rows, out, settings)
    common.console.give(rows.to_dicts())
    common.console.table("self-checks beside our scan", SHOWN, rows.select(SHOWN).head(MOST).rows(), ["problem_zh"])
    if rows.height > MOST:
        common.console.say(f"and {rows.height - MOST:,} more; --out FILE writes them all")
    counts = dict(rows["state"].value_counts().iter_rows())
    common.console.say(
        f"{rows['institution_id'].n_unique():,} institutions: {counts.get('not_declared', 0):,} items found and not"
        f" declared, {counts.get('declared_and_found', 0):,} declared and found, {counts.get('declared_beyond', 0):,}"
        f" declared beyond; {rows['missing_once'].sum():,} yuan found and not declared, each once."
    )


def _write(rows: Any, out: Path, settings: Any) -> None:
    from data.errors import FundwatchError
    from flows.home import audit_log
    from flows.publish.labels import labelled
    from flows.publish.safe import write_csv
    from flows.publish.workbook import write_table

    audit_log.record(settings.home, "selfcheck", None, {"act": "compare", "files": {out.name: rows.height}})
    try:
        if out.suffix.lower() == ".xlsx":
            write_table(rows, out, "self_check", settings.language, settings.labels)
        else:
            ids = labelled(rows.head(0).select("institution_id", "region"), settings.labels, "self_check").columns
            write_csv(labelled(rows, settings.labels, "self_check"), out, ids=ids)
    except OSError as error:
        raise FundwatchError(f"{out} cannot be written: {error.strerror or error}. Choose another place.") from error
