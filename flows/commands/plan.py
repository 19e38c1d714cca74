"""plan: a month of visits for the staff there is."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.common import COMMON, COUNT, Common, Language, app

if TYPE_CHECKING:
    import polars as pl

    from flows.home.settings import Settings

TEAM = 2


@app.command
def plan(
    *,
    staff: Annotated[int | None, Parameter(converter=COUNT, help="Inspectors there are.")] = None,
    days: Annotated[float | None, Parameter(help="Working days each of them has.")] = None,
    team: Annotated[int | None, Parameter(converter=COUNT, help="How many go together; two if there are.")] = None,
    first: Annotated[str, Parameter(name="--from", help="First day, as 2026-03-02; tomorrow by default.")] = "",
    last: Annotated[str, Parameter(name="--to", help="Last day; as many working days as --days by default.")] = "",
    control: Annotated[float, Parameter(help="Share of the days for visits drawn at random.")] = 0.1,
    unvisited: Annotated[float, Parameter(help="Share of the days for places that were never visited.")] = 0.2,
    seed: Annotated[int | None, Parameter(help="Seed of the draw, published with it.")] = None,
    draft: Annotated[bool, Parameter(negative=(), help="Show the plan and keep nothing of it.")] = False,
    out: Annotated[Path | None, Parameter(help="Write plan.csv, plan.xlsx and plan.html here.")] = None,
    done: Annotated[str, Parameter(help="Number or place of a planned visit that was held.")] = "",
    drop: Annotated[str, Parameter(help="Number or place of a planned visit that will not be.")] = "",
    on: Annotated[str, Parameter(help="The day of --done; today by default.")] = "",
    note: Annotated[str, Parameter(help="What is to be remembered of --done or --drop.")] = "",
    language: Language = None,
    labels: Annotated[str | None, Parameter(help="Column labels: names or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Fill working days with the visits that bring most an inspector-day; without arguments, print what is planned.

    What is due comes first, then what brings most with the way counted (a division's visits go together), a share for
    places never visited and a share drawn at random. Never more than the staff has; who has less than the best visit
    takes gets it in part. A place that is planned is not planned again until its days are past: then it is moved, and
    told as overdue. A visit is held when --done says so, or when its verdict or inspection comes in.
    """
    settings = common.settled(language=language, labels=labels, seed=seed)
    if done or drop:
        _note(settings, done, drop, on, note, common)
        return
    if staff is None and days is None:
        _show(settings, common)
        return
    ask = _ask(staff, days, team, control, unvisited, settings.seed)
    _plan(settings, ask, _day("--from", first), _day("--to", last), draft, out, common)


def _ask(
    staff: int | None, days: float | None, team: int | None, control: float, unvisited: float, seed: int
) -> dict[str, Any]:
    from data.errors import UsageError

    if staff is None or days is None:
        raise UsageError("Give both: fundwatch plan --staff 3 --days 20.")
    if not 0.5 <= days <= 260:
        raise UsageError(f"--days is {days:g}; the working days of one inspector are between 0.5 and 260.")
    for name, share in (("--control", control), ("--unvisited", unvisited)):
        if not 0 <= share <= 1:
            raise UsageError(f"{name} is {share:g}; a share is between 0 and 1.")
    if control + unvisited > 1:
        raise UsageError("--control and --unvisited together are at most 1.")
    if team is not None and team > staff:
        raise UsageError(f"--team is {team} and --staff {staff}: no more can go together than there are.")
    size = team or min(TEAM, staff)
    return {"staff": staff, "days": days, "team": size, "control": control, "unvisited": unvisited, "seed": seed}


def _plan(
    settings: Settings, said: dict[str, Any], first: date | None, last: date | None, draft: bool, out: Path | None,
    common: Common,
) -> None:  # fmt: skip
    from contextlib import nullcontext

    from data.errors import FundwatchError, UsageError
    from data.warehouse.connection import open_warehouse
    from flows.home import audit_log, lock
    from flows.publish import plan_files, visit_files
    from models.casebook import plans
    from models.visits.planning import Ask

    begin = first or date.today() + timedelta(days=1)
    if last is not None and last < begin:
        raise UsageError(f"--to {last} is before --from {begin}.")
    with (
        nullcontext() if draft else lock.hold(settings.home),
        open_warehouse(settings.home, memory_limit=settings.memory_limit, read_only=draft) as con,
    ):
        if not con.execute("select 1 from run.step where step = 'rank'").fetchall():
            raise UsageError("Nothing was ranked yet. Run `fundwatch run INPUT` first.")
        visits = visit_files.of_last_run(con, settings)
        free = plans.window(con, begin, last, said["days"])
        ask = Ask(**said, until=free.last)

        def before(frame: list[str], digest: str) -> None:
            what = {"seed": ask.seed, "frames": {"plan": digest}, "places": len(frame), "draft": draft}
            audit_log.record(settings.home, "draw", visits.run_id or None, what)

        made, past = plans.make(con, visits.places, free, ask, before)
        plan_id = None
        if made.visits and not draft:
            run, logged = visits.run_id or None, {"visits": len(made.visits), **said}
            witness = partial(audit_log.record, settings.home, "plan", run, logged, con)
            plan_id = plans.store(con, made, ask, free, run, visits.lead_ids(), date.today(), witness)
        rows = plan_files.table(made)
        desk = _desk(visits.places)
        overdue = past.filter(past["due_on"] < free.first).to_dicts() if past.height else []
    files: list[str] = []
    if out is not None:
        try:
            files = plan_files.write(
                rows, out, plan_id=plan_id, made=made, ask=ask, free=free, overdue=overdue, run_id=visits.run_id,
                labels=settings.labels, language=settings.language, known=visits.known,
            )  # fmt: skip
        except OSError as error:
            kept = f"Plan {plan_id} is kept, but " if plan_id else ""
            raise FundwatchError(
                f"{kept}{error.filename or out} cannot be written: {error.strerror or error}."
            ) from error
    _tell(rows, overdue, plan_id, made, ask, free, desk, out, files, common)


