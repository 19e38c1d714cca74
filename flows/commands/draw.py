"""draw: whom to visit by lot, which closed matters to look at again, and what the year's coverage still owes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app

draw = App(name="draw", help="Draws by lot (双随机, 抽查复查) and the year's coverage.")
app.command(draw)

Places = Annotated[int, Parameter(converter=COUNT, help="How many are drawn.")]
Seed = Annotated[
    int | None,
    Parameter(help="Seed, such as a number drawn in public; without it one is drawn after the frame stands."),
]
Inspectors = Annotated[
    Path | None,
    Parameter(help="Inspectors as CSV or xlsx: 姓名, 单位, 回避机构 (codes or names of the places to stay away from)."),
]
Weights = Annotated[str, Parameter(help="Other weights, such as A=4,B=2,C=1.5,none=1.")]
On = Annotated[str, Parameter(help="Day of the draw, as 2025-12-31; today by default.")]
Out = Annotated[Path | None, Parameter(help="Folder for the files; HOME/draws/NUMBER by default.")]
SHOWN = ["place", "unit", "subject_name", "group_name", "probability", "inspectors"]
OWED = ["subject_id", "subject_name", "tier", "self_check", "wanted", "done", "last_on", "owed", "due_by"]
MOST = 50


@draw.default
def draw_(
    *,
    places: Places,
    inspectors: Inspectors = None,
    team: Annotated[int, Parameter(converter=COUNT, help="Inspectors a place.")] = 2,
    seed: Seed = None,
    weights: Weights = "",
    of: Annotated[str, Parameter(help="institution or pharmacy; both by default.")] = "",
    region: Annotated[str, Parameter(help="Only places whose division begins so.")] = "",
    not_since: Annotated[str, Parameter(help="Only places not checked since this day, as 2025-01-01.")] = "",
    on: On = "",
    out: Out = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Draw places by lot, likelier by tier, and inspectors for them, none with a conflict (双随机).

    The frame is written, and its hash stands in the audit log, before anybody is drawn; `draw verify FOLDER` repeats
    the draw from the frame and the seed.
    """
    from data.errors import UsageError
    from flows.days import day
    from flows.home.casebook import book
    from models.casebook import draws
    from models.casebook.handed import read

    settings, drawn_on = common.settled(language=language), _past(day(on, "--on"))
    if of not in ("", "institution", "pharmacy"):
        raise UsageError(f"--of is '{of}'; it must be institution or pharmacy.")
    chosen = draws.weights("visit", weights)
    handed = read(inspectors, draws.INSPECTORS) if inspectors else None
    with book(settings, "draw") as (con, witness):
        settled = draws.visit_frame(
            con,
            places,
            drawn_on,
            chosen,
            kinds=(of,) if of else ("institution", "pharmacy"),
            region=region,
            not_since=day(not_since, "--not-since") if not_since else None,
            inspectors=draws.inspectors(con, handed) if handed else None,
            team=team,
        )
        answer = _drawn(con, settled, seed, drawn_on, settings, out, witness)
    _tell(answer, common)


