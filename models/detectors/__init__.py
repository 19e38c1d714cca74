"""The detectors: `<id>.sql` or a folder `<id>/` in the folder of its family, found by looking, listed nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import UsageError
from models.sources import detector
from models.sources.card import listed
from models.sources.source import Source

FOLDER = Path(__file__).parent


def load(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> list[Source]:
    """Every detector by id. Raises UsageError naming every broken one and every override that fits none."""
    sources, problems = detector.load(FOLDER, overrides)
    if problems:
        raise UsageError(listed("The detectors cannot be loaded", problems))
    return sources
