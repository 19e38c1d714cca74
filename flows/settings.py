"""Settings: options beat environment beats HOME/fundwatch.toml beats defaults. Made once, at the edge."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UsageError

if TYPE_CHECKING:
    from models.ranking.capacity import Capacity

FILE_NAME = "fundwatch.toml"
DEFAULT_HOME = Path("fundwatch-home")
#: What a file or the environment may set; the rest belongs to one command.
LASTING = ("objective", "seed", "language", "labels", "threads", "memory_limit", "cron", "pseudonyms", "burden_line")
#: Tables of a file that set parameters of rules and detectors.
PARAMETERS = ("rules", "detectors")
CHOICES = {"objective": ("hit_rate", "money", "both"), "language": ("en", "zh"), "labels": ("names", "zh")}


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
    pseudonyms: bool = False
    objective: str = "both"
    seed: int = 1
    language: str = "en"
    labels: str = "names"
    threads: int = 0
    memory_limit: str = "3GB"
    cron: str = "0 2 5 * *"
    burden_line: float | None = None  # yuan a year, the area's own
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    detectors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    capacity: Mapping[str, Any] = field(default_factory=dict)
    why: Mapping[tuple[str, str], Why] = field(default_factory=dict)  # by source and parameter, where it is said

    def workload(self) -> Capacity:
        """What a round can take on. Raises UsageError for figures that make no sense."""
        from models.ranking import capacity  # not at the top: it brings polars, and every command reads settings

        return capacity.of(self.capacity, self.top, self.days)

    def deciding(self) -> dict[str, Any]:
        """The settings that change what a run yields, for its fingerprint and manifest."""
        return {
            "objective": self.objective,
            "seed": self.seed,
            "language": self.language,
            "labels": self.labels,
            "unmask": self.unmask,
            "pseudonyms": self.pseudonyms,
            "rules": {k: dict(v) for k, v in sorted(self.rules.items())},
            "detectors": {k: dict(v) for k, v in sorted(self.detectors.items())},
        }


def load(home: Path | None = None, environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
    """Settings for one command; an option given as None is not given.

    Raises UsageError for an unknown key, a value of the wrong kind, or a file that is not TOML.
    """
    environ = os.environ if environ is None else environ
    home = home or Path(environ.get("FUNDWATCH_HOME") or DEFAULT_HOME)
    said: dict[str, Any] = _file(home / FILE_NAME)
    kinds = {f.name: str(f.type) for f in fields(Settings)}
    for name in LASTING:
        if (value := environ.get(f"FUNDWATCH_{name.upper()}")) not in (None, ""):
            said[name] = _read(name, value, kinds[name])
    said |= {k: v for k, v in options.items() if v is not None}
    settings = replace(Settings(home=home), **said)
    for name, allowed in CHOICES.items():
        if getattr(settings, name) not in allowed:
            raise UsageError(f"{name} is '{getattr(settings, name)}'; it must be {' or '.join(allowed)}.")
    if settings.capacity or settings.top is not None or settings.days is not None:
        settings.workload()
    return settings


def _file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    unknown = set(said) - set(LASTING) - {*PARAMETERS, "capacity"}
    if unknown:
        raise UsageError(f"{path} sets {', '.join(sorted(unknown))}, which does not exist.")
    for name in ("seed", "threads"):
        if name in said and not isinstance(said[name], int):
            raise UsageError(f"{path}: {name} must be a whole number.")
    line = said.get("burden_line", 0)
    if isinstance(line, bool) or not isinstance(line, int | float):
        raise UsageError(f"{path}: burden_line must be a number of yuan.")
    said["why"] = {}
    for section in PARAMETERS:
        for source, params in said.get(section, {}).items():
            if not isinstance(params, dict):
                raise UsageError(f"{path}: [{section}] sets {source}; write [{section}.ID] and parameters below.")
            reasoned = {k: v for k, v in params.items() if isinstance(v, dict)}
            said["why"] |= {(source, k): _why(f"{path}: [{section}.{source}] {k}", v) for k, v in reasoned.items()}
            params |= {k: v["value"] for k, v in reasoned.items()}
    return said


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
        return value.lower() in ("1", "true", "yes")
    try:
        if kind == "float | None":
            return float(value)
        return int(value) if kind == "int" else value
    except ValueError as error:
        wanted = "whole number" if kind == "int" else "number"
        raise UsageError(f"FUNDWATCH_{name.upper()} is '{value}'; it must be a {wanted}.") from error
