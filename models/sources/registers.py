"""What a delivery's missing tables would add: which live sources each of them would wake, in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import duckdb

from data.contract import mapping
from data.contract.mapping import Table
from data.warehouse.connection import has
from models.sources.source import Source

#: What stands in for a register that is not there, where something can: features/institution.sql and its like.
STAND_INS = {
    "medins_info_b": ("kind, level and area of places", "机构类别、等级和区划"),
    "rtal_phac_b": ("kind, level and area of places", "机构类别、等级和区划"),
    "psn_info_b": ("sex and birth of persons", "参保人性别和出生日期"),
    "psn_insu_d": ("employers", "参保单位"),
    "dr_info_b": ("names of practitioners", "医师姓名"),
}


def held(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The delivered tables, by national name, that the record holds rows of."""
    # opened to be read, a HOME of an earlier version may lack a table
    return {
        t.source
        for t in mapping.tables().values()
        if has(con, f"record.{t.target}") and con.execute(f"select 1 from record.{t.target} limit 1").fetchall()
    }


def asleep(sources: Iterable[Source], delivered: Collection[str]) -> dict[Table, list[Source]]:
    """Missing table -> the live sources that cannot judge without it, in the order of the contract."""
    live = [s for s in sources if s.card.status == "live"]
    missing = [t for t in mapping.tables().values() if t.source not in delivered]
    by_table = {t: [s for s in live if any(need.split(".")[1] == t.target for need in s.card.needs)] for t in missing}
    return {table: waiting for table, waiting in by_table.items() if waiting}


def sentence(waiting: Mapping[Table, Collection[Source]], delivered: Collection[str], language: str = "en") -> str:
    """What the missing tables would add, and what is taken from where until they come; nothing where none is missed."""
    if not waiting:
        return ""
    count = len({s.id for sources in waiting.values() for s in sources})
    stands_in = list(dict.fromkeys(words for source, words in STAND_INS.items() if source not in delivered))
    if language == "zh":
        tables = "；".join(
            f"{t.name_zh}（{t.source}）可启用{'、'.join(s.card.title_zh or s.id for s in sources)}"
            for t, sources in waiting.items()
        )
        taken = "、".join(zh for _, zh in stands_in)
        until = f"。在补交之前，{taken}取自结算、就诊、明细和国家编码" if taken else ""
        return f"补交下列表可启用{count}项规则和模型：{tables}{until}。"
    tables = "; ".join(f"{t.source} ({t.name_zh}) {', '.join(s.id for s in sources)}" for t, sources in waiting.items())
    taken = ", ".join(en for en, _ in stands_in)
    until = f"; until then {taken} are taken from settlements, encounters, fee lines and codes" if taken else ""
    return f"the missing tables would wake {count} rules and detectors: {tables}{until}"
