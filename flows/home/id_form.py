"""How ids stand in the CSV files that are written: kept whole for a spreadsheet, or as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FORM: ContextVar[str] = ContextVar("id_form", default="text")


def stand(kind: str) -> None:
    """What holds for every file from now on: what the settings of a command say."""
    _FORM.set(kind)


@contextmanager
def ids_as(kind: str) -> Iterator[None]:
    """How the files written within have their ids: `text`, kept so for a spreadsheet by a trailing tab, or `plain`.

    Plain ones can be pasted and matched as they are; a spreadsheet that opens the file cuts those of 16 digits.
    """
    token = _FORM.set(kind)
    try:
        yield
    finally:
        _FORM.reset(token)


def are_texts() -> bool:
    """Whether a trailing tab keeps them whole."""
    return _FORM.get() == "text"
