"""A run that is killed goes on from where it was and ends with the same bytes; so does one that met a full disk."""

import dataclasses
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from types import SimpleNamespace

import pytest

from data.errors import FundwatchError, UsageError
from data.warehouse.connection import open_warehouse
from flows import doctor_audit, steps
from flows.home import audit_log
from flows.home.settings import Settings
from tests.tools import killer

slow, long = pytest.mark.slow, pytest.mark.long
LIMITED = """
import resource, sys
from flows.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, few):
    """(settings, the state of its home) of a run that nobody disturbed."""
    place = tmp_path_factory.mktemp("kill")
    town = killer._town(place / "town", 300)
    settings = Settings(home=few(place / "home"), input=town, out=place / "home" / "out", top=10)
    run(settings)
    return settings, killer.state(settings.home)


def run(settings):
    return {step.name: steps.perform(step, settings) for step in steps.STEPS}


def kill_at(settings, words, delay):
    """Start a run and kill it `delay` seconds after it said the words."""
    log = settings.home.with_suffix(".log")
    process = killer.start(settings.input, settings.home, log)
    deadline = time.monotonic() + 60
    while words not in log.read_text(encoding="utf-8") and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(delay)
    was_running = process.poll() is None
    process.kill()
    process.wait()
    return was_running


@slow
def test_killed_while_it_loads_judges_and_publishes_it_ends_with_the_same_bytes(undisturbed, tmp_path, few):
    settings, want = undisturbed
    home = few(tmp_path / "home")
    other = dataclasses.replace(settings, home=home, out=home / "out")
    for words, delay in (("  fee_list_d", 0.0), ("exclusive_items_together [", 0.01), ("publish ...", 0.05)):
        assert kill_at(other, words, delay), words
    run(other)
    assert killer.differences(want, home) == []


@slow
def test_what_a_killed_publish_left_aside_is_gone_after_the_next(undisturbed, tmp_path):
    settings, want = undisturbed
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    other = dataclasses.replace(settings, home=home, out=home / "out")
    (run_folder,) = (home / "runs").iterdir()
    run_folder.rename(run_folder.with_name(".20200101-00000000.part"))
    (home / "out" / ".fundwatch.part").mkdir()
    (home / "out" / ".fundwatch.part" / "watchlist_person.csv").write_text("half")
    run(other)
    assert killer.differences(want, home) == []


@slow
def test_a_run_that_was_killed_before_midnight_keeps_its_id_after_it(undisturbed, tmp_path, monkeypatch):
    settings, want = undisturbed
    other = dataclasses.replace(settings, home=tmp_path / "home", out=None)
    shutil.copytree(settings.home, other.home)
    with open_warehouse(other.home) as con:
        con.execute("delete from run.run")
    shutil.rmtree(other.home / "runs")
    monkeypatch.setattr(steps, "time", SimpleNamespace(strftime=lambda _: "20991231"))
    assert "nothing new" in str(run(other)["rank"])
    assert killer.differences(want, other.home) == []


@slow
def test_a_ranking_that_a_stopped_run_left_is_not_published_as_a_later_one(undisturbed, tmp_path, delivery, rows):
    settings, _ = undisturbed
    more = delivery({"setl_d.csv": [rows.settlement(1)], "mdtrt_d.csv": [rows.encounter(1)]})
    other = dataclasses.replace(settings, home=tmp_path / "home", input=more, out=None)
    shutil.copytree(settings.home, other.home)
    by_name = {step.name: step for step in steps.STEPS}
    steps.perform(by_name["ingest"], other)
    for name, words in (("detect", "features"), ("rank", "detect"), ("publish", "rank")):
        with pytest.raises(UsageError, match=f"Run `fundwatch {words}` first"):
            steps.perform(by_name[name], other)


@slow
def test_a_full_disk_is_a_plain_sentence_and_the_next_run_mends_it(undisturbed, tmp_path, few):
    settings, want = undisturbed
    home = few(tmp_path / "home")
    size = (settings.home / "warehouse.duckdb").stat().st_size
    arguments = ["run", settings.input, "--home", home, "--out", home / "out", "--top", "10", "--quiet"]
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, *map(str, [size // 4, *arguments])],
        capture_output=True,
        text=True,
        cwd=killer.ROOT,
    )
    assert said.returncode == 1 and said.stderr.startswith("fundwatch: The disk is full"), said.stderr
    assert said.stderr.count("\n") == 1
    run(dataclasses.replace(settings, home=home, out=home / "out"))
    assert killer.differences(want, home) == []


@slow
def test_full_while_publishing_leaves_the_earlier_copies(undisturbed, tmp_path):
    settings, _ = undisturbed
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    before = {p.name: p.read_bytes() for p in (home / "out").iterdir()}
    entries, _ = audit_log.verify(home)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    again = dataclasses.replace(settings, home=home, out=home / "out", top=3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(FundwatchError, match=r"disk is full|cannot be written"):
            steps.perform(steps.STEPS[-1], again)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    after = {p.name: p.read_bytes() for p in (home / "out").iterdir() if p.is_file()}
    assert after == before and audit_log.verify(home) == (entries, None)


@slow
def test_the_town_has_rows_that_cannot_be_read_refunds_and_corrections(undisturbed):
    settings, _ = undisturbed
    with open_warehouse(settings.home, read_only=True) as con:
        ((rejected,),) = con.sql("select count(*) from run.rejected").fetchall()
        ((taken_back,),) = con.sql("select count(*) from record.settlement where settlement_id like '%R'").fetchall()
        ((replaced,),) = con.sql("select sum(replaced) from run.account where source_table = 'setl_d'").fetchall()
    assert rejected >= 10 and taken_back >= 5 and replaced >= 5


@slow
def test_the_same_delivery_again_keeps_its_rejected_rows(undisturbed, tmp_path):
    settings, want = undisturbed
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    run(dataclasses.replace(settings, home=home, out=home / "out"))
    assert killer.differences(want, home) == []


@slow
@pytest.mark.parametrize("command", ["doctor", "screen", "replay"])
def test_what_only_looks_leaves_nothing_behind_when_it_is_killed(undisturbed, tmp_path, command):
    settings, want = undisturbed
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    (ran,) = (p.name for p in (home / "runs").iterdir())
    words = {"doctor": ("doctor", settings.input, "--full"), "screen": ("screen", settings.input)}
    for delay in (1.5, 3.0, 5.0):
        process = killer.start(settings.input, home, tmp_path / "log", *words.get(command, ("replay", ran)))
        time.sleep(delay)
        process.kill()
        process.wait()
    assert killer.differences(want, home) == []
    run(dataclasses.replace(settings, home=home, out=home / "out"))
    assert killer.differences(want, home) == []


#: What is killed of a hundred, and within how many seconds: `run` six times in a row in each of ten homes.
LOOKS = {"doctor": (14, 6), "screen": (12, 8), "replay": (8, 20), "serve": (6, 25)}


@long
def test_a_hundred_kills_end_identical(undisturbed, tmp_path, few):
    """By hand before a release, in half an hour: whatever is killed when, the next run ends with the same bytes."""
    settings, want = undisturbed
    chance, killed, log, longest = random.Random(18), Counter(), tmp_path / "log", 12.0
    for number in range(10):
        home = few(tmp_path / f"home{number}")
        for _ in range(6):
            while killer.kill_after(settings.input, home, log, chance.uniform(0.5, longest)) == "(had finished)":
                home, longest = few(tmp_path / f"home{number}-{longest:.3f}"), max(0.9 * longest, 5.0)  # anew
            killed["run"] += 1
        killer.finish(settings.input, home, log)
        assert killer.differences(want, home) == [], number
        assert [text for _, state, text in doctor_audit.lines(home) if state == "bad"] == []
        shutil.rmtree(home)
    home = shutil.copytree(settings.home, tmp_path / "home")
    (ran,) = (p.name for p in (home / "runs").iterdir())
    words = {
        "doctor": ("doctor", settings.input, "--full"),
        "screen": ("screen", settings.input),
        "replay": ("replay", ran),
        "serve": ("serve", "--cron", "0 2 5 * *", "--input", settings.input),
    }
    for command, (times, seconds) in LOOKS.items():
        for _ in range(times):
            process = killer.start(settings.input, home, log, *words[command])
            time.sleep(chance.uniform(0.3, seconds))
            killed[command if process.poll() is None else f"{command} that had finished"] += 1
            process.kill()
            process.wait()
        assert killer.differences(want, home) == [], command
        assert [text for _, state, text in doctor_audit.lines(home) if state == "bad"] == []
    killer.finish(settings.input, home, log)  # the command: it takes the lock, and with it sweeps
    assert killer.differences(want, home) == [] and not list((home / "spill").glob("*"))
    assert sum(killed.values()) == 100, killed
    print(dict(killed))
