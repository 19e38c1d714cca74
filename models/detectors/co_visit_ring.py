"""Groups of persons who go to several institutions together, more often than chance would bring them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from models import card
from models.detectors import _ring_search as search

PARTS = (search,)

#: group_key of this detector's groups, so that it replaces its own and nobody else's.
PREFIX = "co-visit-"

CARD = card.make(
    {
        "title": "Persons who go together",
        "title_zh": "多人结伴就医、购药、住院",
        "violation": "group_visits",
        "family": "ring",
        "subjects": ["group", "institution", "pharmacy", "person"],
        "certainty": "suspected",
        "sentence": "{members} persons came together {joint_events} times at {institutions} institutions, where"
        " chance would bring them together {by_chance} times; this settlement is of {occurred_on}",
        "sentence_zh": "{members}人在{institutions}家机构结伴就医购药{joint_events}次，随机情形预期{by_chance}次；"
        "本次结算日期{occurred_on}",
        "basis": ["医疗保障基金使用监督管理条例 第十七条、第四十一条"],
        "window": "the whole delivered window",
        "needs": ["record.settlement"],
        "params": {
            "min_joint": {"value": 3, "unit": "times", "meaning": "least joint visits of a pair"},
            "min_members": {
                "value": 4,
                "unit": "persons",
                "meaning": "least size; three with strong evidence",
            },
            "min_events": {"value": 4, "unit": "events", "meaning": "least joint events of a group"},
            "strong_events": {
                "value": 8,
                "unit": "events",
                "meaning": "joint events asked of a group of three or four, or at one institution only",
            },
            "share": {"value": 0.4, "unit": "share", "meaning": "least share of the group in a joint event"},
            "max_cell": {
                "value": 60,
                "unit": "persons",
                "meaning": "busier windows say nothing and are dropped",
            },
            "runs": {
                "value": 8,
                "unit": "runs",
                "meaning": "times the days are dealt anew to measure chance",
            },
            "seed": {"value": 20250101, "meaning": "of dealing and grouping"},
        },
        "exclusions": [
            "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, antenatal care",
            "rehabilitation and acupuncture courses at one institution",
            "one institution at a regular rhythm or on fixed weekdays",
            "small groups with a child, or with little evidence: families",
        ],
        "limits": "Who shares an address, a telephone or an employer is not known here. Residents of one home"
        " who are brought to the doctor together look alike. Windows busier than max_cell are not judged.",
    }
)

COURSE = "康复|训练|针刺|电针|推拿|理疗|牵引|偏瘫"


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of a member in a joint event; fills model.group_member. Units are settlements."""
    search.visits(con, params)
    search.cells(con, int(params["max_cell"]))
    groups = [g for g in _groups(con, [0], params) if g.seen > g.most and g.seen >= params["min_events"]]
    chance = _beyond_search(con, groups, params)
    _members(con, params)
    _drop_benign(con, params)
    _name(con, chance)
    _write(con)


@dataclass(frozen=True)
class Group:
    """Persons who came together `seen` times, `chance` times on average had they come when others come."""

    run: int
    persons: list[int]
    seen: int = 0
    chance: float = 0.0
    most: int = 0  # in the luckiest draw

    @property
    def excess(self) -> float:
        """Events above chance, in units of its spread."""
        return (self.seen - self.chance) / (self.chance + 1) ** 0.5


def _groups(con: duckdb.DuckDBPyConnection, runs: Iterable[int], params: Mapping[str, Any]) -> list[Group]:
    """The communities of the runs, with their joint events seen and by chance."""
    seed, share = int(params["seed"]), float(params["share"])
    groups = []
    for run in runs:
        edges = search.pairs(con, run, int(params["min_joint"]))
        groups += [Group(run, persons) for persons in search.communities(edges, seed, 3)]
    _fill(con, groups)
    search.seat(con)
    search.events(con, share)
    seen = search.counts(con)
    drawn = search.by_chance(con, int(params["runs"]), seed, share)
    return [
        replace(g, seen=seen.get(n, 0), chance=sum(drawn[n]) / len(drawn[n]), most=max(drawn[n]))
        for n, g in enumerate(groups)
    ]


