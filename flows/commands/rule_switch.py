"""rule promote, retire: a bureau's switches, each with its reason and its line in the audit log."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import COMMON, Common
from flows.commands.rule import rule

RuleId = Annotated[str, Parameter(help="The id of the rule or detector.")]
Reason = Annotated[str, Parameter(help="Why, in a sentence; it stays in HOME/switches.toml and the audit log.")]
Owner = Annotated[str, Parameter(help="Who answers for it.")]
NEXT = {"trial": "live", "retired": "trial"}


@rule.command
def promote(rule_id: RuleId, *, reason: Reason, owner: Owner = "", common: Common = COMMON) -> None:
    """Switch a rule from trial to live, or from retired back to trial; its cases must hold."""
    _switch(common, rule_id, None, reason, owner)


@rule.command
def retire(rule_id: RuleId, *, reason: Reason, owner: Owner = "", common: Common = COMMON) -> None:
    """Switch a rule or detector off; the next run drops its findings."""
    _switch(common, rule_id, "retired", reason, owner)


def _switch(common: Common, rule_id: str, to: str | None, reason: str, owner: str) -> None:
    from datetime import date

    from data.errors import UsageError, like
    from flows.home import decisions, lock
    from models.workbench import ruleset, trial

    settings = common.settings()
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("Give the reason: --reason TEXT.")
    with lock.hold(settings.home):
        everyone = ruleset.sources(settings.home, settings.rules, settings.detectors, settings.areas)
        found = next((s for s in everyone if s.id == rule_id), None)
        if found is None:
            near = like(rule_id, (s.id for s in everyone))
            raise UsageError(f"There is no rule '{rule_id}'.{near} See `fundwatch rule list`.")
        before = found.card.status
        after = to or NEXT.get(before, before)
        if after == before:
            raise UsageError(f"{rule_id} is {before} already.")
        if to is None:
            (tried,) = trial.run(settings.home, [found])
            if tried.failures:
                first = tried.failures[0]
                why = ": ".join(p for p in (first.case, first.why) if p)
                raise UsageError(f"{rule_id} stays {before}: {why}. See `fundwatch rule test {rule_id}`.")
        made = ruleset.Switch(after, reason, owner.strip(), date.today())
        row = {"rule": rule_id, "from": before, "to": after, "reason": reason, "owner": made.owner, "date": made.date}
        common.console.table("", list(row), [list(row.values())])
        logged = {k: v for k, v in row.items() if k != "date"}
        ruleset.write(
            settings.home,
            {**ruleset.switches(settings.home), rule_id: made},
            decisions.witness_switches(settings.home, settings.home / ruleset.DRAFT, logged),
        )
    common.console.give(row)
    common.console.say(f"Written to {settings.home / ruleset.SWITCHES}. It takes effect with the next run.")
