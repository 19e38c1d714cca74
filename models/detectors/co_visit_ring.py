"""Groups of persons who go to several institutions together, more often than chance would bring them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from models import card
from models.detectors import _ring_chance, _ring_facts
from models.detectors import _ring_search as search

PARTS = (
    "models.detectors._ring_search",
    "models.detectors._ring_chance",
    "models.detectors._ring_facts",
    "models.detectors._ring_members",
)

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
        "basis": ["《医疗保障基金使用监督管理条例》第十九条、第四十条第（一）项、第四十一条"],
        "window": "the whole delivered window",
        "needs": ["record.settlement"],
        "params": {
            "min_joint": {"value": 3, "unit": "times", "meaning": "least joint visits of a pair"},
            "min_members": {
                "value": 4,
                "unit": "persons",
                "meaning": "least size; three with strong evidence",
            },
            "min_events": {"value": 5, "unit": "events", "meaning": "least joint events of a group"},
            "strong_events": {
                "value": 8,
                "unit": "events",
                "meaning": "joint events asked of a group that may be a household, or at one institution only",
            },
            "household": {
                "value": 6,
                "unit": "persons",
                "meaning": "groups up to this size may live together: strong_events or min_events joint"
                " admissions, and no child among them",
            },
            "share": {"value": 0.4, "unit": "share", "meaning": "least share of the group in a joint event"},
            "max_cell": {
                "value": 60,
                "unit": "persons",
                "meaning": "busier windows say nothing and are dropped",
            },
            "runs": {
                "value": 8,
                "min": 1,
                "unit": "runs",
                "meaning": "times the days are dealt anew to measure chance",
            },
            "seed": {"value": 20250101, "meaning": "of dealing and grouping"},
        },
        "exclusions": [
            "dialysis, chemotherapy, radiotherapy, check-ups, vaccination, antenatal care",
            "rehabilitation and acupuncture courses at one institution",
            "one institution at a regular rhythm or on fixed weekdays",
            "groups no larger than a household with a child, or with little evidence: families",
        ],
        "exclusions_zh": [
            "透析、化疗、放疗、体检、疫苗接种、产前检查",
            "在一家机构的康复、针灸疗程",
            "在一家机构按固定周期或固定星期就诊",
            "有儿童的小群体，或证据较少者：家庭",
        ],
        "limits": "Who shares an address, a telephone or an employer is not known here. Residents of one home"
        " who are brought to the doctor together look alike. Windows busier than {max_cell:person} are not judged.",
        "limits_zh": "是否同住址、同电话、同单位，此处未知。养老机构人员集中送医也会呈现相同情形。"
        "超过 {max_cell} 人的时间窗不作判断。",
    }
)


def judge(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """One hit a settlement of a member in a joint event; fills model.group_member. Units are settlements."""
    search.visits(con, int(params["min_joint"]))
    search.take_record(con)
    groups = [g for g in _groups(con, params) if g.seen > g.most and g.seen >= params["min_events"]]
    groups = _beyond_search(con, groups, params)
    search.take_record(con)
    search.cells(con, int(params["max_cell"]))
    _fill(con, groups)
    _ring_facts.members(con, params)
    chance = _ring_facts.merge(con, {n: g.chance for n, g in enumerate(groups)})
    _ring_facts.members(con, params)
    _ring_facts.drop_benign(con, params)
    _name(con, chance)
    _write(con)
    for (table,) in con.sql(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'ring_')"
    ).fetchall():
        con.execute(f"drop table {table}")


@dataclass(frozen=True)
class Group:
    """Persons who came together `seen` times, `chance` times on average had they come when others come."""

    persons: list[int]
    seen: int = 0
    chance: float = 0.0
    most: int = 0  # in the luckiest draw

    @property
    def excess(self) -> float:
        """Events above chance, in units of its spread."""
        return (self.seen - self.chance) / math.sqrt(self.chance + 1)


def _groups(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> list[Group]:
    """The communities of ring_now, with their joint events seen and by chance."""
    seed, share = int(params["seed"]), float(params["share"])
    search.cells(con, int(params["max_cell"]))
    edges = search.pairs(con, int(params["min_joint"]))
    groups = [Group(persons) for persons in search.communities(edges, seed, 3)]
    _fill(con, groups)
    _ring_chance.seat(con)
    _ring_chance.events(con, share)
    seen = _ring_chance.counts(con)
    drawn = _ring_chance.by_chance(con, int(params["runs"]), seed, share)
    return [
        replace(g, seen=seen.get(n, 0), chance=sum(drawn[n]) / len(drawn[n]), most=max(drawn[n]))
        for n, g in enumerate(groups)
    ]


def _beyond_search(con: duckdb.DuckDBPyConnection, groups: list[Group], params: Mapping[str, Any]) -> list[Group]:
    """The groups that beat the best one found in dealt days.

    Whoever searches finds something: the same search on days dealt anew shows how much.
    """
    if not groups:
        return []
    _fill(con, groups)
    con.execute(
        "create or replace temp table ring_set_aside as"
        " select distinct g.person, v.place from ring_group as g join ring_visit as v on v.person = g.person"
    )
    bar = 0.0
    for run in range(int(params["runs"])):
        search.deal(con, int(params["seed"]) + run)
        bar = max([bar, *(g.excess for g in _groups(con, params))])
    return [g for g in groups if g.excess > bar]


def _fill(con: duckdb.DuckDBPyConnection, groups: Sequence[Group]) -> None:
    """Make ring_group: community (the place in `groups`) and person."""
    import pyarrow as pa

    table = pa.table(
        {
            "community": pa.array([n for n, g in enumerate(groups) for _ in g.persons], pa.int32()),
            "person": pa.array([p for g in groups for p in g.persons], pa.int32()),
        }
    )
    con.register("ring_filling", table)
    con.execute("create or replace temp table ring_group as select * from ring_filling")
    con.unregister("ring_filling")


def _name(con: duckdb.DuckDBPyConnection, chance: Mapping[int, float]) -> None:
    """Make ring_named: community, group_key from its sorted members, and the events that chance gives."""
    rows = con.sql(
        "select f.community, string_agg(distinct j.person_id, ';' order by j.person_id) from ring_fact as f"
        " join ring_joint as j on j.community = f.community group by f.community"
    ).fetchall()
    con.execute("create or replace temp table ring_named (community integer, group_key varchar, by_chance double)")
    for community, members in rows:
        key = PREFIX + hashlib.sha256(members.encode()).hexdigest()[:12]
        con.execute("insert into ring_named values ($1, $2, $3)", [community, key, round(chance[community], 2)])


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
