"""Pooling areas (统筹区): a source is judged once for each set of parameters and knowledge, and of each only the areas'
rows stay.

What is judged belongs to the area of its settlement, else of its place, else of its person (features settlement,
institution, person: column `area`); a group to that of most of its rows, so that one across two areas stays whole.
What has no area is judged with the parameters of everybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from data.area import covering
from data.knowledge import by_area
from models.sources import judged

Params = Mapping[str, Any]
Fill = Callable[[duckdb.DuckDBPyConnection, Params], None]

#: Where a finding's detail says whose parameters it was judged with, if not everybody's.
NOTED = "parameters_of_area"
#: By which key of a row its area is looked up, the first that is known: feature, alias.
PLACES = {
    "settlement_id": ("feature.settlement", "area_settlement"),
    "institution_id": ("feature.institution", "area_place"),
    "person_id": ("feature.person", "area_person"),
}
FEATURES = frozenset(feature for feature, _ in PLACES.values())


@dataclass(frozen=True)
class Part:
    """Those areas that are judged with the same parameters; part 0 is everybody else."""

    number: int
    params: Params
    numbers: Mapping[str, int]  # of every area that has parameters or knowledge of its own
    knowledge: str = ""  # the area whose rows stand in the place of everybody's
    tables: tuple[str, ...] = ()  # of which tables

    @property
    def areas(self) -> list[str]:
        """The areas of this part, by how their codes begin."""
        return sorted(area for area, number in self.numbers.items() if number == self.number)

    def reading(self, query: str) -> str:
        """A query that reads the part's knowledge, for whoever runs it by hand."""
        for table in self.tables:
            own = f"(select * exclude (for_area) from {by_area.SCHEMA}.{table} where for_area = '{self.knowledge}')"
            query = re.sub(rf"\b(from|join)(\s+)knowledge\.{table}\b", rf"\1\2{own}", query)
        return query

    def only(self, query: str, keys: Collection[str] = tuple(PLACES)) -> str:
        """SQL of those rows of a query that are of this part; `keys` are those that it selects."""
        return f"select r.* from ({query}) as r {joins('r', keys)} where {_number(self.numbers, keys)} = {self.number}"


def parts(
    params: Params, areas: Mapping[str, Params], known: Mapping[str, Collection[str]] | None = None
) -> list[Part]:
    """The parts in which a source is judged; one where no area has parameters or knowledge of its own.

    What a wider area sets holds in those within it that do not set it themselves. `known`: what `knowing` gives.
    """
    known = known or {}
    every: list[tuple[dict[str, Any], str]] = [(dict(params), "")]
    numbers = {}
    for area in sorted({*areas, *known}):
        own = dict(params)
        for wider in covering(area, areas):
            own |= areas[wider]
        kind = (own, next(reversed(covering(area, known)), ""))
        if kind not in every:
            every.append(kind)
        numbers[area] = every.index(kind)
    return [Part(n, own, numbers, area, tuple(known.get(area, ()))) for n, (own, area) in enumerate(every)]


