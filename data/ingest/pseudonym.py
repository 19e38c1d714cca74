"""Pseudonyms: person ids and id numbers as HMAC-SHA256 with a key that stays in HOME.

The same key turns the same id into the same pseudonym, so lists of other departments keyed by id number
still match. Sex and birth date that an id number implies are taken from it before it is hidden.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import duckdb

from data.contract.mapping import Field
from data.errors import FundwatchError, UsageError
from data.warehouse.connection import has

KEY_FILE = "pseudonym.key"
BLOCK = 64
#: How the subject types of persons begin.
PERSON_WORD = "^(person|参保|个人|患者)"
HIDDEN = ("person_id", "id_number")
LENGTH = 24  # hex digits kept: 96 bits
KEY_BYTES = 32
#: Persons looked at to see how a warehouse from before names them.
LOOKED_AT = 10_000


@dataclass(frozen=True)
class Pseudonyms:
    """The key, ready for SQL: hiding runs over whole columns inside the warehouse."""

    key: bytes

    @classmethod
    def of(cls, home: Path) -> Pseudonyms:
        """HOME's own key, made on first use (0600). Raises FundwatchError when it cannot be kept."""
        return cls.at(home / KEY_FILE, makes=True)

    @classmethod
    def at(cls, path: Path, *, makes: bool = False) -> Pseudonyms:
        """The key in this file, made there (0600) if `makes`. Raises FundwatchError when it cannot be kept or read."""
        try:
            if makes and not path.exists():
                _make(path)
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise FundwatchError(f"The pseudonym key {path} cannot be read or made: {why}.") from error
        if len(key) != KEY_BYTES:
            raise FundwatchError(f"The pseudonym key {path} is damaged: it must hold {KEY_BYTES} bytes. Restore it.")
        return cls(key)

    def hides(self, field: Field) -> bool:
        """Whether the field's values are persons' ids."""
        return field.column in HIDDEN

    def subject(self, value: str, said_type: str) -> str:
        """SQL for the code a tip or inspection names: hidden where its subject type says that it is a person's."""
        return f"case when regexp_matches(lower({said_type}), '{PERSON_WORD}') then {self.sql(value)} else {value} end"

    def sql(self, value: str) -> str:
        """SQL for the pseudonym of a text: HMAC-SHA256 (RFC 2104), shortened; null stays null."""
        padded = self.key.ljust(BLOCK, b"\0")
        inner = bytes(b ^ 0x36 for b in padded).hex()
        outer = bytes(b ^ 0x5C for b in padded).hex()
        once = f"sha256(unhex('{inner}') || encode({value}))"
        return f"left(sha256(unhex('{outer}') || unhex({once})), {LENGTH})"

    @property
    def key_print(self) -> str:
        """What tells the key from another and gives nothing of it away."""
        return hashlib.sha256(b"fundwatch pseudonym key" + self.key).hexdigest()[:16]


@dataclass(frozen=True)
class Held:
    """How a warehouse's persons are named; `key_print` is unknown where nobody kept it."""

    is_on: bool
    key_print: str | None = None


def held(con: duckdb.DuckDBPyConnection) -> Held | None:
    """What was kept at the first load; in a warehouse from before, what its persons look like; None without any."""
    if has(con, "run.pseudonym"):
        kept = con.execute("select is_on, key_print from run.pseudonym").fetchall()
        if kept:
            return Held(bool(kept[0][0]), kept[0][1])
    persons, hidden, lettered = con.execute(
        f"""
        select count(*), count(*) filter (where regexp_full_match(person_id, '[0-9a-f]{{{LENGTH}}}')),
            count(*) filter (where regexp_matches(person_id, '[a-f]'))
        from (select person_id from record.settlement where person_id is not null limit {LOOKED_AT})
        """
    ).fetchall()[0]
    return Held(hidden == persons and lettered > 0) if persons else None


def agreed(con: duckdb.DuckDBPyConnection, is_on: bool, key: Path, *, makes: bool = False) -> Pseudonyms | None:
    """How this warehouse's persons are named, with the key of the settings; None where they stand in plain.

    A key is made only for the first load (`makes`). Raises UsageError where the settings name persons in another way
    than the warehouse does, by the mode or by the key, and where the key is gone: each person would be two.
    """
    names = held(con)
    if names is not None and names.is_on != is_on:
        _refuse_mode(is_on)
    if not is_on:
        return None
    if not key.exists() and (names is not None or not makes):
        what = "hid the persons of this HOME" if names is not None else "hides persons"
        advice = "Put it back" if names is not None else "Take a first delivery in, which makes it"
        raise UsageError(f"The key that {what}, {key}, is missing. {advice}; nothing was changed.")
    pseudonyms = Pseudonyms.at(key, makes=makes and names is None)
    agree(con, pseudonyms, key)
    return pseudonyms


def agree(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms | None, key: Path = Path(KEY_FILE)) -> None:
    """Raise UsageError where a load would name the warehouse's persons in another way: each would be two."""
    names = held(con)
    if names is not None and names.is_on != (pseudonyms is not None):
        _refuse_mode(pseudonyms is not None)
    if names and names.key_print and pseudonyms and names.key_print != pseudonyms.key_print:
        raise UsageError(
            f"The persons of this HOME were hidden with another key than the one in {key}, so each would become"
            " two. Put the old key back; nothing was changed."
        )


def _refuse_mode(is_on: bool) -> NoReturn:
    """Persons stand under their own numbers and are to be hidden, or the other way round."""
    if is_on:
        raise UsageError(
            "The persons of this HOME stand under their own numbers; with pseudonyms = true each would become two."
            " Set pseudonyms = false, or load the whole export into a new --home; nothing was changed."
        )
    raise UsageError(
        "The persons of this HOME stand under pseudonyms; with pseudonyms = false each would become two."
        " Set pseudonyms = true again, or load the whole export into a new --home; nothing was changed."
    )


def remember(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms | None) -> None:
    """Keep how persons are named, once."""
    con.execute(
        """
        insert into run.pseudonym
        select $is_on, $key_print where not exists (select 1 from run.pseudonym)
            and exists (select 1 from record.settlement where person_id is not null)
        """,
        {"is_on": pseudonyms is not None, "key_print": pseudonyms.key_print if pseudonyms else None},
    )


def _make(path: Path) -> None:
    """A fresh key, written aside and durable before it gets its name: an empty key would hide nothing."""
    aside = path.with_name(path.name + ".part")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(KEY_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
