"""The detectors: every module here that has a CARD and a judge, found by looking, listed nowhere."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from data.errors import UsageError
from models.card import SettingError, listed
from models.source import Source


def load(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> list[Source]:
    """Every detector by id. Raises UsageError naming every override that fits no detector or parameter.

    Modules whose name begins with an underscore are shared parts; a detector names its parts in PARTS so that
    a change there counts as a change of the detector. Parts are read, not imported.
    """
    overrides = overrides or {}
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    problems = [f"[detectors.{name}] names no detector" for name in sorted(set(overrides) - set(names))]
    sources = []
    for name in names:
        module = importlib.import_module(f"{__name__}.{name}")
        try:
            params = module.CARD.values(overrides.get(name, {}))
        except SettingError as error:
            problems.append(f"[detectors.{name}] in fundwatch.toml: {error}")
            continue
        sources.append(Source(name, "detector", module.CARD, params, _code(module), module.judge))
    if problems:
        raise UsageError(listed("The detectors cannot be loaded", problems))
    return sources


def _code(module: ModuleType) -> str:
    names = (module.__name__, *getattr(module, "PARTS", ()))
    specs = [importlib.util.find_spec(name) for name in names]
    return "\n".join(Path(s.origin).read_text(encoding="utf-8") for s in specs if s and s.origin)
