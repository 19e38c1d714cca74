"""reveal: who stands behind the pseudonyms of a third party's package; each time a line of the audit log."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common, Language, app


@app.command
def reveal(
    *references: Annotated[str, Parameter(help="Pseudonyms as the package has them.")],
    contract: Annotated[str, Parameter(help="Contract of the package.")],
    first: Annotated[str, Parameter(name="--from", help="First day of the contract, as 2025-01-01.")],
    last: Annotated[str, Parameter(name="--to", help="Last day of the contract, as 2025-12-31.")],
    reason: Annotated[str, Parameter(help="Why it has to be known; it stays in the audit log.")],
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Tell which line, bill, person or place stands behind pseudonyms of a third party's package (再识别).

    Only with the office's key, and only after the audit log holds who asked, for what contract and why.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.days import day
    from flows.home import audit_log
    from flows.publish import package_third_party

    settings = common.settled(language=language)
    why = " ".join(reason.split())
    if not references or not why:
        raise UsageError("Give the pseudonyms and with --reason why they have to be known.")
    begins, ends = day(first, "--from"), day(last, "--to")
    with open_warehouse(settings.home, read_only=True) as con:
        rows = package_third_party.revealed(con, settings.key, contract.strip(), begins, ends, references)
    what = {"contract": contract.strip(), "from": str(begins), "until": str(ends), "reason": why}
    audit_log.record(
        settings.home, "reveal", None, {**what, "asked": rows.height, "references": sorted(set(references))}
    )
    common.console.give(rows.to_dicts())
    common.console.table("", rows.columns, rows.rows(), kind="reveal")
    unknown = rows["id"].null_count()
    if unknown:
        common.console.say(f"{unknown:,} are no pseudonyms of this contract and these days.")
