"""How often each test is done at a place, and how often it would be: at its peers, and for its mix of stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from models.detectors import _outlier

#: Stays at which a stratum's own share elsewhere weighs as much as the next coarser one's.
LEAN = 20


def tests(con: duckdb.DuckDBPyConnection) -> None:
    """Make test_item (item_code, test, test_name, problem, base_word), test_stay (the stays that count, with their
    department and what they had the base of) and test_done (test, encounter_id)."""
    con.execute(_ITEM)
    con.execute(_STAY)
    con.execute(_DONE)


def places(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make test_place: institution and department ('' for all of it) with stays, done and share of each test that
    is frequent enough there."""
    con.execute(_PLACE, {k: params[k] for k in ("min_stays", "min_share", "min_named_share")})


def expected(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Make test_against: test_place with expected_share (same departments and diagnoses at all others), and the
    peers' number, median share, how many do the test at all, and how many two thirds as often."""
    con.execute(_AGAINST, {k: params[k] for k in ("min_peer_stays", "min_peers")})


#: A service's national code has fifteen digits, of which the first eleven say what is done, the rest how.
_ITEM = """
    create or replace temp table test_item as
    with charged as (
        select item_code, min(item_name) as item_name, max(case when fee_category in ('03', '04') then 1 else 0 end)
            as is_test
        from feature.fee_line
        where care_setting = 'inpatient' and item_code is not null
        group by item_code
    ),
    named as (
        select c.item_code, min_by(k.problem, coalesce(k.name_word, '')) as problem,
            min_by(k.base_word, coalesce(k.name_word, '')) as base_word
        from charged as c
        join knowledge.routine_test as k on starts_with(c.item_code, coalesce(k.item_prefix, ''))
            and contains(c.item_name, coalesce(k.name_word, ''))
        group by c.item_code
    )
    select c.item_code,
        case when regexp_full_match(c.item_code, '00[0-9]{13}') then substr(c.item_code, 1, 11) else c.item_code end
            as test,
        c.item_name, n.problem, n.base_word
    from charged as c
    left join named as n on n.item_code = c.item_code
    where c.is_test = 1 or n.problem is not null
"""

_STAY = """
    create or replace temp table test_stay as
    select encounter_id, institution_id, coalesce(department_code, '-') as department_code, chapter
    from feature.stay
    where days is not null and not is_ward_day and lines > 0 and institution_id is not null
"""

_DONE = """
    create or replace temp table test_done as
    select distinct i.test, l.encounter_id
    from feature.fee_line as l
    join test_item as i on i.item_code = l.item_code
    where l.care_setting = 'inpatient' and l.eligible_amount > 0
        and l.encounter_id in (select encounter_id from test_stay)
"""

_BASED = """
    test_of as (
        select test, min(item_name) as test_name, max(problem) as problem, max(base_word) as base_word
        from test_item group by test
    ),
    base_word as (
        select distinct base_word from test_of where base_word is not null
    ),
    -- The stays that a test is counted among: all, or those with what it is added to.
    among as (
        select cast(null as varchar) as base_word, s.* from test_stay as s
        union all
        select b.base_word, s.*
        from base_word as b
        join test_stay as s on s.encounter_id in (
            select d.encounter_id
            from test_done as d
            join test_item as i on i.test = d.test
            where regexp_matches(i.item_name, b.base_word)
        )
    ),
    cell as (
        select base_word, institution_id, department_code, chapter, count(*) as stays
        from among group by base_word, institution_id, department_code, chapter
    ),
    done as (
        select t.test, a.base_word, a.institution_id, a.department_code, a.chapter, count(*) as done
        from test_done as d
        join test_of as t on t.test = d.test
        join among as a on a.encounter_id = d.encounter_id and a.base_word is not distinct from t.base_word
        group by t.test, a.base_word, a.institution_id, a.department_code, a.chapter
    )
"""

_PLACE = (
    "create or replace temp table test_place as with"
    + _BASED
    + """,
    many as (
        select base_word, institution_id, coalesce(department_code, '') as department_code, sum(stays) as stays
        from cell
        group by grouping sets ((base_word, institution_id), (base_word, institution_id, department_code))
    ),
    often as (
        select test, base_word, institution_id, coalesce(department_code, '') as department_code, sum(done) as done
        from done
        group by grouping sets ((test, base_word, institution_id), (test, base_word, institution_id, department_code))
    )
    select o.test, t.test_name, t.problem, t.base_word, o.institution_id, o.department_code,
        cast(m.stays as integer) as stays, cast(o.done as integer) as done, o.done / cast(m.stays as double) as share
    from often as o
    join many as m on m.base_word is not distinct from o.base_word and m.institution_id = o.institution_id
        and m.department_code = o.department_code
    join test_of as t on t.test = o.test
    where o.department_code <> '-' and m.stays >= $min_stays
        and o.done >= m.stays * case when t.problem is null then $min_share else $min_named_share end
"""
)

_AGAINST = (
    "create or replace temp table test_against as with"
    + _BASED
    + f""",
    wanted as (select distinct test, base_word from test_place),
    rate as (
        select w.test, c.base_word, c.institution_id, c.department_code, c.chapter, c.stays,
            coalesce(d.done, 0) as done
        from wanted as w
        join cell as c on c.base_word is not distinct from w.base_word
        left join done as d on d.test = w.test and d.institution_id = c.institution_id
            and d.department_code = c.department_code and d.chapter = c.chapter
    ),
    summed as (
        select *,
            sum(stays) over (partition by test) - sum(stays) over (partition by test, institution_id) as all_stays,
            sum(done) over (partition by test) - sum(done) over (partition by test, institution_id) as all_done,
            sum(stays) over (partition by test, department_code)
                - sum(stays) over (partition by test, department_code, institution_id) as dept_stays,
            sum(done) over (partition by test, department_code)
                - sum(done) over (partition by test, department_code, institution_id) as dept_done,
            sum(stays) over (partition by test, department_code, chapter) - stays as cell_stays,
            sum(done) over (partition by test, department_code, chapter) - done as cell_done
        from rate
    ),
    usual as (
        select *,
            (cell_done + {LEAN} * (dept_done + {LEAN} * all_done / nullif(cast(all_stays as double), 0))
                / (dept_stays + {LEAN})) / (cell_stays + {LEAN}) as expected
        from summed
    ),
    mixed as (
        select test, institution_id, coalesce(department_code, '') as department_code, sum(stays) as stays,
            sum(done) / sum(cast(stays as double)) as share,
            cast(sum(cast(stays * expected as decimal(18, 6))) as double) / sum(stays) as expected_share
        from usual
        group by grouping sets ((test, institution_id), (test, institution_id, department_code))
    ),
    kind as (
        select g.institution_id, g.key_2, g.key_3,
            not regexp_matches(coalesce(i.institution_kind, 'A1'), '{_outlier.GENERAL}') as is_special,
            i.institution_kind
        from feature.institution_peer_group as g
        join feature.institution as i on i.institution_id = g.institution_id
    ),
    -- The whole of a special hospital has its like among its own kind only; a department anywhere.
    peer as (
        select p.test, p.institution_id, p.department_code, p.share as own, m.share,
            case when mine.key_2 = other.key_2 then 1 when mine.key_3 = other.key_3 then 2 else 3 end as distance
        from test_place as p
        join mixed as m on m.test = p.test and m.department_code = p.department_code
            and m.institution_id <> p.institution_id and m.stays >= $min_peer_stays
        join kind as mine on mine.institution_id = p.institution_id
        join kind as other on other.institution_id = m.institution_id
        where p.department_code <> '' or (mine.is_special = other.is_special
            and (not mine.is_special or mine.institution_kind = other.institution_kind))
    ),
    within as (
        select *, count(*) filter (where distance = 1) over place as near,
            count(*) filter (where distance <= 2) over place as fair
        from peer
        window place as (partition by test, institution_id, department_code)
    ),
    compared as (
        select test, institution_id, department_code, count(*) as peers, median(share) as peer_share,
            count(*) filter (where share > 0) as users, count(*) filter (where share >= own * 2 / 3) as alike
        from within
        where distance <= case when near >= $min_peers then 1 when fair >= $min_peers then 2 else 3 end
        group by test, institution_id, department_code
    )
    select p.*, m.expected_share, coalesce(c.peers, 0) as peers, c.peer_share, coalesce(c.users, 0) as users,
        coalesce(c.alike, 0) as alike
    from test_place as p
    join mixed as m on m.test = p.test and m.institution_id = p.institution_id
        and m.department_code = p.department_code
    left join compared as c on c.test = p.test and c.institution_id = p.institution_id
        and c.department_code = p.department_code
"""
)
