"""makers: what each maker's drugs cost where, and what took whose place."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, app
from flows.options import Ids, Rows, RowsLabels, RowsOut


@app.command
def makers(
    maker: Annotated[str | None, Parameter(help="One maker: the last five characters of its drug codes.")] = None,
    *,
    top: Rows = 20,
    out: RowsOut = None,
    labels: RowsLabels = None,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """Every maker's drugs: prices by place, beside other makers of the same drug, swaps, and findings on their lines.

    A bulletin, no list of suspects. The delivery names no makers: the code's last five characters stand for one.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.publish import outlook
    from models.outlook import ask

    settings = common.settings(labels=labels, ids=ids)
    with open_warehouse(settings.home, read_only=True) as con:
        rows = ask.makers(con, maker)
    if maker is not None and not rows.height:
        raise UsageError(f"No drug of the record is of the maker '{maker}'. Leave it out to see which there are.")
    if out is not None:
        outlook.write(settings.home, "makers", rows, out, settings.labels)
    common.console.give(rows.to_dicts())
    names = ["maker", "item_name", "specification", "places", "total_amount", "price", "spread", "ratio"]
    names += ["selected_price", "taken_over", "given_way", "findings", "at_issue"]
    common.console.table("", names, rows.head(top).select(names).rows(), ["specification", "spread"], "outlook")
    count = rows["maker"].n_unique()
    common.console.say(f"{rows.height:,} drugs of {count:,} makers{f', in {out}' if out else ''}.")
