"""Plans of visits in the casebook: what is planned, overdue, done; the next plan is made beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data.errors import UsageError
from data.warehouse import events
from data.warehouse.connection import frame, has, transaction
from features import build
from models.visits import planning
from models.visits.planning import HALVES, Ask, Half, Lane, Plan

FOLDER = Path(__file__).parent
#: Days ahead that working days are looked for: no plan reaches further than a year.
HORIZON = 366
#: Days after a visit in which the place is not planned again, whatever its leads still say: its verdict may take long.
REST = 180
#: Days of a first look where no lead touches any place of its kind.
FIRST_DAYS = 3.0
#: By when something handed in from outside is to be answered, of places; nobody has answered it yet, and nobody has
#: been there or come to a verdict on the place since it came in: what is owed then is an answer, and no second visit.
DUE = """
    select o.subject_id as institution_id, coalesce(o.due_on, o.feedback_due_on) as due_on
    from casebook.outside_lead as o
    where not exists (
        select 1 from casebook.outside_event as e where e.outside_id = o.outside_id and e.act = 'feedback'
    ) and not exists (
        select 1 from casebook.current_plan_visit as c
        where c.institution_id = o.subject_id and c.act = 'done'
            and c.acted_on >= coalesce(o.received_on, cast(o.written_at as date))
    ) and not exists (
        select 1 from casebook.verdict as v
        where v.subject_id = o.subject_id and v.is_closing
            and v.decided_on >= coalesce(o.received_on, cast(o.written_at as date))
    )
"""
NO_PLANS = "(select null::varchar as institution_id, null::varchar as act, null::date as acted_on)"
NOTHING_DUE = "select cast(null as varchar) as institution_id, cast(null as date) as due_on"


@dataclass(frozen=True)
class Window:
    """The working days of a plan, and whether the calendar knows all of them."""

    days: list[date]
    is_known: bool

    @property
    def first(self) -> date:
        return self.days[0]

    @property
    def last(self) -> date:
        return self.days[-1]


def window(con: duckdb.DuckDBPyConnection, first: date, last: date | None, days: float) -> Window:
    """The working days from `first` on: to `last`, or as many as `days`. Raises UsageError where there is none."""
    until = last or first + timedelta(days=HORIZON)
    text = (FOLDER / "plan_workday.sql").read_text(encoding="utf-8")
    found = frame(con, text, {"first": first, "last": until})["on_date"].to_list()
    chosen = found if last is not None else found[: max(1, -int(-days // 1))]
    if not chosen:
        raise UsageError(f"There is no working day from {first} to {until}. Give another --from or --to.")
    query = "select max(on_date) from knowledge.calendar where kind <> 'statutory'"
    ((last_arranged_on,),) = con.execute(query).fetchall()
    return Window(chosen, last_arranged_on is not None and chosen[-1] <= date(last_arranged_on.year, 12, 31))


def standing(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every visit that is planned and not held yet, the one due first on top."""
    text = (FOLDER / "plan_open.sql").read_text(encoding="utf-8")
    if not has(con, "casebook.plan_visit"):  # of an earlier version, opened to be read only
        schema = dict.fromkeys(("visit_id", "institution_id", "start_half", "end_half"), pl.String)
        numbers = dict.fromkeys(("team_number", "half_days"), pl.Int64)
        return pl.DataFrame(schema={**schema, **numbers, **dict.fromkeys(("start_on", "end_on", "due_on"), pl.Date)})
    return frame(con, build.legible(con, text))


def lanes(free: Window, ask: Ask, taken: pl.DataFrame) -> list[Lane]:
    """A lane a team: half days of the window that no earlier visit has, and no more than its people's days.

    `taken` as plan_taken.sql gives it. Inspectors are numbered through the teams, so that whoever went in pairs in one
    plan and alone in the next is not in two places.
    """
    every: list[Half] = [(day, half) for day in free.days for half in HALVES]
    visits = taken.to_dicts()
    made = []
    for number in range(1, planning.teams(ask.staff, ask.team) + 1):
        own = [v for v in visits if _people(number, ask.team) & _people(v["team_number"], v["team"])]
        busy = {h for v in own for h in every if _place(v, "start") <= _key(h) <= _place(v, "end")}
        within = (v for v in own if v["end_on"] >= free.first and v["start_on"] <= free.last)
        spent = sum(v["half_days"] for v in within)
        made.append(Lane(number, [h for h in every if h not in busy][: max(0, int(2 * ask.days) - spent)], spent))
    return made


