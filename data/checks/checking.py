"""Look at the record before anything is computed from it: one .sql, one check; the folder is the registry.

A check's query returns the rows that are against it. Its head says the level and what must hold (`-- stop:`,
`-- warn:`, `-- note:`), the same in Chinese (`-- zh:`), what it judged (`-- of:`, everything after `from`),
and as needed: the share from which it counts (`-- above:`), the share from which a warning stops (`-- stop
above:`), what it cannot judge without (`-- needs:`, else the tables it reads), and the remedy (`-- do:`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from data.contract import mapping
from data.errors import CheckStopped
from data.warehouse import guard
from data.warehouse.connection import transaction
from data.warehouse.parts import Parts

FOLDER = Path(__file__).parent
MAY_READ = frozenset({"record", "knowledge", "run"})
BUT_NOT = frozenset({"run.rejected"})
IDENTITY = "record.person_identity"
LEVELS = ("stop", "warn", "note")
HEAD = frozenset({*LEVELS, "zh", "of", "above", "stop above", "needs", "do"})
#: Offending rows shown as the example.
SHOWN = 3
#: What a message or a log line leaves out of the example.
PERSONAL = frozenset({"person_id"})


@dataclass(frozen=True)
class Check:
    """One check: what must hold, the query for what is against it, and from which share that counts."""

    name: str
    level: str
    what: str
    what_zh: str
    of: str
    query: guard.Query
    needs: tuple[str, ...]
    above: float
    stop_above: float | None
    remedy: str


@dataclass(frozen=True)
class Result:
    """What a check found: `rows` against it among `of` judged; `example` says why where nothing was judged."""

    name: str
    level: str
    what: str
    what_zh: str
    rows: int | None
    of: int | None
    share: float | None
    state: str  # ok, warn, stop, not_applicable
    example: str | None

    @property
    def failed(self) -> bool:
        """Whether it warns or stops."""
        return self.state in ("warn", "stop")


@cache
def load(folder: Path = FOLDER) -> tuple[Check, ...]:
    """Every check of the folder by name. Raises SqlRefused naming every broken file at once."""
    checks, problems = [], []
    for path in sorted(folder.glob("*.sql")):
        try:
            checks.append(_read(path))
        except guard.SqlRefused as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        raise guard.SqlRefused("\n".join(problems))
    return tuple(checks)


def run(
    con: duckdb.DuckDBPyConnection,
    say: Callable[[str], None] = lambda _: None,
    checks: Sequence[Check] | None = None,
) -> list[Result]:
    """Judge the record, write run.check_result, and say what fails.

    Raises CheckStopped for the first check that stops; the record and the results stay.
    """
    todo = load() if checks is None else checks
    parts = Parts(say, "checks", [check.name for check in todo])
    shown = []
    for check in todo:
        parts.begin(check.name)
        shown.append(judge(con, check))
    results = [result for result, _ in shown]
    with transaction(con):
        con.execute("delete from run.check_result")
        if results:
            con.executemany(
                "insert into run.check_result values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(astuple(r)) for r in results]
            )
    for result, example in shown:
        if result.failed:
            say(f"{result.state}: {_sentence(result, example)}")
    for one, (result, example) in zip(todo, shown, strict=True):
        if result.state == "stop":
            raise CheckStopped(
                f"Check {_sentence(result, example)}. {one.remedy} What was loaded stays;"
                " `fundwatch check` shows every check."
            )
    return results


def judge(con: duckdb.DuckDBPyConnection, check: Check) -> tuple[Result, str]:
    """One check's result, and its first example without personal data."""
    said = (check.name, check.level, check.what, check.what_zh)
    if lacking := [_named(need) for need in check.needs if not _there(con, need)]:
        return Result(*said, None, None, None, "not_applicable", f"needs {'; '.join(lacking)}"), ""
    of = con.execute(f"select count(*) from {check.of}").fetchall()[0][0]
    if not of:
        return Result(*said, None, 0, None, "not_applicable", "nothing to judge"), ""
    columns = ", ".join(f'"{c}" := "{c}"' for c in check.query.columns)
    rows, first = con.execute(
        f"select count(*), min(struct_pack({columns}), {SHOWN}) from ({check.query.text}) as against"
    ).fetchall()[0]
    share = rows / of
    examples: list[dict[str, Any]] = first or []
    example = "; ".join(_shown(e) for e in examples) or None
    result = Result(*said, rows, of, round(share, 6), _state(check, share), example)
    return result, _shown({k: v for k, v in examples[0].items() if k not in PERSONAL}) if examples else ""


