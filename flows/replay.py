"""Rebuild a past run from its manifest in a home of its own, and compare every output's hash."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from data import ingest as ingestion
from data.contract import mapping
from data.errors import FundwatchError, InputRefused, UsageError
from data.knowledge import load as knowledge_load
from data.warehouse import events, journal, spill
from data.warehouse.connection import has, open_warehouse
from flows import steps
from flows.casebook_before import Before, before
from flows.home import housekeeping, lock, version
from flows.home.settings import Settings
from flows.home.state import State
from flows.publish.publish import MANIFEST
from models.workbench import ruleset

Manifest = Mapping[str, Any]
Say = Callable[[str], None]


#: The rejected rows that people had let go before the run, and the same in another home.
DISMISSED = """
    select dismissed, dismissed_at, dismissed_number, file_id, file, source_table, row_number, field from run.rejected
    where dismissed_number < (select max(event_number) from run.run where run_id = $run)
"""
DISMISS = """
    update run.rejected set dismissed = ?, dismissed_at = ?, dismissed_number = ?
    where file_id = ? and file = ? and source_table = ? and row_number is not distinct from ?
        and field is not distinct from ?
"""


@dataclass(frozen=True)
class Load:
    """One delivery as it was taken in: its folder, (file, table) -> hash of what it brought, what stood by order."""

    folder: Path
    brought: dict[tuple[str, str], str]
    newer: list[str]
    refused: list[str]  # files that were left out whole


@dataclass(frozen=True)
class Replay:
    """What a replay found: files compared, those that differ, and what differs around them."""

    run_id: str
    compared: int
    differing: list[str]
    touched: list[str]  # files of the run's folder that are no longer what the manifest says
    notes: list[str]

    @property
    def is_identical(self) -> bool:
        return not self.differing and not self.touched


def replay(settings: Settings, run_id: str, say: Say = lambda _: None) -> Replay:
    """Rebuild the run in a home of its own under HOME/spill and compare; of HOME itself nothing is changed.

    Raises UsageError for a run that does not exist and InputRefused naming an input that is missing or changed.
    """
    folder = settings.home / "runs" / run_id
    manifest = read_manifest(folder)
    with open_warehouse(settings.home, read_only=True) as con:
        loads = _loads(con, manifest)
        knows = has(con, "run.rejected", "dismissed")
        dismissed = con.execute(_dismissed(con), {"run": run_id}).fetchall() if knows else []
        casebook = before(con, run_id)
        is_hidden = bool(manifest["settings"].get("pseudonyms"))
        ingestion.agreed(con, is_hidden, settings.key)  # the key stays where it is
    home = settings.home.resolve()
    with _place(home) as place:
        then = _settings(settings, manifest, place)
        _carry(home, place)
        rebuilt = _rebuild(then, run_id, loads, dismissed, casebook, say)
    notes = [*_around(settings, manifest, rebuilt), *casebook.notes]
    said, now = _hashes(manifest), _hashes(rebuilt)
    names = sorted(said.keys() | now.keys(), key=lambda f: (f.count("/"), f))  # the lists before the leads' own
    differing = [f for f in names if said.get(f) != now.get(f)]
    gone = housekeeping.pruned(folder)
    touched = [f for f, sha in sorted(said.items()) if f not in gone and _digest(folder / f) != sha]
    return Replay(run_id, len(said), differing, touched, notes)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run's folder. Raises UsageError when there is none that can be read."""
    try:
        manifest: Manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not _is_whole(manifest):
            raise ValueError("not what a run's manifest holds")
    except FileNotFoundError as error:
        raise UsageError(f"There is no run {folder.name}. See `fundwatch runs`.") from error
    except ValueError as error:
        raise FundwatchError(
            f"The manifest of run {folder.name} is damaged, so it cannot be replayed. Put it back from a copy."
        ) from error
    return manifest


def _is_whole(manifest: object) -> bool:
    """Whether it holds what a replay asks it for."""
    if not isinstance(manifest, dict) or not isinstance(manifest.get("settings"), dict):
        return False
    wanted = {
        "inputs": {"file", "table", "sha256"},
        "outputs": {"file", "sha256"},
        "sources": {"id", "version", "params"},
    }
    listed = all(isinstance(manifest.get(name), list) for name in wanted)
    return (
        listed
        and {"fingerprint", "code", "knowledge"} <= set(manifest)
        and all(isinstance(row, dict) and keys <= set(row) for name, keys in wanted.items() for row in manifest[name])
    )


def _dismissed(con: Any) -> str:
    """The query; of a warehouse from before events had numbers, by their times."""
    if events.order(con, "run.rejected") == "dismissed_number":
        return DISMISSED
    by_time = DISMISSED.replace("dismissed_number, ", "cast(null as bigint), ")
    by_time = by_time.replace("dismissed_number", "dismissed_at")
    return by_time.replace("event_number", "finished_at")


def _loads(con: Any, manifest: Manifest) -> list[Load]:
    """The run's deliveries in the order they were taken in, with the folders HOME remembers."""
    order = events.order(con, "run.input_file")
    rows = con.execute(
        f"select file, source_table, file_id, folder, {order}, coalesce(is_newer, false) from run.input_file"
        f" order by {order}, file"
    ).fetchall()
    wanted = {(one["sha256"], one["table"]): one["file"] for one in manifest["inputs"]}
    query = "select distinct file from run.account where refused is not null"
    refused = [file for (file,) in con.execute(query).fetchall()] if has(con, "run.account", "refused") else []
    if lost := wanted.keys() - {(sha, table) for _, table, sha, *_ in rows}:
        raise InputRefused(
            f"{wanted[min(lost)]} is an input of the run, and this HOME does not know where it came from."
        )
    loads: dict[Any, Load] = {}
    for file, table, sha, folder, at, is_newer in rows:
        if (sha, table) in wanted:
            load = loads.setdefault(at, Load(Path(folder), {}, [], refused))
            load.brought[file, table] = sha
            load.newer.extend([file] if is_newer else [])
    return list(loads.values())


