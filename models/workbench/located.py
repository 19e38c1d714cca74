"""A rule's file read with every refusal placed: file, line, column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot.errors import SqlglotError

from data.errors import UsageError
from data.warehouse import guard
from models.sources import rule
from models.sources.card import CardError, SettingError, parse
from models.sources.source import Params, Source

EXPLAIN = "explain "


def read(path: Path, overrides: Params | None = None) -> Source:
    """One rule from its file. Raises UsageError naming the file and, for its query, line and column."""
    try:
        return rule.read(path, overrides)
    except SettingError as error:
        raise UsageError(f"[rules.{path.stem}] in fundwatch.toml: {error}") from error
    except CardError as error:
        raise UsageError(f"{path.name}{_undeclared(path.read_text(encoding='utf-8'))}: {error}") from error
    except guard.SqlRefused as error:
        raise UsageError(f"{path.name}, {_refused(path.read_text(encoding='utf-8'), error)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a rule: {error}") from error


def _undeclared(text: str) -> str:
    """Where the query names a parameter that its card does not declare; empty if it does not."""
    head, query = _parts(text)
    try:
        declared = set(parse(head.partition("/*")[2].removesuffix("*/")).params)
        found = next((m for m in re.finditer(r"\$(\w+)", query) if m[1] not in declared), None)
    except CardError:
        return ""
    if found is None:
        return ""
    return f", {_place(head, *_line_and_column(query, found.start())).removesuffix(': ')}"


def bind(con: duckdb.DuckDBPyConnection, source: Source, name: str = "") -> None:
    """Let the engine resolve a rule's query without running it. Raises UsageError with line and column."""
    head, query = _parts(source.code)
    try:
        con.execute(EXPLAIN + query, dict(source.params))
    except duckdb.Error as error:
        said = str(error)
        where = _where_bound(head, query, said)
        raise UsageError(f"{name or source.id + '.sql'}, {where}{_first_line(said)}") from error


def _parts(text: str) -> tuple[str, str]:
    head, end, query = text.partition("*/")
    return head + end, query


def _refused(text: str, error: guard.SqlRefused) -> str:
    head, query = _parts(text)
    said = str(error)
    parser: Any = getattr(error.__cause__, "errors", None)
    if parser:  # its own line count goes wrong after comments
        before, after = str(parser[0]["start_context"]), f"{parser[0]['highlight']}{parser[0]['end_context']}"
        start = query.find(before + after) + len(before)
        said = str(parser[0]["description"])
        if said.startswith("Required keyword"):  # it goes on in the parser's own classes
            said = "something is missing here"
        return _place(head, *_line_and_column(query, start)) + said
    if match := re.match(r"line (\d+), column (\d+): (.*)\Z", said, re.DOTALL):
        return _place(head, int(match[1]), int(match[2])) + match[3]
    return _place(head, *_found(query, said)) + said


def _found(query: str, said: str) -> tuple[int, int]:
    """Where the expression that a refusal quotes begins; the query's first word if it cannot be told."""
    first = re.match(r"(?:\s+|--[^\n]*\n)*", query)
    start = first.end() if first else 0
    if quoted := re.search(r"`(.+?)`", said, re.DOTALL):
        try:
            trees = [t for t in sqlglot.parse(query, read="duckdb") if t is not None]
        except SqlglotError:
            trees = []
        nodes = (n for t in trees for n in t.walk() if n.sql("duckdb")[:60] == quoted[1])
        starts = [m.meta["start"] for n in nodes for m in n.walk() if "start" in m.meta]
        start = min(starts, default=start)
    return _line_and_column(query, start)


def _line_and_column(query: str, start: int) -> tuple[int, int]:
    before = query[:start]
    return before.count("\n") + 1, start - before.rfind("\n")


def _place(head: str, line: int, column: int) -> str:
    if line == 1:
        column += len(head) - head.rfind("\n") - 1
    return f"line {head.count(chr(10)) + line}, column {column}: "


def _where_bound(head: str, query: str, said: str) -> str:
    match = re.search(r"^LINE (\d+): (.*)\n( *)\^", said, re.MULTILINE)
    if match is None:
        return ""
    line, shown, caret = int(match[1]), match[2], len(match[3]) - len(f"LINE {match[1]}: ")
    whole = (EXPLAIN + query).split("\n")[line - 1]
    if shown.startswith("..."):  # the engine shows a part of a long line
        part = shown.removeprefix("...").removesuffix("...")
        caret += whole.find(part) - 3
    return _place(head, line, caret + 1 - (len(EXPLAIN) if line == 1 else 0))


def _first_line(said: str) -> str:
    return said.split("\n", 1)[0]