def _beyond_search(
    con: duckdb.DuckDBPyConnection, groups: list[Group], params: Mapping[str, Any]
) -> dict[int, float]:
    """Leave in ring_group the groups that beat the best one found in dealt days, and return their chance.

    Whoever searches finds something: the same search on days dealt anew shows how much.
    """
    _fill(con, groups)
    con.execute(
        "create or replace temp table ring_set_aside as"
        " select distinct g.person, v.place from ring_group as g join ring_visit as v on v.person = g.person"
    )
    if groups:
        runs = int(params["runs"])
        search.deal(con, runs, int(params["seed"]))
        search.cells(con, int(params["max_cell"]))
        bar = max((g.excess for g in _groups(con, range(1, runs + 1), params)), default=0.0)
        groups = [g for g in groups if g.excess > bar]
        _fill(con, groups)
    return {n: g.chance for n, g in enumerate(groups)}


def _fill(con: duckdb.DuckDBPyConnection, groups: Sequence[Group]) -> None:
    """Make ring_group: community (the place in `groups`), run, person."""
    import pyarrow as pa

    table = pa.table(
        {
            "community": pa.array([n for n, g in enumerate(groups) for _ in g.persons], pa.int32()),
            "run": pa.array([g.run for g in groups for _ in g.persons], pa.int32()),
            "person": pa.array([p for g in groups for p in g.persons], pa.int32()),
        }
    )
    con.register("ring_filling", table)
    con.execute("create or replace temp table ring_group as select * from ring_filling")
    con.unregister("ring_filling")


