"""rule list, show, coverage; the workbench is in rules_try.py and rules_switch.py."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import COMMON, Common, Language, app
from flows.home.settings import FILE_NAME

rule = App(
    name="rule",
    help="The rule base, and the workbench for one's own rules.",
)
app.command(rule)


@rule.command(name="list")
def list_(*, language: Language = None, common: Common = COMMON) -> None:
    """List every rule and detector, and where it comes from: the package or HOME/rules."""
    from flows import steps
    from models.workbench import ruleset

    settings = common.settings(language=language)
    everyone = steps.sources(settings)
    rows = [
        (
            s.id,
            s.kind,
            " ".join(map(str, s.card.official)),
            s.card.certainty,
            s.card.status,
            ", ".join(s.card.subjects),
            s.card.title,
            s.card.title_zh,
            ruleset.origin(settings.home, s.id),
        )
        for s in everyone
    ]
    names = ["id", "kind", "official", "certainty", "status", "subjects", "title", "title_zh", "origin"]
    common.console.give([dict(zip(names, row, strict=True)) for row in rows])
    shown = [i for i, name in enumerate(names) if name != "title" or settings.language != "zh"]
    common.console.table("", [names[i] for i in shown], [[row[i] for i in shown] for row in rows])
    for s in everyone:
        if s.refusal:
            common.console.say(f"{s.id}, on trial, is left out: {s.refusal}")


@rule.command
def show(rule_id: Annotated[str, Parameter(help="The rule's id.")], *, common: Common = COMMON) -> None:
    """Show one rule's card and query, with the parameters in force and what they decide."""
    from dataclasses import asdict

    from data.errors import UsageError, like
    from flows import steps

    settings = common.settings()
    everyone = {s.id: s for s in steps.sources(settings)}
    found = everyone.get(rule_id)
    if found is None:
        raise UsageError(f"There is no rule '{rule_id}'.{like(rule_id, everyone)} See `fundwatch rule list`.")
    card = asdict(found.card)
    for name, declared in found.card.params.items():
        card["params"][name]["meaning_zh"] = declared.decides("zh")
    by_area = {"in_force_by_area": {a: dict(p) for a, p in sorted(found.areas.items())}} if found.areas else {}
    common.console.give({"id": found.id, "kind": found.kind, **card, "in_force": dict(found.params), **by_area})
    common.console.say(found.code.rstrip())
    for name, value in found.params.items():
        parameter = found.card.params[name]
        changed = value != parameter.value
        why = settings.why.get((found.id, name))
        said = f": {why.reason}; {why.owner}, {why.date.isoformat()}" if why else ""
        common.console.say(f"{name} = {value}{f' (set in {FILE_NAME}{said})' if changed else ''}")
        for area, params in sorted(found.areas.items()):
            if name in params:
                why = settings.why.get((found.id, name, area))
                reason = f": {why.reason}; {why.owner}, {why.date.isoformat()}" if why else ""
                common.console.say(f"in area {area} {name} = {params[name]} (set in {FILE_NAME}{reason})")
        if decides := parameter.decides(settings.language):
            common.console.say(f"  {decides}{_unit(parameter.measured(settings.language), settings.language)}")


def _unit(unit: str, language: str) -> str:
    """A unit behind what it measures."""
    return "" if not unit else f"（{unit}）" if language == "zh" else f" ({unit})"


@rule.command
def coverage(
    *,
    problems: Annotated[bool, Parameter(negative=(), help="The official problem items instead.")] = False,
    language: Language = None,
    common: Common = COMMON,
) -> None:
    """What every rule and detector judged in the last run, what it could not and why; then what HOME sets itself."""
    if problems:
        from flows.commands.problems import problems as items

        items(common=common)
        return
    from data.errors import UsageError
    from flows.commands import rule_origin
    from flows.publish import kept
    from flows.publish.tables import coverage as covered

    settings = common.settings(language=language)
    with kept.reading(settings.home) as (con, run):
        rows = covered(con)
    common.as_published(run)
    if rows.is_empty():
        raise UsageError("Nothing is judged yet. Run `fundwatch detect` first.")
    here = rule_origin.set_here(settings)
    every = here.get(rule_origin.EVERY, [])
    common.console.give([{**row, "set_here": here.get(row["source"], []) + every} for row in rows.to_dicts()])
    common.console.table("", rows.columns, rows.rows())
    told = [(name, *row.values()) for name, given in here.items() for row in given]
    if told:
        common.console.table("Set in this HOME", ["source", *rule_origin.COLUMNS], told)
        if bare := rule_origin.unexplained(here):
            common.console.say(f"Set in {FILE_NAME} without reason, owner and date: {bare} (README, Settings).")
    else:
        common.console.say("Every query, status, parameter and fact is what ships: HOME sets none of its own.")
