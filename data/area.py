"""Codes of pooling areas (统筹区): how they are written, and which lie in which."""

from __future__ import annotations

import re
from collections.abc import Collection

#: What an area is written as where people name one: its code, or how the codes within it begin.
CODE = r"[0-9A-Za-z]{2,12}"


def digits(code: str) -> str:
    """How the codes within an area begin: 340100 is the city whose counties are 3401.."""
    return re.sub(r"^([0-9]{2}|[0-9]{4})(00)+$", r"\1", code) if len(code) == 6 else code


def covering(area: str, areas: Collection[str]) -> list[str]:
    """Of some areas those that an area lies in, the widest first."""
    return sorted((a for a in areas if area.startswith(a)), key=len)
