"""A delivery's copy under HOME's key: whole or not at all, and known to the audit log."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from data.contract import mapping
from data.errors import FundwatchError, UsageError
from data.ingest import Pseudonyms, agreed, pseudonymised, workplace
from data.ingest.pseudonymised import Copy
from data.warehouse import spill
from data.warehouse.connection import FILE_NAME, open_warehouse
from flows.home import audit_log
from flows.home.settings import Settings


def write(settings: Settings, folder: Path, out: Path, say: Callable[[str], None]) -> tuple[Copy, str]:
    """Write the copy of the folder to `out`, which must be new or empty; returns it and what there is to say of it.

    Raises UsageError where `out` holds something or HOME's key is not the one that hid its persons.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} holds something already. Give a new folder; nothing was copied.")
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"--out {out} lies in the delivery itself. Give a folder elsewhere; nothing was copied.")
    key = _key(settings, say)
    names = mapping.names(settings.home / "mappings")
    aside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        with workplace(settings.home / spill.NAME) as work:
            copy = pseudonymised.write(folder, aside, work, key, names, say)
        what = {"files": {c.name: c.rows for c in copy.contents}, "key_print": key.key_print, "to": str(out.resolve())}
        audit_log.record(settings.home, "pseudonymise", None, what)
        if out.exists():
            out.rmdir()
        aside.rename(out)
    except OSError as error:
        raise FundwatchError(f"{out} cannot be written: {error.strerror or error}. Choose another --out.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return copy, pseudonymised.sentence(copy)


def _key(settings: Settings, say: Callable[[str], None]) -> Pseudonyms:
    """The key: that of HOME's persons where they are hidden, else one for copies, made at first use and said."""
    if settings.pseudonyms and (settings.home / FILE_NAME).exists():
        with open_warehouse(settings.home, read_only=True) as con:
            pseudonyms = agreed(con, True, settings.key, makes=True)
            assert pseudonyms is not None
            return pseudonyms
    is_new = not settings.key.exists()
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FundwatchError(f"{settings.home} cannot be written: {error.strerror}. Choose another --home.") from error
    pseudonyms = Pseudonyms.at(settings.key, makes=True)
    if is_new:
        say(f"A new key was made: {settings.key}. Keep it: only with it do later copies join this one.")
    return pseudonyms
