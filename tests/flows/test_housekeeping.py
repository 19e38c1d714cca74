"""HOME stays as large as its data, and nothing that was published or decided is lost by it."""

import json
import shutil

import pytest

from data.errors import FundwatchError
from data.warehouse.connection import FILE_NAME, changed_views, open_warehouse
from flows import doctor_audit, replay
from flows.home import housekeeping
from flows.home.settings import Settings


@pytest.fixture
def home(finished, tmp_path):
    """A copy of the finished run's HOME."""
    return shutil.copytree(finished[0].home, tmp_path / "home")


def faults(home):
    return [text for _, state, text in doctor_audit.lines(home) if state == "bad"]


def test_older_runs_keep_their_lists_and_manifest_and_are_no_damage(home, monkeypatch):
    (run,) = (p for p in (home / "runs").iterdir())
    manifest = (run / "manifest.json").read_bytes()
    with open_warehouse(home) as con:
        assert housekeeping.prune(home, 1, con) == []  # it is the newest
        con.execute("insert into run.run select 'later', 'x', * exclude (run_id, fingerprint) from run.run")
        con.execute("update run.run set event_number = event_number + 1 where run_id = 'later'")
        assert housekeeping.prune(home, 0, con) == []
        assert housekeeping.prune(home, 1, con) == [run.name]
        assert housekeeping.prune(home, 1, con) == []
    left = {p.name for p in run.iterdir()}
    assert {"watchlist_institution.csv", "watchlist_person.csv", "account.csv", housekeeping.PRUNED} < left
    assert not left & {"leads", "visits", "findings.parquet", "report.html"}
    assert (run / "manifest.json").read_bytes() == manifest
    outputs = {one["file"] for one in json.loads(manifest)["outputs"]}
    assert outputs - housekeeping.pruned(run) == {f for f in outputs if (run / f).is_file()}
    with open_warehouse(home) as con:
        con.execute("delete from run.run where run_id = 'later'")
    assert faults(home) == []
    monkeypatch.setattr(replay, "_rebuild", lambda *_: replay.read_manifest(run))
    assert replay.replay(Settings(home=home), run.name).is_identical
    (run / "account.csv").write_text("x", encoding="utf-8")
    assert replay.replay(Settings(home=home), run.name).touched == ["account.csv"]


def test_a_warehouse_written_anew_holds_the_same_in_less_room(home):
    with open_warehouse(home) as con:
        con.execute("create table run.filler as select range as n, hash(range) as h from range(2000000)")
        con.execute("checkpoint")
        con.execute("create table run.behind as select hash(range) as h from range(100000)")
        con.execute("checkpoint")
        con.execute("drop table run.filler")  # a gap before what stays
        rows = con.execute("from model.finding order by all").fetchall()
    before, after = housekeeping.vacuum(home)
    assert after == (home / FILE_NAME).stat().st_size < before - 8_000_000
    assert (home / FILE_NAME).stat().st_mode & 0o777 == 0o600
    with open_warehouse(home) as con:
        assert con.execute("from model.finding order by all").fetchall() == rows
        assert changed_views(con) == []
    assert faults(home) == [] and not list((home / "spill").glob("*"))


def test_what_cannot_be_copied_whole_stays_as_it_is(home, monkeypatch):
    stood = (home / FILE_NAME).read_bytes()
    monkeypatch.setattr(housekeeping.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(FundwatchError, match="no room for a second"):
        housekeeping.vacuum(home)
    monkeypatch.undo()
    monkeypatch.setattr(housekeeping, "_counts", lambda con, database: database)
    with pytest.raises(FundwatchError, match="does not hold what it holds"):
        housekeeping.vacuum(home)
    assert (home / FILE_NAME).read_bytes() == stood
