"""Settings: options beat environment beats HOME/fundwatch.toml beats defaults. Made once, at the edge."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data import area as area_codes
from data import texts
from data.errors import UsageError

if TYPE_CHECKING:
    from models.ranking.capacity import Capacity

FILE_NAME = "fundwatch.toml"
KEY_FILE = "pseudonym.key"
DEFAULT_HOME = Path("fundwatch-home")
#: What a file or the environment may set; the rest belongs to one command.
LASTING = tuple(
    (
        "objective seed language labels ids threads memory_limit rule_minutes cron pseudonyms pseudonym_key"
        " burden_line least_yuan keep_runs engine"
    ).split()
)
#: What runs after a run: arguments, from HOME's own file alone. No option and no caller of the flow can name a command.
HOOKS = ("after_success", "after_failure")
#: Tables of a file that set parameters of rules and detectors.
PARAMETERS = ("rules", "detectors")
CHOICES = {
    "objective": ("hit_rate", "money", "both"),
    "language": ("en", "zh"),
    "labels": ("names", "zh"),
    "ids": ("text", "plain"),
    "engine": ("duckdb", "spark"),
}
#: How much memory: what DuckDB understands, and nothing that it would only refuse in the middle of a run.
MEMORY = r"0*[1-9][0-9]{0,5}(\.[0-9]+)? ?([KMGT]i?B)|0*([1-9][0-9]?|100)(\.[0-9]+)? ?%"
MOST_THREADS = 4096
MOST_SEED = 2**63 - 1  # what the casebook can keep of it
MOST_MINUTES = 10_000
MOST_RUNS = 10_000
#: Options that are not called as what they set.
OPTIONS = {"burden_line": "--line"}


@dataclass(frozen=True)
class Why:
    """Why a parameter is not what ships, who answers for it, since when."""

    reason: str
    owner: str
    date: date


@dataclass(frozen=True)
class Settings:
    """Everything a step may ask."""

    home: Path = DEFAULT_HOME
    input: Path | None = None
    out: Path | None = None
    top: int | None = None
    days: float | None = None
    unmask: bool = False
    newer: Sequence[str] = ()  # files of the delivery that stand where it contradicts itself
    accept_partial: bool = False  # a file that cannot be taken is left out, and the others go on
    pseudonyms: bool = False
    pseudonym_key: str | None = None  # where the key lies, if not in HOME
    objective: str = "both"
    seed: int = 1
    language: str = "en"
    labels: str = "names"
    ids: str = "text"  # in CSV: kept text for a spreadsheet, or as they are, to be pasted and matched
    threads: int = 0
    memory_limit: str = "3GB"
    engine: str = "duckdb"  # what builds the features and runs the rules: both give the same rows
    rule_minutes: float = 10.0  # after which a rule of HOME is stopped; 0: never
    cron: str = "0 2 5 * *"
    burden_line: float | None = None  # yuan a year, the area's own
    least_yuan: float = 30.0  # at issue; a lead with less stays out of tiers A and B
    keep_runs: int = 0  # whose folders stay whole; of older ones lists and manifest stay. 0: of all
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    detectors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # area -> rules or detectors -> id -> parameter -> value, where a pooling area's differ
    areas: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]] = field(default_factory=dict)
    capacity: Mapping[str, Any] = field(default_factory=dict)
    after_success: tuple[str, ...] = ()  # what runs after a run that published, and after one that did not
    after_failure: tuple[str, ...] = ()
    why: Mapping[tuple[str, ...], Why] = field(default_factory=dict)  # by source and parameter (and area), where said

    @property
    def key(self) -> Path:
        """Where the pseudonyms' key lies; a relative path begins at HOME."""
        return self.home / Path(self.pseudonym_key or KEY_FILE).expanduser()

    def workload(self) -> Capacity:
        """What a round can take on. Raises UsageError for figures that make no sense."""
        from models.ranking import capacity  # not at the top: it brings polars, and every command reads settings

        return capacity.of(self.capacity, self.top, self.days)

    def deciding(self) -> dict[str, Any]:
        """The settings that change what a run yields, for its fingerprint and manifest."""
        return {
            "objective": self.objective,
            "seed": self.seed,
            "least_yuan": float(self.least_yuan),
            "language": self.language,
            "labels": self.labels,
            "ids": self.ids,
            "unmask": self.unmask,
            "pseudonyms": self.pseudonyms,
            "rules": {k: dict(v) for k, v in sorted(self.rules.items())},
            "detectors": {k: dict(v) for k, v in sorted(self.detectors.items())},
            **({"areas": {k: dict(v) for k, v in sorted(self.areas.items())}} if self.areas else {}),
            # what a visit takes stands on its sheet; the figures that ship leave a run as it was
            **({"capacity": dict(sorted(self.capacity.items()))} if self.capacity else {}),
        }


