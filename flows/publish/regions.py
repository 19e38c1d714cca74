"""Names of administrative divisions for the pages people read; joins go by the code."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.warehouse.connection import has

#: What a division between others is called when it is no place of its own.
FILLERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def known(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Code -> own name; empty in a warehouse that has not loaded this knowledge yet."""
    if not has(con, "knowledge.division"):
        return {}
    return dict(con.execute("select division, min(name_zh) from knowledge.division group by division").fetchall())


def named(code: str | None, names: Mapping[str, str]) -> str | None:
    """四川省成都市 for a city, 成都市锦江区 for a county, 成都市本级 for a pooling code 510199; else the code itself.

    A code whose city alone is known is told apart by its digits: 成都市（510177）.
    """
    if code is None or len(code) < 6:
        return code
    short = code[:6]
    province, city, own = (names.get(k) for k in (short[:2] + "0000", short[:4] + "00", short))
    above = province if city is None or city in FILLERS else city
    if short.endswith("0000"):
        return province or code
    if short.endswith("9900") and own is None:
        return f"{province}本级" if province else code
    if short.endswith("00"):
        return "".join(filter(None, (province, None if own in FILLERS else own))) if own and province else code
    if own is not None:
        return f"{above or ''}{'' if own in FILLERS else own}"
    if city is None or above is None:
        return code
    return f"{above}本级" if short.endswith("99") else f"{above}（{code}）"
