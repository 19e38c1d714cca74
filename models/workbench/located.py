"""A rule's file read with every refusal placed: file, line, column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot.errors import SqlglotError

from data.errors import UsageError
from data.warehouse import confined, guard
from models.sources import rule
from models.sources.card import Card, CardError, SettingError, parse
from models.sources.source import Params, RuleFailed, Source

EXPLAIN = "explain "


def read(path: Path, overrides: Params | None = None) -> Source:
    """One rule from its file. Raises UsageError naming the file and, for its query, line and column."""
    try:
        if not re.fullmatch(r"\w[\w-]*", path.stem):
            raise CardError("its name is no rule id: letters, digits and underscores")
        return rule.read(path, overrides, is_own=path.parent != rule.FOLDER)
    except SettingError as error:
        raise UsageError(f"[rules.{path.stem}] in fundwatch.toml: {error}") from error
    except CardError as error:
        raise UsageError(f"{path.name}{_undeclared(path.read_text(encoding='utf-8'))}: {error}") from error
    except guard.SqlRefused as error:
        raise UsageError(f"{path.name}, {_refused(path.read_text(encoding='utf-8'), error)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a rule: {error}") from error


def broken(path: Path, refusal: str) -> Source:
    """A rule that cannot be read, as one that judges nothing and says why; live where its card does not say that it
    is on trial or retired."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        text = ""
    head, _ = _parts(text)
    try:
        card = parse(head.partition("/*")[2].removesuffix("*/"))
    except CardError:
        status = re.search(r"""^\s*status\s*=\s*["'](trial|retired)["']""", head, re.MULTILINE)
        card = Card(
            title=f"{path.stem} (cannot be read)",
            title_zh=f"{path.stem}（无法读取）",
            violation=path.stem,
            subjects=("institution",),
            certainty="suspected",
            sentence="",
            sentence_zh="",
            status=status[1] if status else "live",
        )

    def fill(con: duckdb.DuckDBPyConnection, values: Params) -> None:
        raise RuleFailed(refusal)

    params = {name: parameter.value for name, parameter in card.params.items()}
    return Source(path.stem, "rule", card, params, text, fill, is_own=True, refusal=refusal)


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
    if source.refusal:
        raise UsageError(source.refusal)
    head, query = _parts(source.code)
    confined.prepare(con)
    try:
        with confined.inside(con):
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
        except (SqlglotError, RecursionError):
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
