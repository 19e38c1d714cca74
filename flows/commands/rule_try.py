"""rule new, test, backtest, sweep: write a rule, try it on its cases and on the loaded data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common
from flows.commands.rule import rule

RuleId = Annotated[str, Parameter(help="The rule's id.")]


@rule.command
def new(rule_id: RuleId, *, common: Common = COMMON) -> None:
    """Write a new rule's card, query and cases into HOME/rules, to be filled in."""
    from models.workbench import template

    paths = template.write(common.settings().home, rule_id)
    common.console.give({"rule": rule_id, "status": "trial", "files": [str(p) for p in paths]})
    for path in paths:
        common.console.say(f"{path}")
    common.console.say(f"Fill both in, then: fundwatch rule test {rule_id}, fundwatch rule backtest {rule_id}.")


@rule.command
def test(rule_id: RuleId = "", *, common: Common = COMMON) -> None:
    """Run the cases of a rule, or of all, and print what differs; exit code 1 if anything does."""
    from data.errors import CheckStopped
    from models.workbench import ruleset, trial

    settings = common.settings()
    if rule_id:
        rules = [ruleset.one(settings.home, rule_id, settings.rules)]
    else:
        mine = ruleset.own(settings.home)
        rules = [
            r
            for r in ruleset.ruleset(settings.home, settings.rules)
            if r.id in mine or trial.case_file(settings.home, r.id)  # an installed package has no cases with it
        ]
    trials = trial.run(settings.home, rules)
    failures = [f for t in trials for f in t.failures]
    stray = [] if rule_id else trial.stray(settings.home)
    common.console.give(
        {
            "rules": [{"rule": t.rule_id, "cases": t.cases, "failures": len(t.failures)} for t in trials],
            "failures": [
                {"rule": f.rule_id, "case": f.case, "why": f.why, "columns": ["side", *f.columns], "rows": f.rows}
                for f in failures
            ],
            "case_files_without_rule": stray,
        }
    )
    for f in failures:
        title = ": ".join(p for p in (f.rule_id, f.case, f.why) if p)
        if f.rows:
            common.console.table(title, ["", *f.columns], f.rows)
        else:
            common.console.say(title)
    failed = {f.rule_id for f in failures} | set(stray)
    common.console.say(f"{sum(t.cases for t in trials):,} cases of {len(trials):,} rules; {len(failed)} rules fail.")
    if stray:
        raise CheckStopped(f"These case files belong to no rule: {', '.join(stray)}.")
    if failed:
        raise CheckStopped(f"Cases do not hold: {', '.join(sorted(failed))}.")


@rule.command
def backtest(
    rule_id: RuleId,
    *,
    against: Annotated[str, Parameter(help="live: the last run; or a file with another version of the rule.")] = "live",
    from_day: Annotated[str, Parameter(name="--from", help="First day that counts, YYYY-MM-DD.")] = "",
    to_day: Annotated[str, Parameter(name="--to", help="Last day that counts, YYYY-MM-DD.")] = "",
    language: Annotated[str | None, Parameter(help="en or zh.")] = None,
    common: Common = COMMON,
) -> None:
    """Say what a rule finds on the loaded data and what that changes; nothing in HOME is written."""
    from data.errors import UsageError
    from models.workbench import located, ruleset
    from models.workbench.backtest import TITLES, Period
    from models.workbench.backtest import backtest as tried
    from models.workbench.bench import bench

    settings = common.settings(language=language)
    period = Period(_day("--from", from_day), _day("--to", to_day))
    if period.first and period.last and period.first > period.last:
        raise UsageError("--from is after --to.")
    source = ruleset.one(settings.home, rule_id, settings.rules, settings.areas)
    if against != "live" and not Path(against).is_file():
        raise UsageError(f"--against is '{against}'; it must be live or a file with another version of the rule.")
    other = None if against == "live" else located.read(Path(against))
    with bench(settings.home, memory_limit=settings.memory_limit, threads=settings.threads) as con:
        tables = tried(con, source, other, period, settings.language, settings.rule_minutes * 60)
    common.console.give({name: table.to_dicts() for name, table in tables.items()})
    for name, table in tables.items():
        if table.height:
            common.console.table(TITLES[name], table.columns, table.rows(), kind="bench")
    if not tables["verdicts"].height:
        common.console.say("No verdict speaks about its subjects yet.")


@rule.command
def sweep(
    rule_id: RuleId,
    *,
    param: Annotated[str, Parameter(help="The parameter's name; `rule show ID` lists them.")],
    values: Annotated[list[str], Parameter(consume_multiple=True, help="The values to try, by spaces or commas.")],
    leads_per_day: Annotated[float, Parameter(help="Leads an inspector works through in a day.")] = 4,
    common: Common = COMMON,
) -> None:
    """Run a rule with several values of one parameter: hits, yuan, leads and inspector-days of each."""
    from models.workbench import ruleset
    from models.workbench.bench import bench
    from models.workbench.sweep import sweep as swept
    from models.workbench.sweep import values_of

    settings = common.settings()
    source = ruleset.one(settings.home, rule_id, settings.rules, settings.areas)
    wanted = values_of(source, param, values)
    with bench(settings.home, memory_limit=settings.memory_limit, threads=settings.threads) as con:
        table = swept(con, source, param, wanted, leads_per_day, settings.rule_minutes * 60)
    common.console.give(table.to_dicts())
    what = source.card.params[param].decides(settings.language)
    common.console.table(f"{rule_id} {param}: {what}", table.columns, table.rows(), kind="bench")


def _day(option: str, text: str) -> date | None:
    from data.errors import UsageError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} is '{text}'; it must be a day like 2026-01-28.") from error