def _people(number: int, team: int) -> set[int]:
    """The inspectors of a team of that number where so many go together."""
    return set(range((number - 1) * team, number * team))


def _taken(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The days that planned visits take, held or not: a visit that was held frees nobody for the same hours."""
    if not has(con, "casebook.plan_visit"):  # of an earlier version, opened to be read only
        texts, numbers = ("start_half", "end_half"), ("team_number", "team", "half_days")
        schema = {**dict.fromkeys(texts, pl.String), **dict.fromkeys(numbers, pl.Int64)}
        return pl.DataFrame(schema={**schema, **dict.fromkeys(("start_on", "end_on"), pl.Date)})
    return frame(con, (FOLDER / "plan_taken.sql").read_text(encoding="utf-8"))


def _key(half: Half) -> tuple[date, int]:
    return half[0], HALVES.index(half[1])


def _place(visit: dict[str, Any], end: str) -> tuple[date, int]:
    return visit[f"{end}_on"], HALVES.index(visit[f"{end}_half"])


def make(
    con: duckdb.DuckDBPyConnection,
    places: pl.DataFrame,
    free: Window,
    ask: Ask,
    before: Callable[[list[str], str], None],
) -> tuple[Plan, pl.DataFrame]:
    """The plan, and the visits of earlier plans that it takes over because their days are past.

    `places` as models.visits.places gives them: what leads touch. A place with a visit still to come is left alone.
    """
    open_visits = standing(con)
    past = open_visits.filter(pl.col("end_on") < free.first)
    coming = open_visits.join(past.select("visit_id"), on="visit_id", how="anti")
    overdue = past.select("institution_id", "visit_id", was_due="due_on")
    candidates = (
        _known(con, free)
        .join(coming, on="institution_id", how="anti", maintain_order="left")
        .join(_worth(places), on="institution_id", how="left", maintain_order="left")
        .join(overdue, on="institution_id", how="left", maintain_order="left")
    )
    kinds = dict(places.select("subject_type", "first_days").unique().iter_rows())
    first = pl.col("subject_type").replace_strict(
        kinds, default=max(kinds.values(), default=FIRST_DAYS), return_dtype=pl.Float64
    )
    ready = candidates.with_columns(
        first_days=pl.coalesce("first_days", first),
        is_worth_it=pl.col("is_worth_it").fill_null(False),
        is_carried=pl.col("visit_id").is_not_null(),
        due_on=pl.min_horizontal("due_on", "was_due"),
        records=pl.col("records").fill_null(0),
    )
    return planning.fill(ready, lanes(free, ask, _taken(con)), ask, before), past


def _known(con: duckdb.DuckDBPyConnection, free: Window) -> pl.DataFrame:
    """Every place of the record but those visited lately, unless something about them is due."""
    text = (FOLDER / "plan_place.sql").read_text(encoding="utf-8")
    due = DUE if has(con, "casebook.outside_lead") and has(con, "casebook.outside_event") else NOTHING_DUE
    if not has(con, "casebook.plan_visit"):  # of an earlier version, opened to be read only
        text, due = (query.replace("casebook.current_plan_visit", NO_PLANS) for query in (text, due))
    con.execute(f"create or replace temp view plan_due as {due}")
    known = frame(con, build.legible(con, text), {"since": free.first - timedelta(days=REST)})
    return known.filter(~pl.col("is_rested") | (pl.col("due_on") <= free.last).fill_null(False))


def _worth(places: pl.DataFrame) -> pl.DataFrame:
    """What a visit brings and takes, without what the record settles at the desk."""
    return places.select(
        "institution_id", "visit_days", "first_days", "desk_days", "amount", "fund", "leads",
        expected=pl.col("expected") - pl.col("desk_expected"),
        records=pl.col("records") - pl.col("desk_records"),
        is_worth_it=pl.col("is_worth_it") & pl.col("visit_days").is_not_null() & (pl.col("visit_amount") > 0),
    )  # fmt: skip


def store(
    con: duckdb.DuckDBPyConnection,
    made: Plan,
    ask: Ask,
    free: Window,
    run_id: str | None,
    leads: dict[str, str],
    today: date,
    witness: Callable[[], None],
) -> str:
    """Append the plan and its visits; returns its number. Gives every visit its number (`visit_id`).

    `witness`, which writes the audit log's line, is called before the end; when it fails nothing is kept.
    """
    with transaction(con):
        stamp = events.stamp(con)
        nth = con.execute(
            "select count(*) + 1 from casebook.plan where plan_id like $year", {"year": f"V{free.first.year}-%"}
        ).fetchall()[0][0]
        plan_id = f"V{free.first.year}-{nth:03}"
        con.execute(
            "insert into casebook.plan values ($id, $number, $at, $run, $staff, $team, $days, $first, $last, $control,"
            " $unvisited, $seed, $hash, $places)",
            {
                "id": plan_id, "number": stamp.number, "at": stamp.at, "run": run_id, "staff": ask.staff,
                "team": ask.team, "days": ask.days, "first": free.first, "last": free.last, "control": ask.control,
                "unvisited": ask.unvisited, "seed": ask.seed, "hash": made.frame_hash, "places": len(made.frame),
            },
        )  # fmt: skip
        for place, visit in enumerate(made.visits, start=1):
            moved = visit["visit_id"] is not None
            visit["visit_id"] = visit["visit_id"] or f"{plan_id}-{place:02}"
            _append(con, plan_id, "move" if moved else "plan", today, visit, leads)
        witness()
    return plan_id


def note(con: duckdb.DuckDBPyConnection, which: str, act: str, on: date, text: str, witness: Callable[[], None]) -> str:
    """Note that a planned visit, given by its number or its place, was held or is dropped; returns its number.

    Raises UsageError where no such visit is open, or several are.
    """
    rows = standing(con).filter((pl.col("visit_id") == which) | (pl.col("institution_id") == which))
    if rows.height != 1:
        said = "No open visit has" if not rows.height else "Several open visits have"
        raise UsageError(f"{said} the number or place {which}. `fundwatch plan` lists the open ones.")
    visit = rows.row(0, named=True)
    with transaction(con):
        stamp = events.stamp(con)
        con.execute(
            "insert into casebook.plan_visit (visit_id, number, written_at, act, acted_on, institution_id, text)"
            " values ($id, $number, $at, $act, $on, $place, $text)",
            {"id": visit["visit_id"], "number": stamp.number, "at": stamp.at, "act": act, "on": on,
             "place": visit["institution_id"], "text": text or None},
        )  # fmt: skip
        witness()
    return str(visit["visit_id"])


def _append(
    con: duckdb.DuckDBPyConnection, plan_id: str, act: str, on: date, visit: dict[str, Any], leads: dict[str, str]
) -> None:
    stamp = events.stamp(con)
    con.execute(
        """
        insert into casebook.plan_visit values (
            $id, $number, $at, $plan, $act, $on, $place, $why, $probability, $team, $start_on, $start_half, $end_on,
            $end_half, $half_days, $due_on, $inspector_days, $desk_days, $records, $share, $expected, $amount, $fund,
            $leads, null
        )
        """,
        {
            "id": visit["visit_id"], "number": stamp.number, "at": stamp.at, "plan": plan_id, "act": act, "on": on,
            "place": visit["institution_id"], "why": visit["why"], "probability": visit["probability"],
            "team": visit["team_number"], "start_on": visit["start_on"], "start_half": visit["start_half"],
            "end_on": visit["end_on"], "end_half": visit["end_half"], "half_days": visit["half_days"],
            "due_on": visit["due_on"], "inspector_days": visit["inspector_days"], "desk_days": visit["desk_days"],
            "records": visit["planned_records"], "share": visit["share"], "expected": visit["expected"],
            "amount": visit["amount"], "fund": visit["fund"], "leads": leads.get(visit["institution_id"]),
        },
    )  # fmt: skip
