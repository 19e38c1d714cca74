"""The rule base: every .sql file in rules/ is one rule, its card in the opening comment, its query below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from data.errors import UsageError
from data.warehouse import guard
from data.warehouse.catalogue import has
from data.warehouse.connection import ddl
from models.sources.areas import Part
from models.sources.card import Card, CardError, SettingError, listed, parse
from models.sources.judged import KEYS, ROW, STANDARD
from models.sources.needs import check_needs
from models.sources.source import Params, Source

FOLDER = Path(__file__).parents[1] / "rules"
MAY_READ = frozenset({"record", "knowledge", "feature"})
BUT_NOT = guard.PERSONAL
#: Layers of knowledge that are our own reading or inference: nothing that rests on them is definite.
OURS = ("starter", "derived")

#: An institution's month in which fewer of the service codes are known than this share: its items were charged under a
#: price list that the tables do not know, so that a rule that knows items by code says it cannot judge them, instead of
#: falling silent. Half: during a switch old and new codes stand side by side, and what has an old code is still judged.
LEAST_KNOWN_SHARE = 0.5
#: Service lines of a month below which the share says nothing.
LEAST_LINES = 20
#: Rules over these judge by words of the names, or drugs alone: a service's code takes nothing from them.
BY_OTHER_MEANS = frozenset({"knowledge.contained_service", "knowledge.service_limit", "knowledge.item_indication"})
UNKNOWN_CODES = "the service codes of the institution and month are in no knowledge table"
CODE_SHARES = "feature.institution_month_code"
NO_EDITION = "no edition of the catalogue at hand covers the day of the charge"
EDITION_GAPS = "feature.edition_gap"

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
        except SettingError as error:
            problems.append(f"[rules.{name}] in fundwatch.toml: {error}")
        except (CardError, guard.SqlRefused) as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        raise UsageError(listed("The rules cannot be loaded", problems))
    return rules


def read(path: Path, overrides: Params | None = None, *, is_own: bool = False) -> Source:
    """One rule from its file; `is_own`: people wrote it, not the package. Raises CardError or SqlRefused."""
    text = path.read_text(encoding="utf-8")
    match = re.match(r"\s*/\*(.*?)\*/", text, flags=re.DOTALL)
    if match is None:
        raise CardError("it must begin with its card in a /* comment */")
    card = parse(match[1])
    found = query(text)
    if is_own:
        guard.check_foreign(found)
    _agree(card, found)
    params = card.values(overrides)

    knows_codes = _knows_codes(found)

    def fill(con: duckdb.DuckDBPyConnection, values: Params, part: Part | None = None) -> None:
        con.execute(wrapped(found, f"({counted(found, part)})"), dict(values))
        settle(con, card, found, values, part)

    reads = found.tables | ({CODE_SHARES} if knows_codes else set()) | ({EDITION_GAPS} if card.by_edition else set())
    return Source(path.stem, "rule", card, params, text, fill, reads, is_own, fill_part=fill)


def settle(
    con: duckdb.DuckDBPyConnection, card: Card, rule_query: guard.Query, values: Params, part: Part | None = None
) -> None:
    """Once a rule's rows are in `judged`: what rests on rows of ours is suspected, what could not be judged counted.

    Of a `part` what could not be judged is counted where it is, and without a place once.
    """
    if card.certainty == "definite" and (ours := rests_on_ours(con, rule_query, "j")):
        con.execute(f"update judged as j set certainty = 'suspected' where j.outcome = 'hit' and {ours}", dict(values))
    if _knows_codes(rule_query):
        con.execute(unknown_codes(part))
    if card.by_edition and (part is None or not part.number):
        con.execute(days_without_edition(card))


def _knows_codes(rule_query: guard.Query) -> bool:
    return bool(rule_query.tables & coded_tables()) and not rule_query.tables & BY_OTHER_MEANS


@cache
def coded_tables() -> frozenset[str]:
    """The knowledge tables that name services by their codes: those that the view of stated codes reads."""
    view = re.search(r"view knowledge\.stated_service_code as\n(.*?);", ddl(), re.DOTALL)
    return frozenset(re.findall(r"from (knowledge\.\w+)", view[1])) if view else frozenset()


def unknown_codes(part: Part | None = None) -> str:
    """The statement that adds, institution by institution and month by month, the service lines that no table knows."""
    unknown = f"""
        select 'cannot_judge' as outcome, '{UNKNOWN_CODES}' as reason, institution_id, month as occurred_on,
            service_lines - known_lines as units
        from {CODE_SHARES}
        where service_lines >= {LEAST_LINES} and known_code_share < {LEAST_KNOWN_SHARE}
    """
    return f"insert into judged by name {part.only(unknown, ('institution_id',)) if part else unknown}"


def days_without_edition(card: Card) -> str:
    """The statement that adds the lines of restricted items charged on days that no edition at hand covers."""
    return f"""
        insert into judged by name
        select 'cannot_judge' as outcome, '{NO_EDITION}' as reason, count(*) as units
        from ({lines_without_edition(card)}) as gap having count(*) > 0
    """


def lines_without_edition(card: Card) -> str:
    """SQL of those lines, of the official rules of the card."""
    return f"select * from {EDITION_GAPS} where official in ({', '.join(map(str, card.official))})"


def query(code: str) -> guard.Query:
    """The query of a rule's text, below its card. Raises SqlRefused."""
    return guard.check(code.partition("*/")[2], MAY_READ, BUT_NOT)


