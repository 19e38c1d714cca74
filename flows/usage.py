"""What is wrong with the words of a command, said plainly: the parser's own sentences speak of tokens and types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cyclopts import CoercionError, CycloptsError, MissingArgumentError
from cyclopts.exceptions import UnusedCliTokensError

from data.errors import UsageError

KINDS = {"int": "a whole number", "float": "a number", "bool": "yes or no", "date": "a day such as 2025-12-31"}


def sentence(error: CycloptsError) -> str:
    """What is wrong and where the command's help is."""
    where = " ".join(error.command_chain or ())
    return f"{_fault(error)} Try `{' '.join(filter(None, ('fundwatch', where, '--help')))}`."


def _fault(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        extra = " ".join(error.unused_tokens)
        return f"'{extra}' is more than this command takes."
    if isinstance(error, CoercionError) and error.msg is None and error.token is not None and error.argument:
        kind = getattr(error.target_type, "__name__", "")
        if kind in KINDS:
            return f"{_name(error.argument, error.token.keyword)} is '{error.token.value}'; it must be {KINDS[kind]}."
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        if error.argument.index is None or error.keyword is not None:
            return f"{_name(error.argument, error.keyword)} lacks its value."
        return f"{_name(error.argument, None)} is missing."
    return " ".join(str(error).split())


def _name(argument: Any, keyword: str | None) -> str:
    """As it is written: an option by its name, an argument by its place's name as in the help."""
    if keyword is not None or argument.index is None:
        return str(keyword or argument.name)
    return str(argument.name).lstrip("-").replace("-", "_").upper()


def count(type_: Any, tokens: Sequence[Any]) -> int:
    """A whole number of at least 1, for options that count. Raises UsageError for anything else."""
    (token,) = tokens
    text = token.value.strip()
    if not re.fullmatch(r"[0-9]+", text) or not int(text):
        raise UsageError(f"{token.keyword or 'The number'} is '{text}'; it must be a whole number of at least 1.")
    return int(text)
