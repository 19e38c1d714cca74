"""Texts that hold a table in a form that is not read: records of JSON or XML, columns of fixed width."""

from __future__ import annotations

import csv
import re

from data.contract import mapping
from data.errors import InputRefused
from data.ingest import stray

#: Names within the texts of programs: "psn_no": 1, <psn_no>1</psn_no>.
KEYS = re.compile(r'"([^"{}\[\]:,]{1,40})"\s*:|<([^\s<>/?!]{1,40})[\s>]')
#: Lines among which the names of columns of fixed width are looked for.
WITHIN = 20
LEAST = 3


def holds_records(text: str, name: str, names: mapping.Names) -> bool:
    """Whether a text of JSON or XML holds records: its keys come again, or are fields of a table."""
    keys = [one or other for one, other in KEYS.findall(text)]
    comes_again = len(set(keys)) < len(keys) and not stray.explains(name)
    return comes_again or any(names.field(table, key) for key in set(keys) for table in mapping.tables())


def refuse(text: str, name: str, called: str, table: mapping.Table | None, names: mapping.Names) -> None:
    """Raises InputRefused for a text that holds a table in such a form; `called`: the file's own name."""
    begin = text.lstrip()[:1]
    if begin in ("{", "[") and re.match(r'[\[\s]*\{\s*"', text.lstrip()) and holds_records(text, called, names):
        raise InputRefused(f"{name} holds records of JSON and no table. Export it as CSV UTF-8; nothing was loaded.")
    for line in text.splitlines()[:WITHIN]:
        whole = next(csv.reader([line]), [])
        inside = re.split(r"[,\t;|]", whole[0]) if len(whole) == 1 and line.startswith('"') else []
        guessed = table or names.guess(tuple(inside))
        if len(inside) >= LEAST and guessed is not None and len(names.match(guessed, inside)) >= LEAST:
            raise InputRefused(
                f"{name} encloses each whole line in quotation marks, so that it is one cell. Export it with marks"
                " around single values or none; nothing was loaded."
            )
        cells = line.split()
        named = table or names.guess(tuple(cells))
        if len(cells) >= LEAST and named is not None and len(names.match(named, cells)) >= LEAST:
            raise InputRefused(
                f"{name} parts its columns by blanks, and values hold blanks too. Export it with a comma or a tab"
                " between them; nothing was loaded."
            )
