"""Run rules against their Markdown cases and say what differs, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.errors import UsageError
from data.warehouse import confined
from models.sources import cases
from models.sources.case_file import Case, Table, read
from models.sources.cases import Bench, Outcome
from models.sources.judged import STANDARD
from models.sources.source import Source
from models.workbench import located, ruleset
from models.workbench.template import TO_FILL

#: Where the package's own cases are; an installed package has none.
CHECKOUT = Path(__file__).parents[2] / "tests" / "models" / "rules"
#: For one case, which holds a handful of rows.
MOST_SECONDS = 60.0
MISSED, UNWANTED = "expected, not found", "found, not expected"


@dataclass(frozen=True)
class Failure:
    """A case (or the rule as a whole) that does not hold: why in words, or the rows that differ."""

    rule_id: str
    case: str
    why: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()  # which side, then the columns


@dataclass(frozen=True)
class Trial:
    """What the cases of one rule said."""

    rule_id: str
    cases: int
    failures: tuple[Failure, ...]


def run(home: Path, rules: Iterable[Source]) -> list[Trial]:
    """Try each rule on its cases in an empty warehouse; a rule without cases, or not filled in, fails."""
    bench = Bench()
    try:
        return [_try(bench, home, one) for one in rules]
    finally:
        bench.con.close()


def stray(home: Path) -> list[str]:
    """Case files of HOME that belong to no rule."""
    mine = {path.stem for path in (home / ruleset.RULES).glob("*.md")}
    return sorted(mine - set(ruleset.known(home)))


def case_file(home: Path, rule_id: str) -> Path | None:
    """A rule's cases: HOME's if it has any, else the package's for a rule of the package."""
    mine = home / ruleset.RULES / f"{rule_id}.md"
    if mine.exists():
        return mine
    packaged = CHECKOUT / f"{rule_id}.md"
    return packaged if packaged.exists() and rule_id not in ruleset.own(home) else None


def _try(bench: Bench, home: Path, source: Source) -> Trial:
    if source.kind == "rule":
        located.bind(bench.con, source)
    path = case_file(home, source.id)
    if path is None:
        where = home / ruleset.RULES / f"{source.id}.md"
        return Trial(source.id, 0, (Failure(source.id, "", f"it has no cases; write them into {where}"),))
    try:
        mine = read(path)
    except (ValueError, OSError) as error:
        raise UsageError(f"{path} cannot be read as cases: {error}") from error
    failures = [Failure(source.id, "", why) for why in _asked(source, mine, path)]
    for case in mine:
        failures += _judge(bench, source, case)
    return Trial(source.id, len(mine), tuple(failures))


def _asked(source: Source, mine: list[Case], path: Path) -> Iterator[str]:
    if TO_FILL in source.code or TO_FILL in path.read_text(encoding="utf-8"):
        yield f"it still says {TO_FILL}"
    if not any(c.finds for c in mine):
        yield "no case fires"
    silent, exclusions = sum(not c.finds for c in mine), len(source.card.exclusions)
    if silent < exclusions + 1:
        yield f"{exclusions} exclusions ask for {exclusions + 1} silent cases, there are {silent}"


def _judge(bench: Bench, source: Source, case: Case) -> list[Failure]:
    if case.finds is None and not case.cannot_judge:
        return [Failure(source.id, case.title, "the case expects nothing: say finds, finds nothing or cannot judge")]
    if unknown := sorted(set(case.params) - set(source.params)):
        return [Failure(source.id, case.title, f"the rule has no parameter {', '.join(unknown)}")]
    try:
        with confined.within(bench.con, MOST_SECONDS):
            outcome = bench.run(source, case)
    except (duckdb.Error, ValueError) as error:
        return [Failure(source.id, case.title, f"it cannot be run: {str(error).splitlines()[0]}")]
    except confined.TookTooLong as error:
        return [Failure(source.id, case.title, f"it {error}")]
    if not cases.differences(case, outcome):
        return []
    return list(_differences(source.id, case, outcome))


def _differences(rule_id: str, case: Case, outcome: Outcome) -> Iterator[Failure]:
    wanted, found = list(case.finds or []), list(outcome.hits)
    for row in list(wanted):
        match = next((hit for hit in found if _same(row, hit)), None)
        if match is not None:
            wanted.remove(row)
            found.remove(match)
    if wanted or found:
        columns = tuple(case.finds[0]) if case.finds else _filled(found)
        sides = [(MISSED, row) for row in wanted] + [(UNWANTED, hit) for hit in found]
        rows = tuple((side, *(row.get(c, "") for c in columns)) for side, row in sides)
        yield Failure(rule_id, case.title, "other rows", columns, rows)
    wanted_why, found_why = set(case.cannot_judge), set(outcome.cannot_judge)
    if wanted_why != found_why:
        reasons = [(MISSED, r) for r in sorted(wanted_why - found_why)]
        reasons += [(UNWANTED, r) for r in sorted(found_why - wanted_why)]
        yield Failure(rule_id, case.title, "other reasons it cannot judge", ("reason",), tuple(reasons))


def _same(row: dict[str, str], hit: dict[str, str]) -> bool:
    return not cases.differences(Case("", finds=[row]), Outcome([hit], []))


def _filled(found: Table) -> tuple[str, ...]:
    return tuple(c for c in STANDARD if c not in ("outcome", "reason") and any(hit.get(c) for hit in found))
