"""Search for groups of persons who go together: visits, cells, pairs, communities, joint events.

A place is an institution with one way of telling time: 0 visits with a clock (tick: hour), 1 visits with a
day only, 2 hospital stays (tick: day of admission). A cell is a place and a window of one tick or, with a
clock and for stays, two; windows overlap by half, so that neighbours are never parted by a boundary. All
tables are temporary; ring_visit is the record, ring_now what is searched: the record, or the same visits dealt anew.
"""

from __future__ import annotations

import duckdb

from models.detectors import _ring_chance as chance

#: Pairs that one self-join may hold at once.
PAIRS_AT_ONCE = 5_000_000
#: Closest partners of a person that are kept as edges.
PARTNERS = 20
#: Communities above this size are split again, finer.
LARGE = 60

#: Care that brings the same persons together again and again by its nature.
COHORT_ITEMS = "血液透析|血透|血液滤过|腹膜透析|化疗|化学治疗|放疗|放射治疗|体检|疫苗|预防接种"
COHORT_DIAGNOSES = r"^(N18\.5|Z0[0-2]|Z2[3-7]|Z3[45]|Z49|Z51)"

_PAID = f"""
    create or replace temp table ring_paid as
    with cohort_item as (
        select distinct item_code from feature.item_price_month where regexp_matches(item_name, '{COHORT_ITEMS}')
    ),
    cohort as (
        select distinct settlement_id from feature.fee_line
        where item_code in (select item_code from cohort_item)
    ),
    told as (
        select s.settlement_id, s.encounter_id, s.person_id, s.institution_id, s.settled_on, s.eligible_amount,
            case when s.care_setting = 'inpatient' then 2
                when s.settled_at <> cast(s.settled_on as timestamp) then 0 else 1 end as way,
            case when s.care_setting = 'inpatient' then coalesce(e.started_on, s.started_on)
                else s.settled_on end as came_on, hour(s.settled_at) as hour
        from feature.settlement as s
        left join feature.encounter as e on e.encounter_id = s.encounter_id
        where s.person_id is not null and s.institution_id is not null
            and coalesce(s.care_setting, '-') not in ('check_up', 'maternity_outpatient')
            and not regexp_matches(coalesce(e.principal_diagnosis_code, ''), '{COHORT_DIAGNOSES}')
            and s.settlement_id not in (select settlement_id from cohort)
    )
    select *, cast(dense_rank() over (order by person_id) as integer) as person,
        cast(dense_rank() over (order by institution_id, way) as integer) as place,
        case when way = 0 then date_diff('day', date '2000-01-03', came_on) * 24 + hour
            else date_diff('day', date '2000-01-03', came_on) end as tick
    from told where came_on is not null
"""


def visits(con: duckdb.DuckDBPyConnection, least: int) -> None:
    """Make ring_paid (a row a settlement) and ring_visit (a row a person, place and tick).

    Visits of cohort care are left out; so are, of ring_visit, persons with fewer than `least` visits.
    """
    con.execute(_PAID)
    con.execute(
        """
        create or replace temp table ring_visit as
        with distinct_visit as (
            select distinct person, place, way, tick from ring_paid
        )
        select * from distinct_visit
        qualify count(*) over (partition by person) >= $least
        order by place, person, tick
        """,
        {"least": least},
    )


def take_record(con: duckdb.DuckDBPyConnection) -> None:
    """Make ring_now the record as it is."""
    con.execute("create or replace temp table ring_now as select * from ring_visit")


def deal(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Make ring_now the record dealt anew: who came stays with the place, when is shuffled within it.

    Visits named in ring_set_aside (person, place) take no part: suspects would carry their own crowding
    into the measure of chance.
    """
    import numpy as np
    import pyarrow as pa

    column = chance.columns(
        con,
        "select v.person, v.place, v.way, v.tick from ring_visit as v anti join ring_set_aside as a"
        " on a.person = v.person and a.place = v.place order by v.place, v.person, v.tick",
    )
    shuffled = np.random.default_rng(seed).random(len(column["place"]))
    dealt = np.lexsort((shuffled, column["place"]))
    con.register("ring_dealt", pa.table({**column, "tick": column["tick"][dealt]}))
    con.execute("create or replace temp table ring_now as select distinct * from ring_dealt")
    con.unregister("ring_dealt")


def cells(con: duckdb.DuckDBPyConnection, largest: int) -> None:
    """Make ring_cell from ring_now: a row a cell and person in it.

    Cells of one person are left out, and those above `largest`; ring_crowd names the windows above it.
    """
    con.execute(
        """
        create or replace temp table ring_crowd as
        select place, case when way = 1 then tick else tick // 2 * 2 end as start
        from ring_now group by all having count(distinct person) > $largest
        """,
        {"largest": largest},
    )
    con.execute(
        """
        create or replace temp table ring_cell as
        with windowed as (
            select person, place, way, case when way = 1 then tick else tick // 2 * 2 end as start, tick
            from ring_now
            union all
            select person, place, way, (tick + 1) // 2 * 2 - 1, tick from ring_now where way <> 1
        ),
        single as (
            select place, way, start, person, min(case when way = 0 then tick // 24 else tick end) as day
            from windowed group by place, way, start, person
        ),
        sized as (
            select *, count(*) over (partition by place, start) as size from single
        )
        select * from sized where size between 2 and $largest
        """,
        {"largest": largest},
    )


def pairs(con: duckdb.DuckDBPyConnection, least: int) -> list[tuple[int, int, int]]:
    """Persons who met `least` times or more on different days or places, with the rarity of their cells."""
    total = con.sql("select coalesce(sum(size), 0) from ring_cell").fetchall()[0][0]
    parts = int(total // PAIRS_AT_ONCE) + 1
    con.execute("create or replace temp table ring_pair (one integer, other integer, rarity bigint)")
    for part in range(parts):
        con.execute(
            """
            insert into ring_pair
            with met as (
                select a.person as one, b.person as other, a.place, a.day,
                    cast(sum(1000000 // a.size) as bigint) as rarity
                from ring_cell as a
                join ring_cell as b on b.place = a.place and b.start = a.start and b.person > a.person
                where a.person % $parts = $part
                group by a.person, b.person, a.place, a.day
            )
            select one, other, cast(sum(rarity) as bigint) from met group by one, other having count(*) >= $least
            """,
            {"parts": parts, "part": part, "least": least},
        )
    return con.execute(
        """
        with both_ways as (
            select one, other, rarity from ring_pair
            union all
            select other, one, rarity from ring_pair
        ),
        near as (
            select *, row_number() over (partition by one order by rarity desc, other) as place from both_ways
        )
        select distinct least(one, other) as a, greatest(one, other) as b, rarity
        from near where place <= $partners order by a, b
        """,
        {"partners": PARTNERS},
    ).fetchall()


def communities(edges: list[tuple[int, int, int]], seed: int, least: int) -> list[list[int]]:
    """Groups of `least` persons or more, each sorted, in the order of their first person."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_weighted_edges_from(edges)
    found = nx.community.louvain_communities(graph, seed=seed) if edges else []
    split: list[set[int]] = []
    for group in found:
        finer = nx.community.louvain_communities(graph.subgraph(sorted(group)), resolution=3, seed=seed)
        split.extend(finer if len(group) > LARGE else [group])
    return sorted(sorted(g) for g in split if len(g) >= least)