def _tell(
    rows: pl.DataFrame, overdue: list[dict[str, Any]], plan_id: str | None, made: Any, ask: Any, free: Any,
    desk: dict[str, Any], out: Path | None, files: list[str], common: Common,
) -> None:  # fmt: skip
    used, have = made.half_days * ask.team / 2, ask.staff * ask.days - made.taken * ask.team / 2
    common.console.give(
        {
            "plan_id": plan_id, "from": free.first, "to": free.last, "inspector_days": used, "staff_days": have,
            "seed": ask.seed, "frame_hash": made.frame_hash, "frame_places": len(made.frame), "drawn": made.drawn,
            "visits": rows.to_dicts(), "overdue": overdue, "desk": desk,
        }
    )  # fmt: skip
    names = ["visit_id", "team_number", "start_on", "end_on", "institution_id", "institution_name", "why", "due_on"]
    names += ["inspector_days", "expected"]
    common.console.table("", names, rows.select(names).rows(), ["due_on", "team_number", "end_on"])
    common.console.say(
        f"{rows.height:,} visits from {free.first} to {free.last}: {used:g} of {have:g} inspector-days,"
        f" {rows['expected'].sum():,.2f} yuan expected; {made.drawn:,} drawn from {len(made.frame):,} places with seed"
        f" {ask.seed}."
    )
    if made.taken:
        common.console.say(f"{made.taken * ask.team / 2:g} inspector-days more stand in earlier plans.")
    if any(v["share"] < 1 and v["why"] != "control" for v in made.visits):
        common.console.say("Where share is below 1 the days allow only part of the records: the most money first.")
    if desk["places"] and have > used:
        common.console.say(
            f"{have - used:g} inspector-days are left for the desk, where the record of {desk['places']:,} places"
            f" proves {desk['amount']:,} yuan: {desk['days']:g} days of work."
        )
    if not free.is_known:
        common.console.say("The calendar of holidays does not reach so far: only weekends are left out.")
    moved = set(rows["institution_id"])
    for visit in overdue:
        now = "comes first now" if visit["institution_id"] in moved else "does not fit into these days"
        common.console.say(
            f"Overdue: {visit['institution_id']} ({visit['visit_id']}) was due on {visit['due_on']} and {now}."
        )
    if not made.visits:
        common.console.say("No visit fits into these days, so that no plan was kept.")
    elif plan_id is None:
        common.console.say("A draft: nothing was kept. Leave out --draft to make it the plan.")
    else:
        common.console.say(f"Kept as plan {plan_id}.")
    if files:
        common.console.say(f"Files in {out}: {', '.join(files)}.")


def _desk(places: pl.DataFrame) -> dict[str, Any]:
    """What the record alone proves, of all places worth looking at: how many, yuan, days at the desk."""
    rows = places.filter(places["is_worth_it"] & (places["desk_amount"] > 0))
    return {"places": rows.height, "amount": rows["desk_amount"].sum(), "days": round(rows["desk_days"].sum(), 1)}


def _show(settings: Settings, common: Common) -> None:
    from data.warehouse.connection import open_warehouse
    from models.casebook import plans

    with open_warehouse(settings.home, read_only=True) as con:
        rows = plans.standing(con)
    today = date.today()
    common.console.give([{**v, "is_overdue": v["due_on"] < today} for v in rows.to_dicts()])
    if not rows.height:
        common.console.say("No visit is planned. `fundwatch plan --staff 3 --days 20` plans a month.")
        return
    names = ["visit_id", "team_number", "start_on", "end_on", "institution_id", "institution_name", "why", "due_on"]
    common.console.table("planned visits", names, rows.select(names).rows(), ["team_number", "end_on"])
    late = rows.filter(rows["due_on"] < today).height
    common.console.say(f"{rows.height:,} visits are planned and not held yet, {late:,} of them overdue.")


def _note(settings: Settings, done: str, drop: str, on: str, note: str, common: Common) -> None:
    from data.errors import UsageError
    from data.warehouse.connection import open_warehouse
    from flows.home import audit_log, lock
    from models.casebook import plans

    if done and drop:
        raise UsageError("Give --done or --drop, not both.")
    text = " ".join(note.split())
    if drop and not text:
        raise UsageError("Say why the visit is dropped: --note TEXT.")
    day, act = _day("--on", on) or date.today(), "done" if done else "drop"
    with lock.hold(settings.home), open_warehouse(settings.home, memory_limit=settings.memory_limit) as con:
        logged = {"visit": done or drop, "act": act, "on": str(day)}
        visit_id = plans.note(
            con, done or drop, act, day, text, partial(audit_log.record, settings.home, "plan", None, logged, con)
        )
    common.console.give({"visit_id": visit_id, "act": act, "on": day})
    common.console.say(f"Visit {visit_id} {'was held on' if done else 'is dropped on'} {day}.")


def _day(option: str, text: str) -> date | None:
    from data.errors import UsageError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} is '{text}'; write the day as 2025-12-31.") from error
