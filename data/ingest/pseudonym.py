"""Pseudonyms: person ids and id numbers as HMAC-SHA256 with a key that stays in HOME.

The same key turns the same id into the same pseudonym, so lists of other departments keyed by id number
still match. Sex and birth date that an id number implies are taken from it before it is hidden.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from data.errors import FundwatchError
from data.mapping import Field

KEY_FILE = "pseudonym.key"
BLOCK = 64
#: How the subject types of persons begin.
PERSON_WORD = "^(person|参保|个人|患者)"
HIDDEN = ("person_id", "id_number")
LENGTH = 24  # hex digits kept: 96 bits
KEY_BYTES = 32


@dataclass(frozen=True)
class Pseudonyms:
    """The key, ready for SQL: hiding runs over whole columns inside the warehouse."""

    key: bytes

    @classmethod
    def of(cls, home: Path) -> Pseudonyms:
        """HOME's key, made on first use (0600). Raises FundwatchError when it cannot be kept."""
        path = home / KEY_FILE
        try:
            if not path.exists():
                _make(path)
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise FundwatchError(f"The pseudonym key {path} cannot be read or made: {error}.") from error
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
