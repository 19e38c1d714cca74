"""A month of visits for a staff: what brings most a day, what is due, a share for places never visited and for chance.

Time goes by half days of a team. The days a visit takes are a planner's estimate (models.ranking.capacity), and what
the record settles at the desk takes none of them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

#: Half days a team loses when it goes on to another division; within one the day goes on.
TRAVEL = 1
#: What is due so soon after the last day is due now: the next plan would begin too late for it.
AHEAD = timedelta(days=7)
HALVES = ("am", "pm")
DUE, YIELD, UNVISITED, CONTROL = "due", "yield", "unvisited", "control"
Half = tuple[date, str]
Visit = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """What a plan is asked for: people, how many go together, working days of each, shares, seed, last day."""

    staff: int
    days: float
    team: int
    control: float
    unvisited: float
    seed: int
    until: date


@dataclass
class Lane:
    """One team: its free half days in order, and what was put into them."""

    number: int
    free: Sequence[Half]
    taken: int = 0
    visits: list[Visit] = field(default_factory=list)
    used: int = 0

    def cost(self, visit: Visit) -> int:
        """Half days it would take here, the way included."""
        travels = bool(self.visits) and visit["region"] not in {v["region"] for v in self.visits}
        return int(visit["halves"]) + (TRAVEL if travels else 0)

    def room(self) -> int:
        """Half days left."""
        return len(self.free) - self.used

    def put(self, visit: Visit) -> None:
        """Take the visit on."""
        self.used += self.cost(visit)
        self.visits.append(visit)


@dataclass(frozen=True)
class Plan:
    """The visits in the order in which they begin; whom the control visits were drawn from, with its hash."""

    visits: list[Visit]
    frame: list[str]
    frame_hash: str
    drawn: int
    half_days: int
    taken: int  # half days of the same days that stand in earlier plans


def teams(staff: int, team: int) -> int:
    """Teams that can be out at once; somebody alone goes alone."""
    return max(1, staff // max(1, team))


def fill(
    places: pl.DataFrame, lanes: list[Lane], ask: Ask, before: Callable[[list[str], str], None] = lambda *_: None
) -> Plan:
    """Fill the lanes; never more half days than they have. `before` hears the frame and its hash before the draw.

    `places`: institution_id, region, visit_days, first_days, expected, amount, records, is_worth_it, is_unvisited,
    due_on, is_carried and what is to be carried on, without those that stand in an open plan.
    """
    every = sorted(
        (_visit(p, ask.team) for p in places.to_dicts()),
        key=lambda v: (-v["gain"], -float(v["amount"] or 0), v["institution_id"]),
    )
    total = sum(lane.room() for lane in lanes)
    pool = [v for v in every if v["is_worth_it"]]
    must = [v for v in every if v["is_carried"] or (v["due_on"] is not None and v["due_on"] <= ask.until + AHEAD)]
    for visit in sorted(must, key=lambda v: (v["due_on"] or ask.until, -v["gain"], v["institution_id"])):
        _put(lanes, visit, DUE)
    if pool and not any(lane.visits for lane in lanes):
        _first(lanes, pool[0])
    held = _for_chance(every, lanes, total, ask)
    wanted = ask.unvisited * total
    _greedy(lanes, pool, YIELD, total - held - math.ceil(wanted))
    lacking = wanted - sum(v["halves"] for lane in lanes for v in lane.visits if v["is_unvisited"])
    new = [v for v in pool if v["is_unvisited"]] + [v for v in every if v["is_unvisited"] and not v["is_worth_it"]]
    if lacking > 0:
        _greedy(lanes, new, UNVISITED, min(total - held, _used(lanes) + math.ceil(lacking)), in_order=True)
    frame, digest, drawn = _control(lanes, every, held, ask, before)
    _greedy(lanes, pool, YIELD, total)
    return Plan(_laid(lanes, ask), frame, digest, drawn, _used(lanes), sum(lane.taken for lane in lanes))


def _visit(place: Visit, team: int) -> Visit:
    """A place as a job: half days of a team, what it brings an inspector-day, all of it."""
    days = place["visit_days"] if place["is_worth_it"] and place["visit_days"] is not None else place["first_days"]
    halves = max(1, math.ceil(round(2 * days / team, 6)))
    expected = float(place["expected"] or 0)
    return place | {
        "halves": halves,
        "share": 1.0,
        "why": None,
        "probability": None,
        "gain": expected / max(days, 0.01),
        "expected": expected,
    }


def _taken(lanes: list[Lane]) -> set[str]:
    return {v["institution_id"] for lane in lanes for v in lane.visits}


def _used(lanes: list[Lane]) -> int:
    return sum(lane.used for lane in lanes)


def _put(lanes: list[Lane], visit: Visit, why: str) -> bool:
    """Where it costs least and there is room, the emptier team first; False where there is none."""
    if visit["institution_id"] in _taken(lanes):
        return False
    fitting = [lane for lane in lanes if lane.cost(visit) <= lane.room()]
    if not fitting:
        return False
    lane = min(fitting, key=lambda x: (x.cost(visit), -x.room(), x.number))
    lane.put(visit | {"why": why})
    return True


def _first(lanes: list[Lane], best: Visit) -> None:
    """The best visit there is, in part where the days allow no more: who has five days gets it all the same."""
    lane = max(lanes, key=lambda x: (x.room(), -x.number))
    room = lane.room()
    if not room:
        return
    share = min(1.0, room / best["halves"])
    lane.put(best | {"why": YIELD, "halves": min(room, best["halves"]), "share": round(share, 4)})


def _greedy(lanes: list[Lane], pool: list[Visit], why: str, limit: int, in_order: bool = False) -> None:
    """The most a half day first, the way counted, while no more than `limit` half days are used in all."""
    left = [v for v in pool if v["institution_id"] not in _taken(lanes)]
    while left:
        costs = np.array([min(lane.cost(v) for lane in lanes) for v in left])
        rooms = np.array([any(lane.cost(v) <= lane.room() for lane in lanes) for v in left])
        fits = rooms & (costs <= limit - _used(lanes))
        if not fits.any():
            return
        gains = np.array([v["expected"] for v in left]) / costs
        place = int(np.argmax(fits)) if in_order else int(np.argmax(np.where(fits, gains, -1.0)))
        _put(lanes, left.pop(place), why)


def _for_chance(every: list[Visit], lanes: list[Lane], total: int, ask: Ask) -> int:
    """Half days held free for the control visits: whole ones of the dearest kind, none where the share is too small."""
    each = _control_halves(every, ask.team)
    left = sum(lane.room() for lane in lanes)
    if not each or not ask.control:
        return 0
    return min(math.floor(ask.control * total / each + 0.5), left // each) * each


def _control_halves(every: list[Visit], team: int) -> int:
    """A control visit reads a fixed sample, whatever is said of the place: it costs what a first look does."""
    return max((math.ceil(round(2 * v["first_days"] / team, 6)) for v in every), default=0) + TRAVEL


def _control(
    lanes: list[Lane], every: list[Visit], held: int, ask: Ask, before: Callable[[list[str], str], None]
) -> tuple[list[str], str, int]:
    """Draw the control visits among the places that nobody chose; returns the frame, its hash, how many were drawn."""
    each = _control_halves(every, ask.team)
    frame = sorted(v["institution_id"] for v in every if v["institution_id"] not in _taken(lanes))
    digest = hashlib.sha256(f"{ask.seed} {frame!r}".encode()).hexdigest()[:16]
    # what is free may lie in pieces with several teams: as many as whole ones fit
    whole = sum(lane.room() // each for lane in lanes) if each else 0
    many = min(held // each if each else 0, whole, len(frame))
    before(frame, digest)
    keys = sorted(frame, key=lambda i: hashlib.sha256(f"{ask.seed} {digest} {i}".encode()).hexdigest())
    by_id = {v["institution_id"]: v for v in every}
    for institution_id in keys[:many]:
        visit = by_id[institution_id]
        halves = math.ceil(round(2 * visit["first_days"] / ask.team, 6))
        share = min(1.0, visit["first_days"] / max(visit["visit_days"] or visit["first_days"], 0.01))
        job = visit | {"halves": halves, "share": round(share, 4), "probability": round(many / len(frame), 6)}
        _put(lanes, job, CONTROL)
    return frame, digest, many


def _laid(lanes: list[Lane], ask: Ask) -> list[Visit]:
    """Every lane's visits onto its half days: a division's together, what is due first."""
    made = []
    for lane in lanes:
        by_region: dict[Any, list[Visit]] = {}
        for visit in sorted(lane.visits, key=lambda v: (v["why"] != DUE, v["due_on"] or ask.until, -v["gain"])):
            by_region.setdefault(visit["region"], []).append(visit)
        at = 0
        for nth, visits in enumerate(by_region.values()):
            for place, visit in enumerate(visits):
                travel = TRAVEL if nth and not place else 0
                first, last = lane.free[at], lane.free[at + travel + visit["halves"] - 1]
                at += travel + visit["halves"]
                made.append(
                    visit
                    | {
                        "team_number": lane.number,
                        "start_on": first[0],
                        "start_half": first[1],
                        "end_on": last[0],
                        "end_half": last[1],
                        "half_days": visit["halves"] + travel,
                        "travel_days": travel * ask.team / 2,
                        "inspector_days": (visit["halves"] + travel) * ask.team / 2,
                        "due_on": visit["due_on"] or ask.until,
                        "expected": round(visit["expected"] * visit["share"], 2),
                        "planned_records": math.ceil(round(visit["records"] * visit["share"], 6)),
                    }
                )
    return sorted(made, key=lambda v: (v["start_on"], HALVES.index(v["start_half"]), v["team_number"]))
