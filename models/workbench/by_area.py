"""Parameters that single areas set, `[areas.'3401'.rules.ID]` in fundwatch.toml, laid over the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from data.area import digits
from data.errors import UsageError
from models.sources import areas
from models.sources.card import SettingError, listed
from models.sources.source import Source

#: area -> rules or detectors -> id -> parameter -> value
ByArea = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
KINDS = {"rules": "rule", "detectors": "detector"}


def laid(sources: Iterable[Source], by_area: ByArea | None) -> list[Source]:
    """The sources with what areas set. Raises UsageError for an id, a parameter or a value that does not fit."""
    found = {(s.kind, s.id): s for s in sources}
    problems = []
    for area, sections in sorted((by_area or {}).items()):
        for section, overrides in sorted(sections.items()):
            for name, params in sorted(overrides.items()):
                key = (KINDS[section], name)
                if key not in found:
                    lacks = "[areas.'{}'.rules.{}] names no rule", "[areas.'{}'.detectors.{}] names no detector"
                    problems.append(lacks[section == "detectors"].format(area, name))
                    continue
                if found[key].refusal:
                    continue  # what cannot be read has no parameters either, and says so itself
                try:
                    found[key] = _laid(found[key], area, params)
                except SettingError as error:
                    problems.append(f"[areas.'{area}'.{section}.{name}] in fundwatch.toml: {error}")
    if problems:
        raise UsageError(listed("The parameters by area cannot be used", problems))
    return list(found.values())


def _laid(source: Source, area: str, params: Mapping[str, Any]) -> Source:
    source.card.values(params)
    reads = source.reads | areas.FEATURES if source.reads else source.reads
    return replace(source, reads=reads, areas={**source.areas, digits(area): dict(params)})


def one(source: Source, by_area: ByArea | None) -> Source:
    """One rule with what areas set, whatever they set of others. Raises UsageError for what does not fit."""
    alone = {
        area: {"rules": {source.id: s["rules"][source.id]}}
        for area, s in (by_area or {}).items()
        if source.id in s.get("rules", {})
    }
    return laid([source], alone)[0]
