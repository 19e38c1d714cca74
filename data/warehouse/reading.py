"""Which tables a query reads, by its own steps' scope, and what the engine says of the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    import duckdb


class SqlRefused(ValueError):
    """A query that may not run; the text says where and why."""


def tables_of(text: str, tree: exp.Query, may_read: frozenset[str], but_not: frozenset[str]) -> Iterator[str]:
    """The tables that a query reads outside its own steps. Raises SqlRefused for one that is not allowed."""
    for table in tree.find_all(exp.Table):
        parts = [part for part in (table.catalog, table.db, table.name) if part]
        shown, folded = ".".join(parts), ".".join(parts).lower()
        if len(parts) == 1 and folded in _steps_in_scope(table):
            continue
        if folded in but_not:
            raise SqlRefused(f"{place(text, shown)}reads {shown}, which names persons; no query here may")
        if len(parts) != 2 or parts[0].lower() not in may_read:
            allowed = ", ".join(sorted(may_read))
            raise SqlRefused(f"{place(text, shown)}reads {shown}; a query here may read only {allowed}")
        if _written(text, table) != folded:  # what judges a rule finds its tables by their names
            raise SqlRefused(f"{place(text, shown)}write {folded}: small letters, no quotation marks, no blanks")
        yield folded


def _written(text: str, table: exp.Table) -> str:
    """A table's name as it stands in the text."""
    return text[table.args["db"].meta["start"] : table.this.meta["end"] + 1]


def _steps_in_scope(table: exp.Table) -> set[str]:
    """The named steps, in small letters, that a bare table name may mean where it stands: those of the queries around
    it, and of its own list only those before it."""
    names: set[str] = set()
    inside: exp.Expr = table
    while (around := inside.parent) is not None:
        if isinstance(around, exp.With):
            names |= {cte.alias.lower() for cte in around.expressions[: around.expressions.index(inside)]}
        elif inside.arg_key not in ("with", "with_") and (steps := around.args.get("with_") or around.args.get("with")):
            names |= {cte.alias.lower() for cte in steps.expressions}
        inside = around
    return names


def engine_reads(text: str) -> tuple[set[str], list[str]]:
    """Schema-qualified tables, in small letters, and table functions that the engine finds in a query; a bare name
    that no step of the query has counts among the tables."""
    with _parser().cursor() as con:
        rows = con.execute("select cast(json_serialize_sql($text) as varchar)", {"text": text}).fetchall()
    found = json.loads(rows[0][0])
    if found.get("error"):
        raise SqlRefused(str(found.get("error_message", "the engine cannot read it")).splitlines()[0])
    tables, functions, steps = set(), [], set()
    for node in _nodes(found):
        if node.get("type") == "BASE_TABLE":
            names = [node.get(part) for part in ("catalog_name", "schema_name", "table_name")]
            tables.add(".".join(name for name in names if name).lower())
        elif node.get("type") == "TABLE_FUNCTION":
            functions.append(f"`{node.get('function', {}).get('function_name', '')}`")
        if isinstance(node.get("cte_map"), dict):
            steps |= {str(each["key"]).lower() for each in node["cte_map"].get("map", [])}
    return tables - steps, functions


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """An engine that only takes texts apart; making one costs more than what it is asked."""
    import duckdb

    return duckdb.connect(config={"threads": 1, "enable_external_access": False})


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON tree, without recursion."""
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def place(text: str, table: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if (column := line.find(table)) >= 0 and not line.lstrip().startswith("--"):
            return f"line {number}, column {column + 1}: "
    return ""


def refuse_unseen(text: str) -> None:
    """Characters that nobody sees change what is read: a name with a zero-width space is another name to one parser
    and the same to the next."""
    for number, line in enumerate(re.split(r"\r\n|\n", text), 1):
        if not line.replace("\t", " ").isprintable():
            column, letter = next((c, x) for c, x in enumerate(line, 1) if x != "\t" and not x.isprintable())
            raise SqlRefused(
                f"line {number}, column {column}: the character U+{ord(letter):04X} is not seen; take it out"
            )


def depth_of(tree: exp.Expr) -> int:
    """How many parts within parts a query has."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.iter_expressions()]
    return deepest