def knowing(con: duckdb.DuckDBPyConnection, reads: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Areas with knowledge of their own among the tables that a source reads -> those tables."""
    held = con.execute(
        "select database_name, table_name from duckdb_tables() where schema_name = $1 order by all", [by_area.SCHEMA]
    ).fetchall()
    known: dict[str, tuple[str, ...]] = {}
    for database, table in held:
        if f"knowledge.{table}" in reads:
            areas = con.execute(f'select distinct for_area from "{database}".{by_area.SCHEMA}.{table}').fetchall()
            known |= {area: (*known.get(area, ()), table) for (area,) in areas}
    return known


@contextmanager
def in_place(con: duckdb.DuckDBPyConnection, part: Part) -> Iterator[None]:
    """Within the block the knowledge is the part's; whoever fails in it takes the transaction back."""
    for table in part.tables:
        _place(con, table, part.knowledge)
    yield
    for table in part.tables:
        _place(con, table, "")


def _place(con: duckdb.DuckDBPyConnection, table: str, area: str) -> None:
    """Give a table the rows of an area, or everybody's again; on a bench, where it is a view, the view."""
    held = con.execute(
        "select database_name from duckdb_tables() where schema_name = $1 and table_name = $2",
        [by_area.SCHEMA, table],
    ).fetchall()[0][0]
    here = con.execute("select current_database()").fetchall()[0][0]
    source, target = f'"{held}".{by_area.SCHEMA}.{table}', f'"{here}".knowledge.{table}'
    own = f"select * exclude (for_area) from {source} where for_area = '{area}'"
    if held != here:
        con.execute(f'create or replace view {target} as {own if area else f"""from "{held}".knowledge.{table}"""}')
        return
    if area:
        con.execute(f"create or replace temp table everybody_{table} as from {target}")
    con.execute(f"delete from {target}")
    con.execute(f"insert into {target} {own if area else f'from everybody_{table}'}")
    if not area:
        con.execute(f"drop table everybody_{table}")


def of(noted: str | None, params: Params, by_area: Mapping[str, Params]) -> Params:
    """The parameters that a finding was judged with, whose detail says this of NOTED."""
    if not noted:
        return params
    every = parts(params, by_area)
    return next((part.params for part in every if noted.split(",")[0] in part.areas), params)


def joins(alias: str, keys: Collection[str]) -> str:
    """SQL that brings a row's areas beside it."""
    return " ".join(
        f"left join {feature} as {name} on {name}.{key} = {alias}.{key}"
        for key, (feature, name) in PLACES.items()
        if key in keys
    )


def area_sql(keys: Collection[str] = tuple(PLACES)) -> str:
    """SQL of a row's area, after `joins`."""
    return f"coalesce({', '.join(f'{name}.area' for key, (_, name) in PLACES.items() if key in keys)})"


def _number(numbers: Mapping[str, int], keys: Collection[str]) -> str:
    """SQL of the part that a row belongs to: that of the narrowest area it lies in."""
    narrow_first = sorted(numbers, key=lambda area: (-len(area), area))
    area = area_sql(keys)
    branches = [f"when substr({area}, 1, {len(a)}) = '{a}' then {numbers[a]}" for a in narrow_first]
    return f"case {' '.join(branches)} else 0 end"


def fill(con: duckdb.DuckDBPyConnection, every: list[Part], judge: Callable[[Part], None], *, is_whole: bool) -> None:
    """Leave in `judged` and `judged_member` what each part yields.

    `judge` fills them for a part; `is_whole` says that it judges everybody, so that others' rows go afterwards.
    """
    totals = {}
    for part in every:
        judged.make(con)
        with in_place(con, part):
            judge(part)
        if is_whole:
            totals[part.number] = _clear_and_hits(con)
            _keep(con, part)
        if part.number:
            con.execute(
                "update judged set detail = json_merge_patch(coalesce(detail, '{}'), json_object($key, $areas))"
                " where outcome = 'hit'",
                {"key": NOTED, "areas": ",".join(part.areas)},
            )
        for table in ("judged", "judged_member"):
            made = f"insert into {table}_by_area" if part.number else f"create or replace temp table {table}_by_area as"
            con.execute(f"{made} select * from {table}")
    for table in ("judged", "judged_member"):
        con.execute(f"delete from {table}")
        con.execute(
            f"insert into {table} select distinct on (group_key, person_id) * from {table}_by_area"
            if table == "judged_member"
            else f"insert into {table} select * from {table}_by_area"
        )
        con.execute(f"drop table {table}_by_area")
    if is_whole and totals[0] is not None:
        _balance(con, totals[0])


def _keep(con: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Take away the rows of other parts; a group goes with most of its rows."""
    con.execute(
        f"""
        delete from judged where rowid not in (
            with placed as (
                select r.rowid as place, r.group_key, {_number(part.numbers, PLACES)} as number
                from judged as r {joins("r", PLACES)}
            ),
            grouped as (
                select group_key, number,
                    row_number() over (partition by group_key order by count(*) desc, number) as choice
                from placed where group_key is not null group by group_key, number
            )
            select p.place from placed as p
            left join grouped as g on g.group_key = p.group_key and g.choice = 1
            where coalesce(g.number, p.number) = {part.number}
        )
        """
    )
    con.execute(
        "delete from judged_member where group_key not in (select group_key from judged where group_key is not null)"
    )


def _clear_and_hits(con: duckdb.DuckDBPyConnection) -> int | None:
    """How many things a detector judged; None where what is clear has its area and is counted by that."""
    counted, placed = con.execute(
        f"""
        select coalesce(sum(units) filter (where outcome in ('clear', 'hit')), 0),
            count(*) filter (where outcome = 'clear' and coalesce({", ".join(PLACES)}) is not null)
        from judged
        """
    ).fetchall()[0]
    return None if placed else int(counted)


def _balance(con: duckdb.DuckDBPyConnection, things: int) -> None:
    """A detector counts what is clear without saying where: all that it judged, less the hits that stay."""
    hits = con.execute("select coalesce(sum(units) filter (where outcome = 'hit'), 0) from judged").fetchall()[0][0]
    con.execute("delete from judged where outcome = 'clear'")
    judged.count(con, max(0, things - int(hits)))
