"""burden: persons who bear much."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import Ids, Rows, RowsLabels, RowsOut


@app.command
def burden(
    *,
    line: Annotated[
        float | None,
        Parameter(
            help="Yuan a person paid in a year, from which one is told; the area's own line."
            " [FUNDWATCH_BURDEN_LINE, burden_line in fundwatch.toml]",
        ),
    ] = None,
    year: Annotated[int | None, Parameter(help="One year; all by default.")] = None,
    top: Rows = 20,
    out: RowsOut = None,
    labels: RowsLabels = None,
    unmask: Annotated[
        bool, Parameter(negative=(), help="Write names in full into the file; the audit log says so.")
    ] = False,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """Persons whose own payments of a year reach a line, for those who help them. It names no suspicion.

    Names keep their first character; with --out and --unmask the file has them in full.

    It is not answered while a run is on: of persons who are on no list nothing is kept outside the warehouse.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.home import audit_log
    from flows.publish import outlook
    from models.outlook import ask

    settings = common.settings(labels=labels, ids=ids, burden_line=line)
    line = settings.burden_line
    if line is None or not line > 0:
        raise UsageError(
            "Say --line YUAN (or set burden_line in fundwatch.toml): the yearly payments from which a person is told."
        )
    if unmask and out is None:
        raise UsageError("--unmask goes with --out: full names are written to a file only.")
    with open_warehouse(settings.home, read_only=True) as con:
        found = ask.burden(con, line, year)
        rows = outlook.named(con, found, unmask=False)
        full = outlook.named(con, found, unmask=True) if unmask else rows
    if out is not None:
        if unmask:
            audit_log.record(settings.home, "unmask", None, {"for": "burden"})
        outlook.write(settings.home, "burden", full, out, settings.labels, unmasked=unmask, line=line)
    common.console.give(rows.to_dicts())
    names = ["person_id", "person_name", "year", "region", "settlements", "stays", "total_amount", "fund_amount"]
    names += ["assistance_amount", "paid_amount", "paid_share"]
    common.console.table("", names, rows.head(top).select(names).rows(), kind="outlook")
    persons = rows["person_id"].n_unique()
    common.console.say(f"{persons:,} persons paid {line:,.0f} yuan or more in a year{f', in {out}' if out else ''}.")