def rests_on_ours(con: duckdb.DuckDBPyConnection, found: guard.Query, alias: str) -> str | None:
    """SQL over a rule's rows (`alias`): a hit that stands no more, or for less, on published knowledge alone.

    None where no row of ours is among what the rule reads. A row of ours that only excuses takes nothing away.
    Layers stand in knowledge, and in features that carry on what knowledge limits.
    """
    held = ", ".join(f"'{layer}'" for layer in OURS)
    text = found.text
    for table in sorted(t for t in found.tables if has(con, t, "layer")):
        if con.execute(f"select count(*) from {table} where layer in ({held})").fetchall()[0][0]:
            published = f"(select * from {table} where coalesce(layer, '') not in ({held}))"
            # where rows come from, not where a reason names the table
            text = re.sub(rf"(\bfrom|\bjoin|,)(\s+){re.escape(table)}\b(?!\.)", rf"\1\2{published}", text, flags=re.I)
    if text == found.text:
        return None
    same = " and ".join(f"p.{c} is not distinct from {alias}.{c}" for c in (*KEYS, "occurred_on"))
    return (
        f"not exists (select 1 from ({text}) as p where p.outcome = 'hit' and {same}"
        f" and coalesce(p.amount, 0) >= coalesce({alias}.amount, 0))"
    )


def counted(found: guard.Query, part: Part | None = None) -> str:
    """A rule's rows, or those of a `part`, with clear things counted: one row per hit and per thing not judged, in
    portable SQL."""
    names = [f'"{c}"' for c in found.columns if c not in STANDARD[:2]]  # without quotation marks, _agree saw to it
    kept = ", ".join(f"case when outcome = 'hit' then {name} end as {name}" for name in names)
    return f"""
        with said as ({part.only(found.text) if part else found.text})
        select outcome, case when outcome = 'cannot_judge' then reason end as reason, {kept}, count(*) as rows_alike
        from said group by all
    """


def wrapped(rule_query: guard.Query, rows: str = "") -> str:
    """The statement that adds a rule's rows to `judged`: of its query, or of `rows`, a table that has them counted."""
    details = [c for c in rule_query.columns if c not in STANDARD and c not in ROW]
    given = ", ".join((*STANDARD, *(c for c in ROW if c in rule_query.columns)))
    packed = f"to_json(struct_pack({packing(details)}))" if details else "cast(null as varchar)"
    return f"""
        insert into judged by name
        select {given}, case when outcome = 'hit' then {packed} end as detail, rows_alike as units
        from {rows or f"({counted(rule_query)})"} as counted
    """


def packing(columns: Iterable[str]) -> str:
    """The arguments that pack columns into a struct under their own names."""
    return ", ".join(f'"{c}" := "{c}"' for c in columns)


def _agree(card: Card, query: guard.Query) -> None:
    if unnamed := [c for c in query.columns if not c or c == "*" or '"' in c]:
        raise guard.SqlRefused(f"give each column a name of its own (`as NAME`), not '{unnamed[0]}'")
    if doubled := [c for c, times in Counter(c.lower() for c in query.columns).items() if times > 1]:
        raise guard.SqlRefused(f"the query selects the column {', '.join(doubled)} twice")
    if capital := [c for c in query.columns if c.lower() in (*STANDARD, *ROW) and c != c.lower()]:
        raise guard.SqlRefused(f"write the column {capital[0].lower()} in small letters")
    if lacking := [c for c in STANDARD if c not in query.columns]:
        raise guard.SqlRefused(f"the query lacks the column {', '.join(lacking)}")
    if query.parameters != set(card.params):
        odd = ", ".join(sorted(query.parameters ^ set(card.params)))
        raise CardError(f"card and query disagree about the parameter {odd}")
    check_needs(card)
    names = set(re.findall(r"\{(\w+)[^}]*\}", card.sentence + card.sentence_zh))
    if lacking := sorted(names - set(query.columns) - {f"param_{p}" for p in card.params}):
        raise CardError(f"the sentence names {', '.join(lacking)}, which the query does not select")
