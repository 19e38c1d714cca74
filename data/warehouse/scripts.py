"""The guard that a detector's scripts pass: statements in DuckDB's own dialect that make temporary tables or judge.

What a single query must be for both engines, guard.py says; scripts run on DuckDB alone and may use more of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from data.warehouse.guard import PORTABLE, Query
from data.warehouse.reading import SqlRefused

#: What detectors may use besides: DuckDB's own, since they run on DuckDB alone. Nothing here reads a file, a setting or
#: the catalogue.
DUCKDB = PORTABLE | frozenset(
    """
    AnyValue ArgMax ArgMin Array ArrayAgg ArrayContains ArrayMax ArrayOverlaps ArraySlice ArraySort ArrayToString
    Chr ConcatWs Contains Cos Day DayOfWeek EndsWith Explode Format GenerateSeries GroupConcat Hour IntDiv
    JarowinklerSimilarity Left Log LogicalAnd LogicalOr MD5 Median Mode Pad PropertyEQ Quantile Radians RegexpExtract
    RegexpExtractAll RegexpFullMatch RegexpReplace Replace Right Sin Split SplitPart StartsWith Struct StructExtract
    TimeToStr Transform Translate Unnest Variance
    """.split()
)

#: Functions of DuckDB that sqlglot has no name of its own for.
DUCKDB_NAMED = frozenset(
    """
    gamma lgamma list_aggregate list_distinct list_position list_sort list_sum mad regexp_split_to_array to_json
    """.split()
)

#: The nodes that one of the lists must name, and the lists that may stand where a table does.
NAMED = (exp.Func, exp.Binary, exp.Window, exp.SetOperation)
LISTS_AS_TABLES = (exp.GenerateSeries, exp.Unnest, exp.Explode)


@dataclass(frozen=True)
class Step:
    """One statement of a script that passed: a named table that later ones read, or a query that judges."""

    name: str | None  # of the temporary table; None: a query
    query: Query  # its text is the statement's


def script(text: str, may_read: frozenset[str], but_not: frozenset[str], beside: frozenset[str]) -> tuple[Step, ...]:
    """The statements of a script in DuckDB's dialect: `create temp table NAME as` a query, or a query.

    `may_read` are schemas, `but_not` single tables of them, `beside` bare names that others make. Raises SqlRefused
    for any other statement, and for a table or function that is not allowed.
    """
    steps: list[Step] = []
    bare_names = set(beside)
    for number, statement in enumerate(_statements(text), 1):
        try:
            step, bare = _step(statement, may_read, but_not)
            if foreign := [name for name in bare if name not in bare_names]:
                raise SqlRefused(_beyond(foreign[0], may_read))
        except SqlRefused as error:
            raise SqlRefused(f"statement {number}: {error}") from error
        steps.append(step)
        bare_names |= {step.name} if step.name else set()
    return tuple(steps)


@cache
def _statements(text: str) -> tuple[str, ...]:
    """The statements of a script, each without its end."""
    import duckdb

    try:
        return tuple(s.query.strip().rstrip(";") for s in duckdb.extract_statements(text))
    except duckdb.Error as error:
        raise SqlRefused(str(error).splitlines()[0]) from error


def _beyond(name: str, may_read: frozenset[str]) -> str:
    return f"reads {name}; it may read only {', '.join(sorted(may_read))} and its own steps"


@cache
def _step(text: str, may_read: frozenset[str], but_not: frozenset[str]) -> tuple[Step, tuple[str, ...]]:
    """One statement, and the bare names it reads that are no step of its own: who calls knows whether others make them.

    A family's shared scripts are read by each of its detectors, and taken apart once.
    """
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise SqlRefused(f"line {first.get('line')}: {first.get('description', str(error))}") from error
    name, body = None, tree
    if isinstance(tree, exp.Create):
        is_table = tree.kind == "TABLE" and tree.find(exp.TemporaryProperty) is not None
        if not is_table or tree.args.get("replace") or not isinstance(tree.expression, exp.Query):
            raise SqlRefused("it must be `create temp table NAME as` a query, or a query")
        name, body = tree.this.name, tree.expression
        if tree.this.db:
            raise SqlRefused(f"{tree.this.sql('duckdb')}: a temporary table has no schema")
    if not isinstance(body, exp.Query):
        raise SqlRefused("it must be `create temp table NAME as` a query, or a query")
    _refuse_undeclared(body)
    tables, bare = _read_by(body, may_read, but_not)
    parameters = frozenset(p.name for p in body.find_all(exp.Parameter, exp.Placeholder) if p.name)
    return Step(name, Query(text, tables, parameters, tuple(body.named_selects))), bare


def _read_by(
    body: exp.Query, may_read: frozenset[str], but_not: frozenset[str]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The tables of schemas that a statement's query reads, and the bare names that none of its steps has."""
    local = {cte.alias for cte in body.find_all(exp.CTE)}
    tables, bare = set(), []
    for table in body.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            if not isinstance(table.this, LISTS_AS_TABLES):
                raise SqlRefused(f"`{table.sql('duckdb')[:60]}` is no table")
            continue
        full = f"{table.db}.{table.name}" if table.db else table.name
        if full.lower() != full and table.db:
            raise SqlRefused(f"write {full.lower()}: small letters")
        if table.catalog or (table.db and table.db not in may_read):
            raise SqlRefused(_beyond(full, may_read))
        if full in but_not:
            raise SqlRefused(f"reads {full}, which names persons")
        if table.db:
            tables.add(full)
        elif full not in local:
            bare.append(full)
    return frozenset(tables), tuple(bare)


def _refuse_undeclared(tree: exp.Query) -> None:
    """Functions that neither list names: for files, settings, the catalogue, and whatever nobody looked at."""
    for node in tree.walk():
        if isinstance(node, NAMED):
            name = type(node).__name__
            if name not in DUCKDB and not (isinstance(node, exp.Anonymous) and node.name.lower() in DUCKDB_NAMED):
                raise SqlRefused(f"`{node.sql('duckdb')[:60]}` is no function that a detector may use")
