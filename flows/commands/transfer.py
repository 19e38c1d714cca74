"""transfer: what another department needs of a lead, put together as a proposal, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app

transfer = App(
    name="transfer", help="Transfers (移送) to other departments: packages as proposals, and what became of them."
)
app.command(transfer)

On = Annotated[str, Parameter(help="Day of the act, as 2025-12-31; today by default.")]
SHOWN = (
    "transfer_id lead_id department state proposed_on confirmed_amount suspected_amount penal_until days_left".split()
)


@transfer.default
def transfer_(
    lead_id: Annotated[str, Parameter(help="The lead's id from a watchlist.")],
    *,
    to: Annotated[str, Parameter(help="police, discipline, health, market, price or tax.")],
    out: Annotated[Path | None, Parameter(help="Folder for the package; HOME/transfers/NUMBER by default.")] = None,
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Put a package together for a department: what it needs of the lead and nothing more, marked as a proposal.

    Confirmed money stands apart from suspected; sums stand beside the filing lines your area entered; nothing is said
    about guilt. Other persons than the subject have a number in place of their id, and only the police get persons.
    """
    from data.errors import UsageError
    from flows import steps
    from flows.days import day
    from flows.home.casebook import book
    from flows.publish import transfer_files, transfer_package
    from models.casebook import transfers

    settings, at = common.settled(language=language), day(on, "--on")
    with book(settings, "transfer") as (con, witness):
        matter = transfers.matter(con, lead_id, to)
        made = transfer_package.package(con, matter, steps.sources(settings), settings.language, at)
        transfer_id = transfers.next_id(con, at)
        folder = out or settings.home / "transfers" / transfer_id
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty. A package goes into a folder of its own.")
        with transfer_files.aside(folder) as place:  # it gets its name once the log and the casebook have it
            manifest_hash = transfer_files.write(made, transfer_id, at, place, settings.language, settings.labels)
            transfers.propose(con, transfer_id, matter, made.days, at, manifest_hash, witness)
    common.console.give(
        {
            "transfer_id": transfer_id,
            "department": to,
            "lines": made.lines.height,
            "confirmed": matter["confirmed_amount"],
            "suspected": matter["suspected_amount"],
            "filing": made.filing.to_dicts(),
            "clocks": made.clocks.to_dicts(),
            "folder": str(folder),
            "manifest": manifest_hash,
        }
    )
    common.console.say(
        f"Proposal {transfer_id}: {made.lines.height:,} lines, {matter['confirmed_amount']:,} yuan confirmed,"
        f" {matter['suspected_amount']:,}"
        f" suspected; {folder}."
    )
    if not made.filing.height or (made.filing["standing"] == "not_given").any():
        common.console.say(
            "No filing line with a figure is known here; write your area's into HOME/knowledge/filing_line.csv for the"
            " next run."
        )


@transfer.command
def note(
    transfer_id: Annotated[str, Parameter(help="The transfer's number, such as Y2025-001.")],
    *,
    state: Annotated[str, Parameter(help="decided, sent, accepted, returned or withdrawn.")],
    text: Annotated[str, Parameter(help="What was decided or answered; the document's number.")] = "",
    on: On = "",
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Keep what people decided about a transfer and what the department answered."""
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import transfers

    settings, at = common.settled(language=language), day(on, "--on")
    with book(settings, "transfer") as (con, witness):
        transfers.note(con, transfer_id, state, " ".join(text.split()), at, witness)
    common.console.give({"transfer_id": transfer_id, "state": state})
    common.console.say(f"Noted: {transfer_id}.")


@transfer.command(name="list")
def list_(*, on: On = "", language: Language = None, common: Common = COMMON) -> None:
    """The transfers with their state and the days left until the acts can no longer be penalised."""
    from data.warehouse.connection import open_warehouse
    from flows.days import day
    from models.casebook import transfers

    settings, at = common.settled(language=language), day(on, "--on")
    with open_warehouse(settings.home, read_only=True) as con:
        rows = transfers.listed(con, at)
    common.console.give(rows.to_dicts())
    common.console.table("transfers", SHOWN, rows.select(SHOWN).rows(), kind="transfer")
