"""visit: the sheets that an inspector takes along: one place, all its leads, each yuan once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app

if TYPE_CHECKING:
    from flows.publish.visits import Visits


@app.command
def visit(
    code: Annotated[
        list[str] | None, Parameter(negative=(), help="Codes of institutions or drugstores, as visits.csv has them.")
    ] = None,
    *,
    out: Annotated[Path | None, Parameter(help="Folder for the sheets; without it they are only told.")] = None,
    per_department: Annotated[
        int | None, Parameter(converter=COUNT, help="Draw so many records of each department at random.")
    ] = None,
    seed: Annotated[int | None, Parameter(help="Seed of the draw, published with it.")] = None,
    top: Annotated[int, Parameter(converter=COUNT, help="How many places to show where no code is given.")] = 20,
    language: Language = None,
    labels: Annotated[str | None, Parameter(help="Column labels: names or zh.")] = None,
    unmask: Annotated[bool, Parameter(negative=(), help="Write persons' names in full.")] = False,
    common: Common = COMMON,
) -> None:
    """The visits of the last ranking: without a code the places, best a day first; with codes and --out their files.

    For each place <code>.html, one page to print and take along, and <code>.xlsx: the same sheet, the tally by nature
    and type, by item and by line, all lines of those items in those visits, and the list of records to pull. The sums
    are those of the findings, each yuan once. The draw of records is written to the audit log before it is made.
    """
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse

    settings = common.settled(language=language, labels=labels, seed=seed, unmask=unmask or None)
    with open_warehouse(settings.home, read_only=True) as con:
        if not con.execute("select 1 from run.step where step = 'rank'").fetchall():
            raise UsageError("Nothing was ranked yet. Run `fundwatch run INPUT` first.")
        from flows.publish import visit_files

        visits = visit_files.of_last_run(con, settings)
        if not code:
            _show(visits, top, common)
            return
        known = set(visits.places["institution_id"].to_list())
        if lost := [c for c in code if c not in known]:
            raise UsageError(
                f"No lead touches {', '.join(lost)}. `fundwatch visit` shows the places of the last ranking."
            )
        if out is None:
            _tell(visits, code, common)
            return
        made = visit_files.write(con, visits, code, out, settings, per_department)
    common.console.give(made)
    for place in made:
        common.console.say(
            f"{place['institution_id']}: {place['amount']:,} yuan, each once, in {place['records']:,}"
            f" records: {', '.join(place['files'])} in {out}."
        )
        if place["drawn"]:
            common.console.say(
                f"{place['drawn']:,} records drawn, {per_department} of each department, with seed"
                f" {settings.seed} from the list {place['frame_hash']}."
            )


def _show(visits: Visits, top: int, common: Common) -> None:
    rows = visits.index().head(top)
    common.console.give(rows.to_dicts())
    names = ["rank", "institution_id", "institution_name", "tier", "leads", "records", "amount", "desk_amount"]
    names += ["visit_amount", "days", "yield_per_day"]
    spare = ["records", "tier", "desk_amount"]
    common.console.table(f"visits, run {visits.run_id}", names, rows.select(names).rows(), spare)


def _tell(visits: Visits, codes: list[str], common: Common) -> None:
    sheets = {c: visits.sheet(c) for c in codes}
    common.console.give(list(sheets.values()))
    for institution_id, sheet in sheets.items():
        place = sheet["place"]
        common.console.say(
            f"At {institution_id} {place['institution_name'] or '–'} {place['amount']:,} yuan are at issue, each once:"
            f" {place['leads']:,} leads and {sheet['all_records']:,} records; the record proves"
            f" {place['desk_amount']:,} and a visit is needed for {place['visit_amount']:,}."
        )
        rows = [
            ("desk" if r["is_definite"] else "visit", r["kind"], r["said"], r["records"], r["amount"])
            for r in (*sheet["desk"]["rows"], *sheet["visit"]["rows"])
        ]
        common.console.table("", ["job", "nature", "type", "records", "amount"], rows)
    common.console.say("Say --out DIR for the page to print and the workbook with every line.")