def summary(results: Sequence[Result]) -> str:
    """One sentence: how many checks hold, warn, and could not be judged."""
    warned = [r.name for r in results if r.failed]
    idle = sum(r.state == "not_applicable" for r in results)
    named = f" ({', '.join(warned)})" if warned else ""
    hold = len(results) - len(warned) - idle
    return f"{len(results)} checks: {hold} hold, {len(warned)} warn{named}, {idle} not applicable"


def _state(check: Check, share: float) -> str:
    if check.stop_above is not None and share > check.stop_above:
        return "stop"
    return "warn" if check.level == "warn" and share > check.above else "ok"


def _sentence(result: Result, example: str) -> str:
    counted = f"{result.rows:,} of {result.of:,} ({100 * (result.share or 0):.3g} %) are against"
    first = f", first {example}" if example else ""
    return f"{result.name}: {counted} '{result.what}'{first}"


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={'' if value is None else value}" for name, value in row.items())


def _there(con: duckdb.DuckDBPyConnection, need: str) -> bool:
    schema, table, *column = need.split(".")
    filled = f" where {column[0]} is not null" if column else ""
    return bool(con.execute(f"select 1 from {schema}.{table}{filled} limit 1").fetchall())


def _named(need: str) -> str:
    schema, target, *column = need.split(".")
    table = next((t for t in mapping.tables().values() if schema == "record" and t.target == target), None)
    if table is None:
        return need
    if not column:
        return f"{table.name_zh} ({table.source})"
    field = next((f for f in table.fields if f.column == column[0]), None)
    return f"{field.name_zh} ({table.source}.{field.source})" if field else need


def _read(path: Path) -> Check:
    text = path.read_text(encoding="utf-8")
    lines = re.match(r"(?:--.*\n)*", text)[0].splitlines()  # type: ignore[index]
    head = {key: value.strip() for key, _, value in (line.removeprefix("-- ").partition(": ") for line in lines)}
    level = next(iter(head), "")
    if level not in LEVELS:
        raise guard.SqlRefused(
            "the first comment must say what must hold: '-- stop: ...', '-- warn: ...', '-- note: ...'"
        )
    if unknown := set(head) - HEAD:
        raise guard.SqlRefused(f"its head may not say '{min(unknown)}'")
    if lacking := {"zh", "of"} - set(head):
        raise guard.SqlRefused(f"its head lacks '-- {min(lacking)}: ...'")
    query = guard.check(text, MAY_READ, BUT_NOT)
    if IDENTITY in query.tables and query.columns != ("person_id",):
        raise guard.SqlRefused(f"a query over {IDENTITY} may return nothing but person_id")
    guard.check(f"select count(*) as n from {head['of']}", MAY_READ, BUT_NOT)
    above = _share(head.get("above", "0"))
    stop_above = above if level == "stop" else _share(head["stop above"]) if "stop above" in head else None
    if stop_above is not None and "do" not in head:
        raise guard.SqlRefused("a check that stops must say what to do: '-- do: ...'")
    needs = tuple(head["needs"].split()) if "needs" in head else tuple(sorted(query.tables))
    return Check(
        path.stem, level, head[level], head["zh"], head["of"], query, needs, above, stop_above, head.get("do", "")
    )


def _share(said: str) -> float:
    try:
        return float(said)
    except ValueError as error:
        raise guard.SqlRefused(f"'{said}' is no share") from error
