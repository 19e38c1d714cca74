"""The guard every .sql file passes when it is loaded: one read-only query, in its layer, in portable SQL.

Portable means: DuckDB and Spark give the same rows. The translation is sqlglot's, and sqlglot is silently
wrong in places, so only functions seen to agree on both engines are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from data.warehouse.reading import SqlRefused as SqlRefused
from data.warehouse.reading import depth_of, engine_reads, place, refuse_unseen, tables_of

#: sqlglot's names of the operators and functions that agree on both engines.
PORTABLE = frozenset(
    """
    Abs Add Alias And Between Bracket Case Cast Ceil Coalesce Concat Count DPipe DateDiff Distinct Div
    EQ Except Exists Filter Floor GT GTE Greatest Hour If In Intersect Is LT LTE Lag Lead Least Length Like Ln Lower
    Max Min Minute Mod Month Mul NEQ Neg Not NullSafeEQ NullSafeNEQ Nullif Or Paren PercentileCont Pow RegexpLike Round
    RowNumber Select Sqrt StddevSamp Sub Substring Sum TimestampTrunc Trim TryCast Union Upper Window Year Avg
    Rank DenseRank FirstValue LastValue Exp Sign
    """.split()
)

#: The parts of a query that are no functions. What is not here (pivots, samples, locks, laterals) nobody has looked at.
PARTS = frozenset(
    """
    Boolean CTE Column DataType DataTypeParam From Group Having Identifier Interval Join Limit Literal Null Offset
    Order Ordered Parameter Placeholder Qualify Star Subquery Table TableAlias Tuple Values Var Where WindowSpec With
    """.split()
)
#: Parts of parts that hold more than this are beyond what the engines and this guard can follow.
DEEPEST = 200

#: Who a person is, how to reach them, and what people say of each other: for no rule to read.
PERSONAL = frozenset(
    {
        "record.person_identity",
        "record.person_phone",
        "record.person_given",
        "record.person_status_unmatched",
        "record.tip",
    }
)

TRUNCATIONS = frozenset({"DAY", "HOUR", "MONTH", "QUARTER", "YEAR"})

#: A text is cut into tokens once, and the tokens are both looked at and parsed.
DIALECT, SEMICOLON = sqlglot.Dialect.get_or_raise("duckdb"), sqlglot.TokenType.SEMICOLON
#: Asked of every node of every query, so put together once.
EVERYWHERE = PORTABLE | PARTS


@dataclass(frozen=True)
class Query:
    """A query that passed: its text, the tables it reads, its parameters and its output columns."""

    text: str
    tables: frozenset[str]
    parameters: frozenset[str]
    columns: tuple[str, ...]


@cache
def check(text: str, may_read: frozenset[str], but_not: frozenset[str] = frozenset()) -> Query:
    """Parse one query; `may_read` are schemas, `but_not` single tables of them.

    Raises SqlRefused for anything but one select over those tables in portable SQL.
    """
    try:
        tree = _parse(text)
        _refuse_foreign(tree)
        tables = frozenset(tables_of(text, tree, may_read, but_not))
        parameters = frozenset(p.name for p in tree.find_all(exp.Parameter, exp.Placeholder))
        return Query(text, tables, parameters, tuple(tree.named_selects))
    except RecursionError as error:
        raise SqlRefused(NESTED) from error


NESTED = f"it is nested more than {DEEPEST} levels deep; divide it into named steps"


def check_foreign(query: Query) -> None:
    """The same of a query that somebody outside wrote, as the engine itself takes it apart: it would not do for two
    parsers to read two things. Raises SqlRefused where it reads a table that `query` does not name, or a function as
    a table."""
    tables, functions = engine_reads(query.text)
    if functions:
        raise SqlRefused(f"{functions[0]} is no table")
    if odd := sorted(tables - query.tables):
        raise SqlRefused(f"{place(query.text, odd[0])}reads {odd[0]}, which is not allowed here")


def to_spark(text: str) -> str:
    """The same query for Spark. Raises SqlRefused where no equal form is known."""
    tree = _parse(text)
    _refuse_foreign(tree)
    for node in reversed(list(tree.walk())):  # the inner ones first
        if rewrite := SPARK.get(type(node)):
            node.replace(rewrite(node))
    return tree.sql(dialect="spark", pretty=True, unsupported_level=sqlglot.ErrorLevel.RAISE)


def _parse(text: str) -> exp.Query:
    refuse_unseen(text)
    try:
        tokens = DIALECT.tokenize(text)
        for token in tokens if ";" in text else ():
            if token.token_type == SEMICOLON:
                before = text[: token.start]
                where = f"line {before.count(chr(10)) + 1}, column {token.start - before.rfind(chr(10))}: "
                raise SqlRefused(f"{where}it must be one select, without `;` at its end")
        statements = [s for s in DIALECT.parser().parse(tokens, text) if s is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        where = f"line {first.get('line')}, column {first.get('col')}: " if first else ""
        raise SqlRefused(f"{where}{first.get('description', str(error))}") from error
    except SqlglotError as error:
        raise SqlRefused(str(error).splitlines()[0]) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Select | exp.SetOperation):
        raise SqlRefused("it must be one select, nothing else")
    if depth_of(statements[0]) > DEEPEST:
        raise SqlRefused(NESTED)
    return statements[0]


def _refuse_foreign(tree: exp.Query) -> None:
    for node in tree.walk():
        if type(node).__name__ not in EVERYWHERE:
            raise SqlRefused(f"`{node.sql('duckdb')[:60]}` has no form known to be equal on Spark")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise SqlRefused("a recursive step has no form known to be equal on Spark, and may have no end")
        if isinstance(node, exp.Div) and not _never_zero(node.expression):
            raise SqlRefused(f"`{node.sql('duckdb')[:60]}` may divide by zero: write x / nullif(y, 0)")
        if isinstance(node, exp.DateDiff) and str(node.args.get("unit", "")).upper() != "DAY":
            raise SqlRefused("date_diff counts alike on both engines only in 'day'")
        if isinstance(node, exp.TimestampTrunc) and str(node.args.get("unit", "")).upper() not in TRUNCATIONS:
            raise SqlRefused("date_trunc is portable only to hour, day, month, quarter and year")
        if isinstance(node, exp.PercentileCont) and not isinstance(node.this, exp.Cast):
            raise SqlRefused("quantile_cont(x, p) rounds decimals: cast x to double first")
        if isinstance(node, exp.Round) and not _is_whole(node.args.get("decimals")):
            raise SqlRefused("round(x, n) rounds doubles differently on Spark: write cast(x as decimal(16, n))")
        if type(node) is exp.Cast and node.to.this in exp.DataType.INTEGER_TYPES and _is_product(node.this):
            raise SqlRefused("cast to integer rounds halves differently on Spark: write cast(round(x) as integer)")
        if isinstance(node, exp.Sub) and {"date", "DATE"} & {str(node.this.type), str(node.expression.type)}:
            raise SqlRefused("the difference of dates: write date_diff('day', a, b)")


def _never_zero(divisor: exp.Expression) -> bool:
    while isinstance(divisor, exp.Cast | exp.Paren):
        divisor = divisor.this
    if isinstance(divisor, exp.Literal):
        return float(divisor.name) != 0
    return isinstance(divisor, exp.Nullif | exp.Greatest)


def _is_whole(decimals: exp.Expr | None) -> bool:
    return decimals is None or (isinstance(decimals, exp.Literal) and decimals.name == "0")


def _is_product(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), exp.Div | exp.Mul)


def _percentile(node: exp.Expr) -> exp.Expr:
    """Spark's percentile_cont is approximate after translation; percentile is exact."""
    return exp.Anonymous(this="PERCENTILE", expressions=[node.this, node.expression])


