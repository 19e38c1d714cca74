"""The audit log: a line an export, a chain that shows what was changed, taken out or cut off."""

import dataclasses
import json
import os
import shutil
import stat

import pytest

from data.errors import FundwatchError
from flows import doctor, steps
from flows.home import audit_head, audit_key, audit_log
from flows.home.settings import Settings


@pytest.fixture
def log(tmp_path):
    """A HOME whose log holds four events; gives (home, path)."""
    for number in range(4):
        audit_log.record(tmp_path, "publish", f"R{number}", {"files": {"a.csv": number}, "unmasked": False})
    return tmp_path, tmp_path / audit_log.FILE_NAME


def entries(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_chain_that_nobody_touched_is_intact(log):
    home, path = log
    assert audit_log.verify(home) == (4, None)
    assert audit_log.published(home) == {"R0", "R1", "R2", "R3"}
    assert {"seq", "at", "user", "event", "run_id", "files", "unmasked", "previous", "mac"} == set(entries(path)[0])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert audit_log.verify(home / "elsewhere") == (0, None)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace('"a.csv":1', '"a.csv":9'), *lines[2:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),
        (lambda lines: [*lines[:3], "not json\n"], 4),
        (lambda lines: [lines[0], lines[1][:40] + "\n", *lines[2:]], 2),
        (lambda lines: [lines[0], "\n", *lines[1:]], 2),
    ],
    ids=["changed", "taken out", "first taken out", "swapped", "last overwritten", "cut in two", "blank line"],
)
def test_whatever_is_changed_is_found_with_its_line(log, change, line):
    home, path = log
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))
    _, fault = audit_log.verify(home)
    assert fault is not None and fault.startswith(f"line {line} ")


def test_an_entry_rewritten_under_the_key_still_breaks_the_chain(log):
    home, path = log
    lines = entries(path)
    del lines[1]["mac"]
    lines[1]["unmasked"] = True
    lines[1]["mac"] = audit_key.mac(audit_key.read(home), audit_head.text(lines[1]))
    path.write_bytes(b"".join(audit_head.text(e) + b"\n" for e in lines))
    assert audit_log.verify(home)[1].startswith("line 3 does not follow")


def test_a_line_without_its_head_is_a_write_that_was_killed_and_is_gone_on_from(log):
    home, _ = log
    head = home / audit_head.FILE_NAME
    before = head.read_bytes()
    audit_log.record(home, "copy", "R4", {})
    (home / f"{audit_head.FILE_NAME}.part").write_bytes(head.read_bytes())
    head.write_bytes(before)
    assert audit_log.verify(home) == (5, None)
    audit_log.record(home, "copy", "R5", {})
    assert audit_log.verify(home) == (6, None)


def test_what_was_cut_off_stays_missing_however_much_is_written_after_it(log):
    home, path = log
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    for _ in range(3):
        audit_log.record(home, "copy", "R4", {})
    assert "entries 3 to 4 are missing" in audit_log.verify(home)[1]


def test_the_key_may_lie_elsewhere_and_is_never_replaced_by_a_fresh_one(log, tmp_path, monkeypatch):
    home, _ = log
    key = home / audit_key.FILE_NAME
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    elsewhere = tmp_path / "safe.key"
    key.rename(elsewhere)
    assert "key" in audit_log.verify(home)[1]
    with pytest.raises(FundwatchError, match="Put it back"):
        audit_log.record(home, "copy", "R4", {})
    monkeypatch.setenv(audit_key.ELSEWHERE, str(elsewhere))
    audit_log.record(home, "copy", "R4", {})
    assert audit_log.verify(home) == (5, None) and not key.exists()


def test_a_write_that_was_killed_is_kept_and_gone_on_from(log):
    home, path = log
    with path.open("ab") as handle:
        handle.write(b'{"at":"2026-01-01T00:00')
    assert audit_log.verify(home) == (4, None)
    audit_log.record(home, "copy", "R4", {})
    assert audit_log.verify(home) == (5, None)
    assert b'{"at":"2026-01-01T00:00\n' in path.read_bytes()


def test_a_log_that_cannot_grow_is_as_it_was(log, monkeypatch):
    home, path = log
    before = path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: real(handle, line[:10]))
    with pytest.raises(FundwatchError, match="nothing was exported"):
        audit_log.record(home, "publish", "R5", {})
    assert path.read_bytes() == before


def test_a_run_and_its_copy_are_in_the_log_and_nobody_is_named(finished, town):
    settings, _ = finished
    events = entries(settings.home / audit_log.FILE_NAME)
    first, draw, second = events[:3]
    assert (first["event"], draw["event"], second["event"]) == ("publish", "draw", "copy")
    (run,) = {e["run_id"] for e in events[:3]}
    rows = {kind: n for kind, n in first["files"].items() if kind.startswith("watchlist_")}
    copied = {kind: second["files"][kind] for kind in rows}
    assert len(rows) == 5 and max(rows.values()) > settings.top >= max(copied.values())
    assert second["files"]["worklist.csv"] == sum(copied.values())
    assert (settings.home / "runs" / run).is_dir() and first["unmasked"] is False
    text = (settings.home / audit_log.FILE_NAME).read_text(encoding="utf-8")
    assert "person_name" not in text and '"P0' not in text


def test_names_in_full_are_logged_before_they_are_written(finished, tmp_path):
    settings = dataclasses.replace(finished[0], home=tmp_path / "home", out=tmp_path / "out")
    shutil.copytree(finished[0].home, settings.home)
    before = audit_log.verify(settings.home)[0]
    shown = dataclasses.replace(settings, unmask=True)
    steps.perform(next(s for s in steps.STEPS if s.name == "rank"), shown)
    steps.perform(steps.STEPS[-1], shown)
    events = entries(settings.home / audit_log.FILE_NAME)[before:]
    assert [e["event"] for e in events] == ["unmask", "publish", "draw", "unmask", "copy"]
    assert all(e.get("unmasked", True) for e in events)
    names = (tmp_path / "out" / "watchlist_person.csv").read_text(encoding="utf-8-sig")
    assert "**" not in names


def test_doctor_sees_a_broken_chain_and_a_run_without_its_line(finished, tmp_path):
    def said(home):
        return next((s, t) for w, s, t in doctor.look(Settings(home=home)) if w == "audit log")

    settings, _ = finished
    state, words = said(settings.home)
    assert state == "ok" and "chain intact" in words
    home = tmp_path / "home"
    (home / "runs" / "R1").mkdir(parents=True)
    (home / "runs" / "R1" / "manifest.json").write_text("{}")
    assert said(home)[0] == "bad" and "R1" in said(home)[1]
    audit_log.record(home, "publish", "R1", {})
    assert said(home) == ("ok", "1 entries, chain intact")
    (home / audit_log.FILE_NAME).write_text("{}\n")
    assert said(home)[0] == "bad" and "line 1" in said(home)[1]