def _members(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Replace each group by those who came to half of its joint events, whoever they are."""
    search.seat(con)
    search.events(con, float(params["share"]))
    con.execute(
        """
        create or replace temp table ring_group as
        with came as (
            select e.community, c.person, count(distinct e.event) as times
            from ring_event as e join ring_cell as c on c.run = 0 and c.place = e.place and c.start = e.start
            group by e.community, c.person
        ),
        held as (
            select community, count(distinct event) as events from ring_event group by community
        ),
        core as (
            select c.community, c.person from came as c join held as h on h.community = c.community
            where c.times >= 0.5 * h.events
        ),
        named as (
            select community, string_agg(person, ' ' order by person) as members from core group by community
        ),
        single as (
            select min(community) as community from named group by members
        )
        select c.community, 0 as run, c.person from core as c join single as s on s.community = c.community
        """
    )
    search.seat(con)
    search.events(con, float(params["share"]))


def _drop_benign(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make ring_joint (settlements of members in joint events) and ring_fact (a row a group), benign ones out."""
    con.execute(
        """
        create or replace temp table ring_joint as
        select distinct e.community, e.event, p.settlement_id, p.encounter_id, p.person_id, p.person,
            p.institution_id, p.settled_on, p.came_on, p.eligible_amount
        from ring_event as e
        join ring_group as g on g.community = e.community
        join ring_paid as p on p.person = g.person and p.place = e.place
            and p.tick between e.start and e.start + case when e.way = 1 then 0 else 1 end
        """
    )
    con.execute(
        f"""
        create or replace temp table ring_fact as
        with held as (
            select community, event, min(institution_id) as institution_id, min(came_on) as day
            from ring_joint group by community, event
        ),
        spaced as (
            select *, date_diff('day', lag(day) over (partition by community order by day, event), day) as gap
            from held
        ),
        visited as (
            select community, institution_id, count(*) as events from held group by community, institution_id
        ),
        spread as (
            select v.community, count(*) filter (v.events >= 0.15 * h.events) as institutions
            from visited as v join (select community, count(*) as events from held group by 1) as h
                on h.community = v.community
            group by v.community
        ),
        weekday as (
            select community, dayofweek(day) as weekday, count(*) as events from held group by 1, 2
            qualify row_number() over (partition by community order by count(*) desc, 2) <= 3
        ),
        fixed as (
            select community, sum(events) as fixed_events from weekday group by community
        ),
        course as (
            select j.community, avg(cast(coalesce(c.is_course, false) as integer)) as course_share
            from (select distinct community, settlement_id from ring_joint) as j
            left join (
                select distinct settlement_id, true as is_course from feature.fee_line
                where settlement_id in (select settlement_id from ring_joint)
                    and regexp_matches(item_name, '{COURSE}')
            ) as c on c.settlement_id = j.settlement_id
            group by j.community
        ),
        person as (
            select j.community, count(distinct j.person) as members, min(s.age_years) as youngest
            from ring_joint as j join feature.settlement as s on s.settlement_id = j.settlement_id
            group by j.community
        )
        select p.community, p.members, p.youngest, count(*) as joint_events, max(r.institutions) as institutions,
            max(f.fixed_events) as fixed_events, max(c.course_share) as course_share,
            coalesce(stddev_samp(s.gap) / nullif(avg(s.gap), 0), 1) as unevenness
        from person as p
        join spaced as s on s.community = p.community
        join spread as r on r.community = p.community
        join fixed as f on f.community = p.community
        join course as c on c.community = p.community
        group by p.community, p.members, p.youngest
        """
    )
    con.execute(
        """
        delete from ring_fact
        where members < 3 or joint_events < $least
            or (members <= $small and (joint_events < $strong or institutions < 2))
            or (members <= 6 and youngest < 16)
            or (institutions < 2 and (joint_events < $strong or course_share >= 0.5 or unevenness < 0.4
                or fixed_events >= 0.9 * joint_events))
        """,
        {
            "least": params["min_events"],
            "strong": params["strong_events"],
            "small": params["min_members"],
        },
    )


def _name(con: duckdb.DuckDBPyConnection, chance: Mapping[int, float]) -> None:
    """Make ring_named: community, group_key from its sorted members, and the events that chance gives."""
    rows = con.sql(
        "select f.community, string_agg(distinct j.person_id, ';' order by j.person_id) from ring_fact as f"
        " join ring_joint as j on j.community = f.community group by f.community"
    ).fetchall()
    con.execute(
        "create or replace temp table ring_named (community integer, group_key varchar, by_chance double)"
    )
    for community, members in rows:
        key = PREFIX + hashlib.sha256(members.encode()).hexdigest()[:12]
        con.execute(
            "insert into ring_named values ($1, $2, $3)", [community, key, round(chance[community], 2)]
        )


def _write(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from model.group_member where starts_with(group_key, $prefix)", {"prefix": PREFIX})
    con.execute(
        """
        insert into model.group_member by name
        select n.group_key, j.person_id, round(count(distinct j.event) / max(f.joint_events), 4) as share
        from ring_named as n
        join ring_fact as f on f.community = n.community
        join ring_joint as j on j.community = n.community
        group by n.group_key, j.person_id order by 1, 2
        """
    )
    con.execute(
        """
        create or replace temp table judged as
        with hit as (
            select distinct n.group_key, j.settlement_id, j.encounter_id, j.person_id, j.institution_id,
                j.settled_on, j.eligible_amount, f.members, f.joint_events, f.institutions, n.by_chance
            from ring_named as n
            join ring_fact as f on f.community = n.community
            join ring_joint as j on j.community = n.community
        ),
        crowded as (
            select count(distinct p.settlement_id) as settlements
            from ring_paid as p join ring_crowd as c
                on c.place = p.place and c.start = case when p.way = 1 then p.tick else p.tick // 2 * 2 end
        )
        select 'hit' as outcome, cast(null as varchar) as reason, settlement_id, cast(null as varchar) as line_id,
            encounter_id, person_id, institution_id, cast(null as varchar) as practitioner_id,
            settled_on as occurred_on, eligible_amount as amount,
            cast(to_json(struct_pack(members := members, joint_events := joint_events,
                institutions := institutions, by_chance := by_chance, group_key := group_key,
                occurred_on := settled_on)) as varchar) as detail,
            group_key as part, 1 - (by_chance + 1) / (joint_events + 1) as weight, group_key, cast(1 as bigint) as units
        from hit
        union all
        select 'cannot_judge', 'too many persons at once: who belongs together cannot be told', null, null, null,
            null, null, null, null, null, null, null, null, null, settlements
        from crowded where settlements > 0
        union all
        select 'clear', null, null, null, null, null, null, null, null, null, null, null, null, null,
            (select count(distinct settlement_id) from ring_paid) - (select count(distinct settlement_id) from hit)
            - settlements
        from crowded
        """
    )
