"""Days as people write them on the command line."""

from __future__ import annotations

from datetime import date

from data.errors import UsageError


def day(text: str, what: str) -> date:
    """The day, today where none is given. Raises UsageError for what is no day."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else date.today()
    except ValueError as error:
        raise UsageError(f"{what} is '{text}'; write the day as 2025-12-31.") from error