def _cast(node: exp.Expr) -> exp.Expr:
    """DuckDB rounds a double at the decimals asked for; Spark cuts integers, and rounds the shortest decimal text."""
    kind, what = node.args["to"], node.this
    if isinstance(what, exp.Null | exp.Literal | exp.Round):
        return node
    if kind.this in exp.DataType.INTEGER_TYPES:
        node.set("this", exp.Round(this=what))
    elif kind.this == exp.DataType.Type.DECIMAL:
        unit = exp.Literal.number(10 ** int(kind.expressions[1].name)) if len(kind.expressions) > 1 else 1
        node.set("this", exp.Round(this=exp.Paren(this=what) * unit) / unit)
    return node


def _as_double(node: exp.Expr) -> exp.Expr:
    """Floor and ceiling of a double are doubles on DuckDB, integers on Spark."""
    return exp.cast(node.copy(), "double")


def _as_local(node: exp.Expr) -> exp.Expr:
    """Spark gives a moment, which depends on the session's time zone, for DuckDB's time of day."""
    return exp.cast(node.copy(), exp.DataType.Type.TIMESTAMPNTZ)


SPARK: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.PercentileCont: _percentile,
    exp.Cast: _cast,
    exp.Floor: _as_double,
    exp.Ceil: _as_double,
    exp.TimestampTrunc: _as_local,
}