@draw.command
def recheck(
    *,
    places: Places,
    closed_from: Annotated[str, Parameter(name="--from", help="Closed from this day on, as 2025-01-01.")],
    closed_to: Annotated[str, Parameter(name="--to", help="Closed up to this day; today by default.")] = "",
    inspectors: Inspectors = None,
    seed: Seed = None,
    weights: Annotated[str, Parameter(help="Other weights by conclusion, such as dismissed=2,confirmed=1.")] = "",
    on: On = "",
    out: Out = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Draw closed cases and leads to be looked at again (抽查复查); nobody is given what he handled himself.

    Beside the result stands recheck.csv, the form for the second reader, without what the first one said; filled in,
    it comes back by `draw compare`.
    """
    from flows.days import day
    from flows.home.casebook import book
    from flows.publish import draws as files
    from models.casebook import draws, rechecks
    from models.casebook.handed import read

    settings, drawn_on = common.settled(language=language), _past(day(on, "--on"))
    first, last = day(closed_from, "--from"), day(closed_to, "--to")
    chosen = draws.weights("recheck", weights)
    handed = read(inspectors, draws.INSPECTORS) if inspectors else None
    with book(settings, "draw") as (con, witness):
        who = draws.inspectors(con, handed) if handed else None
        settled = draws.recheck_frame(con, places, first, last, chosen, who)
        answer = _drawn(con, settled, seed, drawn_on, settings, out, witness)
        files.write_form(rechecks.form(con, answer["draw_id"]), Path(answer["folder"]), settings.labels)
    _tell(answer, common)


@draw.command
def compare(
    file: Annotated[Path, Parameter(help="recheck.csv filled in, as CSV or xlsx.")],
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Append what it says; without it nothing is written.")] = False,
    out: Annotated[Path | None, Parameter(help="CSV file for the rows that differ.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Compare what second readers say with the verdicts that stand: agreement, kappa, money, what differs."""
    from data.errors import InputRefused
    from flows.home.casebook import book
    from flows.publish.labels import labelled
    from flows.publish.safe import write_csv
    from models.casebook import rechecks
    from models.casebook.handed import read

    settings = common.settled(language=language)
    handed = read(file, rechecks.FORM)
    with book(settings, "draw") as (con, witness):
        made = rechecks.plan(con, handed)
        written = rechecks.append(con, made, witness) if yes else 0
    told = rechecks.agreement(made.rows)
    differing = rechecks.differing(made.rows)
    refused = made.rows.filter(made.rows["state"] == "refused")
    if out is not None:
        write_csv(labelled(differing, settings.labels, "recheck"), out)
    common.console.give({**told, "written": written, "differing": differing.to_dicts()})
    shown = ["lead_id", "conclusion", "second", "confirmed_amount", "second_amount", "reviewer", "second_reason"]
    common.console.table("what differs", shown, differing.select(shown).rows())
    for number, why in refused.select("row_number", "why").iter_rows():
        common.console.say(f"Row {number} refused: {why}.")
    common.console.say(
        f"{told['read']:,} leads looked at again, {told['agreeing']:,} with the same conclusion, kappa {told['kappa']};"
        f" {told['first_amount']:,} yuan confirmed before, {told['second_amount']:,} now; {written:,} appended."
    )
    if refused.height == made.rows.height:
        raise InputRefused(f"No row of {handed.name} could be read; the reasons are above.")


@draw.command
def verify(
    folder: Annotated[Path, Parameter(help="Folder with frame.csv, inspectors.csv and result.csv.")],
    *,
    seed: Annotated[int | None, Parameter(help="The published seed, where the result is not at hand.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """Repeat a draw from its frame and seed, and say whether the result follows from them."""
    from data.errors import CheckStopped
    from models.casebook import proof

    common.settings(language=language)
    told = proof.verify(folder, seed)
    common.console.give(told)
    common.console.say(f"Frame {told['frame_hash']}, seed {told['seed']}: {', '.join(told['units'])}.")
    if told["faults"]:
        raise CheckStopped(" ".join(told["faults"]))
    common.console.say("The result follows from the frame and the seed.")


@draw.command
def coverage(
    *,
    year: Annotated[int | None, Parameter(help="The year; this one by default.")] = None,
    often: Annotated[str, Parameter(help="Checks a year by tier in place of the usual, such as A=3,none=1.")] = "",
    owed: Annotated[bool, Parameter(negative=(), help="Only those to whom a check is still owed.")] = False,
    on: Annotated[str, Parameter(help="As it stands on this day, as 2025-12-31; today by default.")] = "",
    out: Annotated[Path | None, Parameter(help="CSV file to write the plan to.")] = None,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """The year's coverage (日常核查全覆盖): how often each place is to be checked, and what is owed."""
    import polars as pl

    from data.warehouse.connection import open_warehouse
    from flows import steps
    from flows.days import day
    from flows.home import audit_log
    from flows.publish.labels import labelled
    from flows.publish.safe import write_csv
    from models.casebook import coverage as covering

    settings, at = common.settled(language=language), day(on, "--on")
    with open_warehouse(settings.home, read_only=True) as con:
        rows = covering.plan(con, steps.sources(settings), year or at.year, at, often)
    rows = rows.filter(pl.col("owed") > 0) if owed else rows
    if out is not None:
        audit_log.record(settings.home, "coverage", None, {"files": {out.name: rows.height}})
        ids = labelled(rows.head(0).select("subject_id", "region"), settings.labels, "coverage_plan").columns
        write_csv(labelled(rows, settings.labels, "coverage_plan"), out, ids=ids)
    common.console.give(rows.to_dicts())
    common.console.table(f"coverage {year or at.year} on {at}", OWED, rows.select(OWED).head(MOST).rows(), ["last_on"])
    if rows.height > MOST:
        common.console.say(f"and {rows.height - MOST:,} more; --out FILE writes them all")
    open_ = rows.filter(pl.col("owed") > 0)
    late = open_.filter(pl.col("due_by") < at).height
    common.console.say(
        f"{rows.height:,} places, {rows.height - open_.height:,} covered, {open_.height:,} owed"
        f" {open_['owed'].sum():,} checks, {late:,} of them past their day."
    )


def _drawn(
    con: Any, settled: Any, seed: int | None, on: Any, settings: Any, out: Path | None, witness: Any
) -> dict[str, Any]:
    """The frame published and logged, then the draw: its answer."""
    import secrets

    from flows.home import audit_log
    from flows.publish import draws as files
    from models.casebook import draws

    draw_id = draws.next_id(con, on)
    folder = out or settings.home / "draws" / draw_id
    hashes = files.write_frame(settled, folder, settings.labels)
    audit_log.record(
        settings.home,
        "draw_frame",
        None,
        {
            "draw": draw_id,
            "frame": settled.hash,
            "units": settled.units.height,
            "places": settled.places,
            "files": hashes,
        },
    )
    chosen = secrets.randbelow(10**9) if seed is None else seed  # only now: nobody can try seeds on the frame
    drawn = draws.draw(settled, chosen)
    draws.keep(con, draw_id, settled, drawn, chosen, on, witness)
    files.write_result(draw_id, chosen, settled, drawn, folder, settings.labels)
    return {
        "draw_id": draw_id,
        "seed": chosen,
        "frame_hash": settled.hash,
        "units": settled.units.height,
        "folder": str(folder),
        "rows": drawn,
        "short": files.short(settled, drawn),
    }


def _tell(answer: dict[str, Any], common: Common) -> None:
    rows = answer["rows"]
    common.console.give({**answer, "rows": rows.to_dicts()})
    shown = [c for c in SHOWN if c in rows.columns]
    common.console.table(
        f"draw {answer['draw_id']}", shown, rows.with_columns(rows["probability"].round(4)).select(shown).rows()
    )
    for row in answer["short"]:
        common.console.say(f"Conflicts leave too few inspectors for {row['unit']}; somebody from elsewhere must go.")
    common.console.say(
        f"{rows.height:,} drawn of {answer['units']:,}, seed {answer['seed']}, frame {answer['frame_hash']};"
        f" files in {answer['folder']}."
    )


def _past(on: Any) -> Any:
    from datetime import date

    from data.errors import UsageError

    if on > date.today():
        raise UsageError(f"--on {on} has not come yet. Give the day of the draw.")
    return on
