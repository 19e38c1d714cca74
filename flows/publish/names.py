"""How a person's name is written: the first character and two stars, unless it is asked for in full."""

from __future__ import annotations


def person_name_sql(unmask: bool, column: str = "i.person_name") -> str:
    """SQL of a person's name."""
    return column if unmask else f"substr({column}, 1, 1) || '**'"