def load(home: Path | None = None, environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
    """Settings for one command; an option given as None is not given.

    Raises UsageError for an unknown key, a value of the wrong kind, or a file that is not TOML.
    """
    environ = os.environ if environ is None else environ
    home = home_of(home, environ)
    said: dict[str, Any] = _file(home / FILE_NAME)
    kinds = {f.name: str(f.type) for f in fields(Settings)}
    for name in LASTING:
        if (value := environ.get(f"FUNDWATCH_{name.upper()}")) not in (None, ""):
            said[name] = _read(name, value, kinds[name])
            _check(f"FUNDWATCH_{name.upper()}", name, said[name])
    for name, value in options.items():
        if value is not None:
            _check(OPTIONS.get(name, f"--{name}"), name, value)
            said[name] = value
    settings = replace(Settings(home=home), **said)
    if settings.capacity or settings.top is not None or settings.days is not None:
        settings.workload()
    return settings


def home_of(home: Path | None, environ: Mapping[str, str] | None = None) -> Path:
    """HOME as given, else by the environment, else the default."""
    environ = os.environ if environ is None else environ
    return home or Path(environ.get("FUNDWATCH_HOME") or DEFAULT_HOME)


def _file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(texts.read(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    unknown = set(said) - {*LASTING, *HOOKS, *PARAMETERS, "areas", "capacity"}
    if unknown:
        raise UsageError(f"{path} sets {', '.join(sorted(unknown))}, which does not exist.")
    for name in LASTING:
        if name in said:
            _check(f"{path}: {name}", name, said[name])
    for name in set(HOOKS) & set(said):
        said[name] = _command(f"{path}: {name}", said[name])
    for section in (*PARAMETERS, "areas", "capacity"):
        if not isinstance(said.get(section, {}), dict):
            raise UsageError(f"{path}: {section} is {said[section]!r}; it is a table, written [{section}].")
    said["why"] = {}
    for section in PARAMETERS:
        said["why"] |= _reasons(path, section, said.get(section, {}))
    for area, sections in said.get("areas", {}).items():
        _check_area(path, area, sections, said["areas"])
        for section, overrides in sections.items():
            reasons = _reasons(path, f"areas.'{area}'.{section}", overrides)
            said["why"] |= {(*key, area_codes.digits(area)): why for key, why in reasons.items()}
    return said


def _reasons(path: Path, section: str, overrides: dict[str, Any]) -> dict[tuple[str, ...], Why]:
    """What is said beside the parameters of a section, by source and parameter; only their values stay in it."""
    reasons: dict[tuple[str, ...], Why] = {}
    for source, params in overrides.items():
        if not isinstance(params, dict):
            raise UsageError(f"{path}: [{section}] sets {source}; write [{section}.ID] and parameters below.")
        reasoned = {k: v for k, v in params.items() if isinstance(v, dict)}
        reasons |= {(source, k): _why(f"{path}: [{section}.{source}] {k}", v) for k, v in reasoned.items()}
        params |= {k: v["value"] for k, v in reasoned.items()}
    return reasons


def _check_area(path: Path, area: str, sections: Any, every: Mapping[str, Any]) -> None:
    """Raises UsageError for what is no code of an area, for one that stands twice, and for what is no parameters."""
    if not re.fullmatch(area_codes.CODE, area):
        raise UsageError(f"{path}: [areas.'{area}'] is no area; write its code or how it begins, such as '3401'.")
    if twice := [other for other in every if other != area and area_codes.digits(other) == area_codes.digits(area)]:
        raise UsageError(f"{path}: areas '{area}' and '{twice[0]}' are one; keep one of them.")
    wanted = f"write [areas.'{area}'.rules.ID] or [areas.'{area}'.detectors.ID] and parameters below"
    if not isinstance(sections, dict):
        raise UsageError(f"{path}: areas sets {area}; {wanted}.")
    for section, overrides in sections.items():
        if section not in PARAMETERS or not isinstance(overrides, dict):
            raise UsageError(f"{path}: [areas.'{area}'] sets {section}; {wanted}.")


def _check(where: str, name: str, value: Any) -> None:
    """One setting's value; `where` is the file and key, the variable or the option it was given by."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    wanted = None
    if name in CHOICES:
        wanted = None if value in CHOICES[name] else " or ".join(CHOICES[name])
    elif name == "memory_limit":
        fits = isinstance(value, str) and re.fullmatch(MEMORY, value.strip(), re.IGNORECASE)
        wanted = None if fits else 'an amount of memory such as "3GB" or "75%"'
    elif name == "threads":
        wanted = None if is_whole and 0 <= value <= MOST_THREADS else f"a whole number from 0 (all) to {MOST_THREADS}"
    elif name == "seed":
        wanted = None if is_whole and 0 <= value <= MOST_SEED else f"a whole number from 0 to {MOST_SEED}"
    elif name == "keep_runs":
        wanted = None if is_whole and 0 <= value <= MOST_RUNS else f"a whole number from 0 (all) to {MOST_RUNS}"
    elif name == "rule_minutes":
        is_number = is_whole or (isinstance(value, float) and math.isfinite(value))
        wanted = (
            None
            if is_number and 0 <= value <= MOST_MINUTES
            else f"a number of minutes from 0 (no end) to {MOST_MINUTES}"
        )
    elif name in ("burden_line", "least_yuan"):
        is_number = is_whole or (isinstance(value, float) and math.isfinite(value))
        wanted = None if is_number and value >= 0 else "a number of yuan, not below 0"
    elif name == "pseudonyms":
        wanted = None if isinstance(value, bool) else "true or false"
    elif name == "pseudonym_key":
        wanted = None if isinstance(value, str) and value.strip() else "the path of a file"
    elif name == "cron":
        wanted = None if isinstance(value, str) else 'text such as "0 2 5 * *"'
    if wanted is not None:
        shown = f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else value
        raise UsageError(f"{where} is {shown}; it must be {wanted}.")


def _command(where: str, value: Any) -> tuple[str, ...]:
    """A program and its arguments; never a line for a shell, in which a path with a blank would be two."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise UsageError(
            f'{where} is {value!r}; it must be a list of words such as ["/usr/local/bin/notify", "lists"].'
        )
    return tuple(value)


def _why(place: str, said: Mapping[str, Any]) -> Why:
    """The reason beside a parameter's value; it is given whole or not at all."""
    wanted = ("value", "reason", "owner", "date")
    if set(said) != set(wanted):
        raise UsageError(f"{place} has {', '.join(sorted(said)) or 'nothing'}; it needs {', '.join(wanted)}.")
    if isinstance(said["date"], datetime) or not isinstance(said["date"], date):
        raise UsageError(f"{place}: date must be a day without quotation marks, such as 2026-03-01.")
    for name in ("reason", "owner"):
        if not isinstance(said[name], str) or not said[name].strip():
            raise UsageError(f"{place}: {name} is empty.")
    return Why(said["reason"].strip(), said["owner"].strip(), said["date"])


def _read(name: str, value: str, kind: str) -> Any:
    if kind == "bool":
        return {"true": True, "false": False}.get(value.strip(), value)  # what is neither is refused, never guessed
    try:
        if kind.startswith("float"):
            return float(value)
        return int(value) if kind == "int" else value
    except ValueError as error:
        wanted = "whole number" if kind == "int" else "number"
        raise UsageError(f"FUNDWATCH_{name.upper()} is '{value}'; it must be a {wanted}.") from error
