"""Which persons come to several institutions together, more often than chance would bring them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from models.detectors.rings import chance, communities, presence
from models.sources.work import Work

#: Pairs that one self-join may hold at once.
PAIRS_AT_ONCE = 5_000_000


@dataclass(frozen=True)
class Group:
    """Persons who came together `seen` times, `by_chance` times on average had they come when others come."""

    persons: list[int]
    seen: int
    by_chance: float
    most: int  # in the luckiest draw

    @property
    def excess(self) -> float:
        """Events above chance, in units of its spread."""
        return (self.seen - self.by_chance) / math.sqrt(self.by_chance + 1)


def find(work: Work) -> None:
    """One hit a settlement of a member in a joint event, and who belongs to the group. Units are settlements."""
    visits = work.frame("visits")
    groups = [g for g in search(work, visits) if g.seen > g.most and g.seen >= work.params["min_events"]]
    groups = beyond_search(work, visits, groups)
    seat(work, visits)
    rings = core(work, members_of([g.persons for g in groups]))
    rings, by_chance = merged(work, rings, {n: g.by_chance for n, g in enumerate(groups)})
    rings = core(work, rings)
    with work.lend(ring_group=rings):
        suspects = work.frame("groups")
    with work.lend(named_group=named(suspects, by_chance)):
        work.run("judged")


def search(work: Work, visits: pl.DataFrame) -> list[Group]:
    """The communities of persons who meet at these visits, with their joint events seen and by chance."""
    seed, runs = int(work.params["seed"]), int(work.params["runs"])
    parts = seat(work, visits) // PAIRS_AT_ONCE + 1
    met = pl.concat([work.frame("met_pairs", parts=parts, part=part) for part in range(parts)])
    with work.lend(met_pair=met):
        edges = work.frame("closest_pairs").rows()
    found = communities.communities(edges, seed, 3)
    groups = members_of(found)
    with work.lend(ring_group=groups):
        work.run("group_seats")
    seen = joint_events(work)
    with work.lend(drawn_visit=chance.drawn(visits, groups, runs, seed)):
        work.run("drawn_seats")
    by_draw = joint_events(work)
    draws = [[by_draw.get(n * runs + run, 0) for run in range(runs)] for n in range(len(found))]
    return [Group(persons, seen.get(n, 0), sum(draws[n]) / runs, max(draws[n])) for n, persons in enumerate(found)]


def beyond_search(work: Work, visits: pl.DataFrame, groups: Sequence[Group]) -> list[Group]:
    """The groups that beat the best one found in dealt days.

    Whoever searches finds something: the same search on days dealt anew shows how much.
    """
    if not groups:
        return []
    suspects = members_of([g.persons for g in groups])
    bar = 0.0
    for run in range(int(work.params["runs"])):
        dealt = chance.dealt(visits, suspects, int(work.params["seed"]) + run)
        bar = max([bar, *(g.excess for g in search(work, dealt))])
    return [g for g in groups if g.excess > bar]


def seat(work: Work, visits: pl.DataFrame) -> int:
    """Make the cells of these visits; how many pairs a join over them looks at."""
    with work.lend(searched_visit=visits):
        return work.number("cells")


def joint_events(work: Work) -> dict[int, int]:
    """Make the joint events of the seats that the groups now have; how many a community has."""
    return dict(work.frame("events").iter_rows())


def core(work: Work, groups: pl.DataFrame) -> pl.DataFrame:
    """Each group as those who came to half of its joint events, more than their visits explain."""
    with work.lend(ring_group=groups):
        work.run("group_seats")
    joint_events(work)
    with work.lend(ring_group=work.frame("core_members")):
        kept = presence.beyond_chance(work.frame("presence", sparse=chance.SPARSE))
    with work.lend(ring_group=kept):
        work.run("group_seats")
    joint_events(work)
    return kept


def merged(work: Work, groups: pl.DataFrame, by_chance: dict[int, float]) -> tuple[pl.DataFrame, dict[int, float]]:
    """One group of those that share half of the smaller one's members; it has the most events by chance of them."""
    with work.lend(ring_group=groups):
        pairs = work.frame("overlaps").rows()
    first = communities.connected(by_chance, pairs)
    most: dict[int, float] = {}
    for community, events in by_chance.items():
        most[first[community]] = max(events, most.get(first[community], 0.0))
    return groups.with_columns(pl.col("community").replace(first)).unique(maintain_order=True), most


def members_of(groups: Sequence[Sequence[int]]) -> pl.DataFrame:
    """community (the place in `groups`) and person."""
    return pl.DataFrame(
        [(community, person) for community, persons in enumerate(groups) for person in persons],
        schema={"community": pl.Int32, "person": pl.Int32},
        orient="row",
    )


def named(suspects: pl.DataFrame, by_chance: dict[int, float]) -> pl.DataFrame:
    """community, group_key from its sorted members, and the events that chance gives."""
    return pl.DataFrame(
        [
            (community, "co-visit-" + hashlib.sha256(members.encode()).hexdigest()[:12], round(by_chance[community], 2))
            for community, members in suspects.iter_rows()
        ],
        schema={"community": pl.Int32, "group_key": pl.String, "by_chance": pl.Float64},
        orient="row",
    )
