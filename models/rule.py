"""The rule base: every .sql file in rules/ is one rule, its card in the opening comment, its query below."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from data import mapping, sql
from data.errors import UsageError
from models.card import Card, CardError, parse
from models.source import KEYS, OPTIONAL, STANDARD, Params, Source

FOLDER = Path(__file__).with_name("rules")
MAY_READ = frozenset({"record", "knowledge", "feature"})
BUT_NOT = frozenset({"record.person_identity"})

Overrides = Mapping[str, Mapping[str, Any]]


def load(overrides: Overrides | None = None, folder: Path = FOLDER) -> list[Source]:
    """Every rule of the folder, by id. Raises UsageError naming every broken file at once.

    `overrides` maps a rule id to parameter values; an id or parameter that does not exist is an error.
    """
    overrides = overrides or {}
    paths = {path.stem: path for path in sorted(folder.glob("*.sql"))}
    problems = [f"[rules.{name}] names no rule" for name in sorted(set(overrides) - set(paths))]
    rules = []
    for name, path in paths.items():
        try:
            rules.append(read(path, overrides.get(name, {})))
        except (CardError, sql.SqlRefused) as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        raise UsageError("The rules cannot be loaded:\n" + "\n".join(problems))
    return rules


def read(path: Path, overrides: Params | None = None) -> Source:
    """One rule from its file. Raises CardError or SqlRefused."""
    text = path.read_text(encoding="utf-8")
    match = re.match(r"\s*/\*(.*?)\*/(.*)\Z", text, flags=re.DOTALL)
    if match is None:
        raise CardError("it must begin with its card in a /* comment */")
    card = parse(match[1])
    query = sql.check(match[2], MAY_READ, BUT_NOT)
    _agree(card, query)
    params = card.values(overrides)

    def judge(con: duckdb.DuckDBPyConnection, values: Params) -> None:
        con.execute(wrapped(query), dict(values))

    return Source(path.stem, "rule", card, params, text, judge)


def wrapped(query: sql.Query) -> str:
    """The statement that runs a rule's query into `judged`, clear things counted on the way."""
    details = [c for c in query.columns if c not in STANDARD]
    packed = ", ".join(f"{c} := {c}" for c in details)
    detail = f"to_json(struct_pack({packed}))" if details else "cast(null as varchar)"
    added = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in OPTIONAL.items())
    kept = ", ".join(f"case when outcome = 'hit' then {c} end as {c}" for c in (*KEYS, "occurred_on", "amount"))
    return f"""
        create or replace temp table judged as
        with found as ({query.text})
        select outcome, case when outcome = 'cannot_judge' then reason end as reason, {kept},
            case when outcome = 'hit' then {detail} end as detail, {added}, count(*) as units
        from found group by all
    """


def _agree(card: Card, query: sql.Query) -> None:
    if lacking := [c for c in STANDARD if c not in query.columns]:
        raise sql.SqlRefused(f"the query lacks the column {', '.join(lacking)}")
    if query.parameters != set(card.params):
        odd = ", ".join(sorted(query.parameters ^ set(card.params)))
        raise CardError(f"card and query disagree about the parameter {odd}")
    known = {t.target: {f.column for f in t.fields} for t in mapping.tables().values()}
    for need in card.needs:
        schema, table, *column = need.split(".")
        if schema != "record" or table not in known or (column and column[0] not in known[table]):
            raise CardError(f"needs names {need}, which the record does not have")
    names = set(re.findall(r"\{(\w+)[^}]*\}", card.sentence + card.sentence_zh))
    if lacking := sorted(names - set(query.columns) - {f"param_{p}" for p in card.params}):
        raise CardError(f"the sentence names {', '.join(lacking)}, which the query does not select")
