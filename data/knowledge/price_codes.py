"""Rows of one price list's codes for those of another, where a bureau says which codes stand for each other.

A province replaces the service codes of 2001; the national tables name the old ones, a province's own the new. A code
has several counterparts and is the counterpart of several (`knowledge.price_code_map`), so a row is taken over only
where every counterpart of the code has one and all say the same: whatever of them was done, the row holds. Both
directions are read: old codes take over what is known of new ones too. Such rows are inferred: they stand in layer
`derived`, and what rests on them is suspected. A code with a row of its own keeps it.
"""

from __future__ import annotations

import duckdb

#: What a row says beside its code and facts; of a derived row its own.
_ASIDE = ("basis", "point_id", "batch", "layer", "valid_from", "valid_to", "superseded_by")
_NAMES = ("item_name", "item_a_name", "item_b_name", "service_name")
#: (table, its column of codes): the tables that know services by whole codes or by beginnings of them.
CODED = (
    ("item_sex", "item_code"),
    ("item_age", "item_code"),
    ("item_frequency", "item_code"),
    ("item_course", "item_code"),
    ("item_period", "item_code"),
    ("operation_discount", "item_code"),
    ("exclusive_pair", "item_a_code"),
    ("exclusive_pair", "item_b_code"),
    ("item_includes_consumable", "service_prefix"),
    ("drug_requires_service", "service_prefix"),
    ("consumable_requires_service", "service_prefix"),
    ("item_group", "item_prefix"),
    ("service_indication", "item_prefix"),
    ("item_department", "item_prefix"),
    ("diagnosis_requires_item", "item_prefix"),
    ("procedure_item", "item_prefix"),
)
NOTE = "；按新旧价格项目编码对照推定"


def spread(con: duckdb.DuckDBPyConnection, only: str = "") -> None:
    """Add the derived rows of every table, or of one; nothing where no codes are mapped."""
    if not con.execute("select 1 from knowledge.price_code_map limit 1").fetchall():
        return
    con.execute(
        """
        create or replace temp table counterpart as
        select code, other, count(*) over (partition by code) as others, valid_from, valid_to from (
            select new_code as code, old_code as other, min(valid_from) as valid_from, max(valid_to) as valid_to
            from knowledge.price_code_map group by all
            union
            select old_code, new_code, min(valid_from), max(valid_to) from knowledge.price_code_map group by all
        ) where code <> other
        """
    )
    for table, column in CODED:
        if only in ("", table):
            _spread(con, table, column)


def _spread(con: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    described = con.execute(f"describe knowledge.{table}").fetchall()
    columns = [str(name) for name, *_ in described]
    facts = [c for c in columns if c not in (column, *_ASIDE, *_NAMES)]
    is_prefix = column.endswith("_prefix")
    matches = f"substr(m.other, 1, length(k.{column})) = k.{column}" if is_prefix else f"m.other = k.{column}"
    own = (f"substr(m.code, 1, length(o.{column})) = o.{column}" if is_prefix else f"o.{column} = m.code") + "".join(
        f" and o.{c} is not distinct from k.{c}" for c in facts if column != "item_code"
    )
    same = ", ".join(["m.code", "m.others", *(f"k.{c}" for c in facts)])
    taken = ", ".join([f"m.code as {column}", *(f"k.{c}" for c in facts)])
    con.execute(
        f"""
        insert into knowledge.{table} by name
        select {taken}, min(k.basis) || '{NOTE}' as basis, min(k.point_id) as point_id, 'derived' as layer,
            max(greatest(k.valid_from, m.valid_from)) as valid_from,
            min(least(k.valid_to, m.valid_to)) as valid_to
        from counterpart as m
        join knowledge.{table} as k on {matches}
        where not exists (select 1 from knowledge.{table} as o where {own})
        group by {same}
        having count(distinct m.other) = m.others
        """
    )
