"""The detectors: `<id>.sql` or a folder `<id>/` in the folder of its family, found by looking, listed nowhere."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from data.errors import UsageError
from models import detector, judged
from models.card import SettingError, listed
from models.source import Params, Source

FOLDER = Path(__file__).parent


def load(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> list[Source]:
    """Every detector by id. Raises UsageError naming every broken one and every override that fits none."""
    overrides = overrides or {}
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_") and not m.ispkg)
    sources, problems = detector.load(FOLDER, {k: v for k, v in overrides.items() if k not in names})
    for name in names:
        module = importlib.import_module(f"{__name__}.{name}")
        try:
            params = module.CARD.values(overrides.get(name, {}))
        except SettingError as error:
            problems.append(f"[detectors.{name}] in fundwatch.toml: {error}")
            continue
        sources.append(Source(name, "detector", module.CARD, params, _code(module), _filling(module)))
    if problems:
        raise UsageError(listed("The detectors cannot be loaded", problems))
    return sorted(sources, key=lambda s: s.id)


def _filling(module: ModuleType) -> Callable[[duckdb.DuckDBPyConnection, Params], None]:
    def fill(con: duckdb.DuckDBPyConnection, params: Params) -> None:
        module.judge(con, params)
        have = {str(row[0]) for row in con.execute("describe judged").fetchall()}
        for name, kind in judged.COLUMNS.items():
            if name not in have:
                con.execute(f"alter table judged add column {name} {kind}")

    return fill


def _code(module: ModuleType) -> str:
    names = (module.__name__, *getattr(module, "PARTS", ()))
    specs = [importlib.util.find_spec(name) for name in names]
    return "\n".join(Path(s.origin).read_text(encoding="utf-8") for s in specs if s and s.origin)