@contextmanager
def _place(home: Path) -> Iterator[Path]:
    """A home of its own inside HOME, gone afterwards; one replay at a time. What a killed one left goes first."""
    with lock.hold(home, "replaying", "A run of {home} is replayed by {who} already. Wait for it, or stop it."):
        beside = home.with_name(f".{home.name}.replay")  # where an earlier version rebuilt
        if beside.is_dir() and not lock.is_held(beside):
            shutil.rmtree(beside, ignore_errors=True)
        spill.sweep(home / spill.NAME)
        with spill.folder(home / spill.NAME, "replay") as place:
            yield place


def _settings(today: Settings, manifest: Manifest, place: Path) -> Settings:
    known = {f.name for f in fields(Settings)}
    decided = {k: v for k, v in manifest["settings"].items() if k in known}
    key = str(today.key.resolve())
    return Settings(home=place, pseudonym_key=key, threads=today.threads, memory_limit=today.memory_limit, **decided)


def _carry(home: Path, place: Path) -> None:
    """What decides a run beside its inputs lies in HOME: a bureau's own names and rules."""
    for name in ("mappings", "knowledge", "rules"):
        if (home / name).is_dir():
            shutil.copytree(home / name, place / name)
    if (home / ruleset.SWITCHES).exists():
        shutil.copy(home / ruleset.SWITCHES, place / ruleset.SWITCHES)


def _rebuild(
    then: Settings, run_id: str, loads: list[Load], dismissed: list[tuple[Any, ...]], casebook: Before, say: Say
) -> Manifest:
    _take_in(then, loads, say)
    with open_warehouse(then.home) as con:
        if dismissed:
            con.executemany(DISMISS, dismissed)
        casebook.put(con)  # first: what people said before the run is part of what the run is made of
        journal.done(con, "run", State(then, con).run, run_id)
    for step in steps.STEPS:
        if step.name != "ingest":
            say(f"{step.name} ...")
            steps.perform(step, then)
    return read_manifest(then.home / "runs" / run_id)


def _take_in(then: Settings, loads: list[Load], say: Say) -> None:
    known: set[str] = set()
    for load in loads:
        known |= set(load.brought.values())
        say(f"ingest {load.folder} ...")
        _check(load, then)
        intake = replace(_intake(then, known), newer=load.newer, is_replay=True, refused=load.refused)
        with open_warehouse(then.home, memory_limit=then.memory_limit, threads=then.threads) as con:
            ingestion.ingest(con, load.folder, lambda _: None, intake)
            taken = {
                tuple(row) for row in con.execute("select file, source_table, file_id from run.input_file").fetchall()
            }
        for (file, table), sha in load.brought.items():
            if (file, table, sha) not in taken:
                raise _changed(load, file)


def _intake(then: Settings, known: set[str]) -> ingestion.Intake:
    pseudonyms = ingestion.Pseudonyms.at(then.key) if then.pseudonyms else None
    return steps.intake(then, pseudonyms, known)


def _check(load: Load, then: Settings) -> None:
    """Every input is there with the content it had, before anything is built from it."""
    for file, _ in load.brought:
        if not (load.folder / file.split("!")[0]).exists():
            raise InputRefused(f"{file} is missing from {load.folder}. Put it back to replay the run.")
    with ingestion.workplace(then.home / spill.NAME) as work:
        found = ingestion.find(load.folder, work, mapping.names(then.home / "mappings"), ingestion.Faults(keeps=True))
    for one in found.deliveries:
        if load.brought.get((one.name, one.table.source), one.file_id) != one.file_id:
            raise _changed(load, one.name)


def _changed(load: Load, file: str) -> InputRefused:
    return InputRefused(f"{file} in {load.folder} is not what the run was made from. Put the old content back.")


def _around(settings: Settings, manifest: Manifest, rebuilt: Manifest) -> list[str]:
    """What is not as it was, in sentences: the reasons why outputs may differ."""
    pairs: list[tuple[str, Any, Any]] = [
        ("code", manifest["code"], version.code()),
        ("knowledge", manifest["knowledge"], knowledge_load.version(settings.home / "knowledge")),
        ("mappings of this HOME", manifest.get("dialects"), knowledge_load.version(settings.home / "mappings")),
    ]
    now = version.libraries()
    pairs += [(name, was, now.get(name)) for name, was in manifest.get("libraries", {}).items()]
    notes = [f"{name} differs: {was} then, {today} now" for name, was, today in pairs if was != today]
    if gone := manifest["settings"].keys() - rebuilt["settings"].keys():
        notes.append(f"settings that no longer exist: {', '.join(sorted(gone))}")
    old, new = ({s["id"]: (s["version"], s["params"]) for s in m["sources"]} for m in (manifest, rebuilt))
    if changed := sorted(i for i in old.keys() | new.keys() if old.get(i) != new.get(i)):
        notes.append(f"rules or detectors that differ in version or parameters: {', '.join(changed)}")
    return notes


def _hashes(manifest: Manifest) -> dict[str, str]:
    return {one["file"]: one["sha256"] for one in manifest["outputs"]}


def _digest(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
