"""serve --arrival: a delivery that has come whole is run once, a half-copied one never."""

import os
import urllib.error

import pytest

from data.errors import UsageError
from flows.prefect.arrival import Arrivals
from flows.prefect.schedule import When

#: Seconds between two looks.
LOOK = 15


class Server:
    """What is asked of Prefect: runs that were begun, and the state that they are in."""

    def __init__(self):
        self.begun, self.states, self.is_down = [], {}, False

    def ask(self, path, body):
        if self.is_down:
            raise urllib.error.URLError("no answer")
        if path == "deployments/D/create_flow_run":
            self.begun.append(f"run-{len(self.begun) + 1}")
            self.states[self.begun[-1]] = "SCHEDULED"
            return {"id": self.begun[-1]}
        wanted = body["flow_runs"]
        kinds = wanted.get("state", {}).get("type", {}).get("any_", set(self.states.values()))
        ids = wanted.get("id", {}).get("any_", self.states)
        return [{"id": i, "state_type": self.states[i]} for i in ids if self.states[i] in kinds]


@pytest.fixture
def place(tmp_path):
    for name in ("in", "home/prefect"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def prefect():
    return Server()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def watched(place, minutes=2):
    """(look so many times, 15 seconds apart; how many runs they began)."""
    clock = Clock()
    arrivals = Arrivals(place / "in", place / "home", minutes, clock)

    def looks(prefect, times):
        begun = 0
        for _ in range(times):
            begun += arrivals.look(prefect.ask, "D")
            clock.now += LOOK
        return begun

    return looks


def grow(path, text, at=None):
    with path.open("a") as handle:
        handle.write(text)
    if at is not None:
        os.utime(path, ns=(at, at))


def test_a_file_that_is_still_copied_begins_nothing_and_then_one_run(place, prefect):
    look = watched(place)
    assert look(prefect, 3) == 0  # nothing there
    for part in range(20):  # five minutes of copying, each pause shorter than two minutes
        grow(place / "in" / "setl_d.csv", f"{part}\n")
        assert look(prefect, 1) == 0
    assert look(prefect, 7) == 0  # a minute and three quarters
    assert look(prefect, 40) == 1
    prefect.states["run-1"] = "FAILED"  # refused: not again until something of it changes
    assert look(prefect, 40) == 0
    grow(place / "in" / "fee_list_d.csv", "1\n")
    assert look(prefect, 40) == 1


@pytest.mark.parametrize("name", ["setl_d.csv.part", "setl_d.zip.crdownload", "fee_list_d.tmp", "x.filepart", "a.xltd"])
def test_what_is_called_as_if_it_were_still_fetched_is_waited_for(place, prefect, name):
    look = watched(place)
    grow(place / "in" / "mdtrt_d.csv", "1\n")
    grow(place / "in" / name, "1\n")
    assert look(prefect, 100) == 0
    (place / "in" / name).rename(place / "in" / "setl_d.csv")
    assert look(prefect, 40) == 1


def test_after_a_day_nobody_fetches_it_any_more(place, prefect):
    look = watched(place)
    grow(place / "in" / "setl_d.csv", "1\n")
    grow(place / "in" / "left.part", "1\n")
    assert look(prefect, 24 * 60 * 4) == 0
    assert look(prefect, 4) == 1


def test_a_marker_written_last_spares_the_wait_and_one_from_before_does_not(place, prefect):
    look = watched(place, minutes=60)
    grow(place / "in" / "_SUCCESS", "", at=10**18)
    grow(place / "in" / "setl_d.csv", "1\n", at=10**18 + 1)
    assert look(prefect, 20) == 0
    grow(place / "in" / "_SUCCESS", "", at=10**18 + 2)
    assert look(prefect, 1) == 1


def test_what_programs_leave_there_is_no_delivery(place, prefect):
    look = watched(place)
    for name in ("Thumbs.db", ".DS_Store", "~$setl_d.xlsx"):
        grow(place / "in" / name, "1")
    assert look(prefect, 40) == 0
    grow(place / "in" / "setl_d.csv", "1\n")
    assert look(prefect, 40) == 1
    grow(place / "in" / "~$other.xlsx", "1")
    assert look(prefect, 40) == 0


def test_after_a_restart_it_is_known_and_what_was_cut_short_is_run_again(place, prefect):
    grow(place / "in" / "setl_d.csv", "1\n")
    assert watched(place)(prefect, 40) == 1
    assert watched(place)(prefect, 40) == 0
    prefect.states["run-1"] = "CRASHED"
    assert watched(place)(prefect, 40) == 1
    (place / "home" / "prefect" / "arrived.json").write_text("half")  # what cannot be read says nothing
    assert watched(place)(prefect, 40) == 1


def test_it_waits_for_the_run_that_is_on_and_for_a_server_that_answers(place, prefect):
    look = watched(place)
    grow(place / "in" / "setl_d.csv", "1\n")
    prefect.states["scheduled"] = "RUNNING"
    assert look(prefect, 40) == 0
    prefect.is_down = True
    assert look(prefect, 4) == 0
    prefect.is_down, prefect.states["scheduled"] = False, "COMPLETED"
    assert look(prefect, 4) == 1


@pytest.mark.parametrize("minutes", [-1, float("nan"), 1e9])
def test_minutes_that_make_no_sense_are_refused(minutes):
    with pytest.raises(UsageError, match=r"--arrival is .*; it must be minutes from 0 to 10080"):
        When("0 2 5 * *", "Asia/Shanghai", minutes)
