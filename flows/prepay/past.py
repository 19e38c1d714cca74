"""What HOME's record knows of the persons, practitioners and places of new rows, and what the rules read of it."""

from __future__ import annotations

import re
from collections.abc import Collection

import duckdb

from data.contract import mapping
from features import build
from models.sources import areas, rule
from models.sources.source import Source

#: Features about institutions and practitioners as a whole: HOME's, as of its last run.
WHOLE = frozenset(
    "department drug_price institution_day institution_indicator institution_month institution_peer_group"
    " institution_quarter_share item_price_month pharmacy_indicator pharmacy_month practitioner_day".split()
)

#: Past cases that a new one is judged beside: all of its person, and of others what its practitioners and institutions
#: did on its days, for rules about a practitioner's day and for the share of an institution that a register covers.
PAST = """
    create temp table past as
    with day as (
        select distinct institution_id, ordering_practitioner_id, performing_practitioner_id,
            cast(charged_at as date) as charged_on
        from screening.record.fee_line
    ),
    worked as (
        select distinct coalesce(ordering_practitioner_id, performing_practitioner_id) as practitioner_id, charged_on
        from day
    ),
    beside as (
        select settlement_id from warehouse.feature.fee_line as l
        where exists (select 1 from worked as w
            where w.practitioner_id = l.practitioner_id and w.charged_on = l.charged_on)
        union
        select settlement_id from warehouse.feature.fee_line as l
        where exists (select 1 from day as d
            where d.institution_id = l.institution_id and d.charged_on = l.charged_on)
    )
    select settlement_id, encounter_id, person_id
    from warehouse.record.settlement
    where person_id in (select person_id from concerned) or settlement_id in (select settlement_id from beside);
    create temp table everyone as
    select person_id from concerned union select person_id from past where person_id is not null
"""


def remember(con: duckdb.DuckDBPyConnection, rules: Collection[Source]) -> None:
    """Add what the record knows of the past cases and their persons, and registers whole. A new row stands first."""
    con.execute(PAST)
    keys = {t.target: t.key for t in mapping.tables().values()} | {
        "person_identity": ("person_id", "source_table"),
        "person_phone": ("person_id", "phone"),
    }
    in_home = {t for _, t in tables(con, "record")}
    for table in sorted(tables_read(rules, "record") & in_home):
        columns = _columns(con, "warehouse", table) & _columns(con, "screening", table)
        shared = ", ".join(f"o.{c}" for c in sorted(columns))
        about = [f"o.{c} in (select {c} from past)" for c in ("settlement_id", "encounter_id") if c in columns]
        if "person_id" in columns:
            about.append(f"o.person_id in (select person_id from {'concerned' if about else 'everyone'})")
        if "settlement_id" in columns:
            about.append("o.settlement_id in (select settlement_id from new_settlement)")
        same = " and ".join(f"n.{k} is not distinct from o.{k}" for k in keys.get(table, ()))
        con.execute(
            f"""
            insert into screening.record.{table} by name
            select {shared} from warehouse.record.{table} as o
            where ({" or ".join(about) or "true"})
                and {f"not exists (select 1 from screening.record.{table} as n where {same})" if same else "true"}
            """
        )


def _columns(con: duckdb.DuckDBPyConnection, database: str, table: str) -> set[str]:
    rows = con.execute(
        "select column_name from duckdb_columns()"
        " where database_name = $database and schema_name = 'record' and table_name = $table",
        {"database": database, "table": table},
    ).fetchall()
    return {str(c) for (c,) in rows}


def tables_read(rules: Collection[Source], schema: str) -> set[str]:
    """Tables of a schema that the rules and the features they rest on read."""
    texts = [s.code for s in rules] + [build.load()[name].query.text for name in features(rules)]
    names = {name for text in texts for name in re.findall(rf"\b{schema}\.(\w+)", text)}
    return names | {t.removeprefix(f"{schema}.") for s in rules for t in s.reads if t.startswith(f"{schema}.")}


def features(rules: Collection[Source]) -> list[str]:
    """The features the rules rest on, in build order."""
    known = build.load()
    wanted = {n for s in rules for n in re.findall(r"\bfeature\.(\w+)", s.code) if n in known}
    if any(s.card.by_edition for s in rules):
        wanted.add(rule.EDITION_GAPS.removeprefix("feature."))
    if any(s.areas for s in rules):
        wanted |= {name.removeprefix("feature.") for name in areas.FEATURES}
    for name in reversed(known):
        if name in wanted and name not in WHOLE:
            wanted |= known[name].needs
    return [name for name in known if name in wanted]


def tables(con: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[str, str]]:
    rows = con.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name = $schema order by all",
        {"schema": schema},
    ).fetchall()
    return [(str(s), str(t)) for s, t in rows]
