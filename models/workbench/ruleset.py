"""The rule base of one HOME: what ships, the bureau's own rules in HOME/rules, its switches in HOME/switches.toml.

A rule of HOME takes the place of the package's rule with the same id. A switch sets a rule's or detector's status
without touching its file: `[ID]` with status, reason, owner, date.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path

from data import texts
from data.errors import UsageError, like
from models import detectors
from models.sources import rule
from models.sources.card import STATUSES
from models.sources.rule import Overrides
from models.sources.source import Source
from models.workbench import by_area, located
from models.workbench.by_area import ByArea

RULES = "rules"
SWITCHES = "switches.toml"
DRAFT = "switches.part"
PACKAGE, OWN, REPLACED = "package", "home", "home, in place of the package's"


@dataclass(frozen=True)
class Switch:
    """A status a bureau gave to a source, and why."""

    status: str
    reason: str
    owner: str = ""
    date: date | None = None


def sources(
    home: Path, rules: Overrides | None = None, found_by: Overrides | None = None, areas: ByArea | None = None
) -> list[Source]:
    """Every rule and detector of a HOME, switched. Raises UsageError naming what cannot be loaded."""
    return switched(home, unswitched(home, rules, found_by, areas))


def switched(home: Path, everyone: Sequence[Source]) -> list[Source]:
    """Every rule and detector with the status that HOME gives it. Raises UsageError for a switch of none of them."""
    said = switches(home)
    if unknown := sorted(set(said) - {s.id for s in everyone}):
        raise UsageError(f"{home / SWITCHES} switches {', '.join(unknown)}, which does not exist.")
    return [_switched(s, said) for s in everyone]


def unswitched(
    home: Path, rules: Overrides | None = None, found_by: Overrides | None = None, areas: ByArea | None = None
) -> list[Source]:
    """Every rule and detector of a HOME with the status of its own card."""
    return by_area.laid(_read(home, rules) + detectors.load(found_by), areas)


def ruleset(home: Path, overrides: Overrides | None = None, areas: ByArea | None = None) -> list[Source]:
    """The package's rules, then HOME's, switched. Raises UsageError naming every broken file of HOME at once."""
    said, of_rules = switches(home), {area: {"rules": s.get("rules", {})} for area, s in (areas or {}).items()}
    return [_switched(s, said) for s in by_area.laid(_read(home, overrides), of_rules)]


def _read(home: Path, overrides: Overrides | None) -> list[Source]:
    overrides, mine, switched_to = overrides or {}, own(home), switches(home)
    packaged = rule.load({k: v for k, v in overrides.items() if k not in mine})
    found, problems = [s for s in packaged if s.id not in mine], []
    for name, path in mine.items():
        try:
            found.append(located.read(path, overrides.get(name)))
        except UsageError as error:
            broken = located.broken(path, str(error))
            if (switched_to[name].status if name in switched_to else broken.card.status) == "live":
                problems.append(str(error))
            else:  # on trial it harms no list, and a draft stops nobody's run
                found.append(broken)
    if problems:
        raise UsageError(f"The rules of {home / RULES} cannot be loaded:\n" + "\n".join(problems))
    return found


def one(home: Path, rule_id: str, overrides: Overrides | None = None, areas: ByArea | None = None) -> Source:
    """One rule, whatever the others look like. Raises UsageError if there is none or its file is refused."""
    path = own(home).get(rule_id) or _packaged().get(rule_id)
    if path is None:
        raise UsageError(f"There is no rule '{rule_id}'.{like(rule_id, known(home))} See `fundwatch rule list`.")
    return _switched(by_area.one(located.read(path, (overrides or {}).get(rule_id)), areas), switches(home))


def own(home: Path) -> dict[str, Path]:
    """The files of HOME's own rules by id."""
    return {path.stem: path for path in sorted((home / RULES).glob("*.sql"))}


def known(home: Path) -> list[str]:
    """The ids of every rule of package and HOME."""
    return sorted({*own(home), *_packaged()})


def origin(home: Path, source_id: str) -> str:
    """Where a rule or detector comes from; a rule that takes the place of the package's says so."""
    if source_id not in own(home):
        return PACKAGE
    return REPLACED if source_id in _packaged() else OWN


def version(home: Path) -> str:
    """Hash of HOME's own rules and switches: equal means the same rule base on top of the same package."""
    digest = hashlib.sha256()
    for path in [*own(home).values(), home / SWITCHES]:
        if path.exists():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def switches(home: Path) -> dict[str, Switch]:
    """HOME's switches by source id. Raises UsageError for a file that is not made of switches."""
    path = home / SWITCHES
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(texts.read(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    return {name: _switch(path, name, entry) for name, entry in said.items()}


def write(home: Path, said: Mapping[str, Switch], witness: Callable[[], None]) -> None:
    """Replace HOME's switches, whole or not at all; `witness` is called when only DRAFT's new name is missing."""
    path = home / SWITCHES
    draft = home / DRAFT
    parts = ["# Written by `fundwatch rule promote` and `rule retire`; comments are not kept.\n"]
    for name, switch in sorted(said.items()):
        entries = [f"{key} = {_toml(value)}" for key, value in asdict(switch).items() if value not in (None, "")]
        parts.append("\n".join([f"[{name}]", *entries, ""]))
    try:
        with draft.open("w", encoding="utf-8") as handle:
            handle.write("\n".join(parts))
            handle.flush()
            os.fsync(handle.fileno())
        witness()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _switch(path: Path, name: str, entry: object) -> Switch:
    if not isinstance(entry, dict) or not {"status", "reason"} <= set(entry):
        raise UsageError(f"{path}: [{name}] needs status and reason.")
    if unknown := sorted(set(entry) - {f.name for f in fields(Switch)}):
        raise UsageError(f"{path}: [{name}] sets {', '.join(unknown)}, which does not exist.")
    if entry["status"] not in STATUSES:
        raise UsageError(f"{path}: [{name}] status is '{entry['status']}', not one of {', '.join(STATUSES)}.")
    if not str(entry["reason"]).strip():
        raise UsageError(f"{path}: [{name}] gives no reason.")
    return Switch(**entry)


def _switched(source: Source, said: Mapping[str, Switch]) -> Source:
    """The status becomes part of the code, so that a switch makes the source run again."""
    switch = said.get(source.id)
    if switch is None or switch.status == source.card.status:
        return source
    card = replace(source.card, status=switch.status)
    return replace(source, card=card, code=f"{source.code.rstrip()}\n-- switched to {switch.status}\n")


def _packaged() -> dict[str, Path]:
    return {path.stem: path for path in sorted(rule.FOLDER.glob("*.sql"))}


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(re.sub(r"[\x00-\x20\x7f]+", " ", str(value)).strip(), ensure_ascii=False)
