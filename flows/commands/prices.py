"""prices: the price bulletin."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, app
from flows.options import Ids, Rows, RowsLabels, RowsOut

KINDS = ("pharmacy", "institution")


@app.command
def prices(
    item: Annotated[str | None, Parameter(help="Begin of a drug code, or part of a name.")] = None,
    *,
    institution: Annotated[str | None, Parameter(help="One institution's or drugstore's code.")] = None,
    kind: Annotated[str | None, Parameter(help="pharmacy or institution; both by default.")] = None,
    above: Annotated[
        float | None, Parameter(help="Only prices of at least so many times the median of the kind.")
    ] = None,
    peers: Annotated[int, Parameter(converter=COUNT, help="Only drugs that at least so many of the kind have.")] = 2,
    top: Rows = 20,
    out: RowsOut = None,
    labels: RowsLabels = None,
    ids: Ids = None,
    common: Common = COMMON,
) -> None:
    """What each drug costs where: own price, the kind's lowest, median and highest, limit, selected price, place.

    A bulletin of prices, no list of suspects: drugstores stand beside drugstores, medical institutions beside theirs.
    """
    from data.errors import UsageError
    from flows.publish import kept, outlook
    from models.outlook import ask

    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind is '{kind}'; it must be {' or '.join(KINDS)}.")
    settings = common.settings(labels=labels, ids=ids)
    with kept.reading(settings.home) as (con, run):
        rows = ask.prices(con, item=item, institution=institution, kind=kind, above=above, peers=peers)
    common.as_published(run)
    if out is not None:
        outlook.write(settings.home, "prices", rows, out, settings.labels)
    common.console.give(rows.to_dicts())
    names = [
        "item_name",
        "specification",
        "institution_id",
        "institution_name",
        "kind",
        "price",
        "lowest",
        "usual",
        "highest",
        "ratio",
        "place",
    ]
    dearest = rows.sort("ratio", descending=True, maintain_order=True).head(top)
    spare = ["kind", "lowest", "highest", "specification"]
    common.console.table("", names, dearest.select(names).rows(), spare, "outlook")
    drugs = rows["item_code"].n_unique()
    common.console.say(f"{rows.height:,} prices of {drugs:,} drugs{f', in {out}' if out else ''}.")
