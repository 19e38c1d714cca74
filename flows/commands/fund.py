"""fund: how the funds stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import Ids, RowsLabels


@app.command
def fund(
    *,
    account: Annotated[
        Path | None,
        Parameter(
            help="The fund's own figures as CSV: month (月份), insurance_type (险种), income (收入),"
            " balance (累计结余), budget (预算支出)."
        ),
    ] = None,
    insurance: Annotated[str, Parameter(help="One insurance type, or all together.")] = "all",
    out: Annotated[Path | None, Parameter(help="Write every type's rows to this CSV file.")] = None,
    labels: RowsLabels = None,
    language: Annotated[str | None, Parameter(help="Language of the warnings: en or zh.")] = None,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """Outlay by month beside last year's, budget and reserve, the year's projection, and what flows to other cities.

    Without the fund's account it shows the outlay alone and says what is missing.
    """
    from data.errors import UsageError
    from data.warehouse import spill
    from flows.publish import kept, outlook
    from models.outlook import fund as funds

    settings = common.settings(labels=labels, ids=ids, language=language)
    given = None if account is None else outlook.read_account(account, settings.home / spill.NAME)
    with kept.reading(settings.home) as (con, run):
        rows = funds.named(funds.warnings(funds.months(con, given), language=settings.language))
    known = rows["insurance_type"].unique().sort().to_list()
    if insurance not in known:
        raise UsageError(f"--insurance is '{insurance}'; the record has {', '.join(known) or 'no settlements'}.")
    common.as_published(run)
    missing = funds.lacking(rows)
    if out is not None:
        outlook.write(settings.home, "fund", rows, out, settings.labels)
    common.console.give({"months": rows.to_dicts(), "missing": missing})
    shown = rows.filter(rows["insurance_type"] == insurance)
    marked = shown["month"] + shown["is_whole"].not_().replace_strict({True: " *", False: ""})
    names = ["month", "settlements", "fund_amount", "growth", "fund_to_date", "projected_year", "outflow_share"]
    names += ["budget_used", "reserve_months", "warnings"]
    spare = ["budget_used", "reserve_months", "outflow_share", "growth"]
    common.console.table(
        f"insurance type {insurance}", names, shown.with_columns(month=marked).select(names).rows(), spare, "outlook"
    )
    if not shown["is_whole"].all():
        common.console.say("* The delivery does not hold the whole month; growth and projection leave it out.")
    for gap in missing:
        common.console.say(f"Missing: {gap}.")
    if out is not None:
        common.console.say(f"{rows.height:,} rows in {out}.")
