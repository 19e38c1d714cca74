"""`serve` without a server: what it refuses, whom it takes over, what it watches for, which run it asks for."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.errors import FundwatchError, UsageError
from flows.home import lock
from flows.options import RunOptions, of
from flows.prefect import processes, server, watch

#: One value of every option of a run that is not what holds without it.
GIVEN = {
    "out": Path("lists"),
    "top": 7,
    "days": 12.5,
    "objective": "money",
    "language": "zh",
    "labels": "zh",
    "seed": 9,
    "unmask": True,
    "newer": ["setl_d.csv"],
    "accept_partial": True,
}
URL = "http://127.0.0.1:4299/api"


def fundwatch(*arguments):
    said = subprocess.run([sys.executable, "-m", "flows.cli", *map(str, arguments)], capture_output=True, text=True)
    return said.returncode, said.stderr


@contextmanager
def sleeper():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("arguments", "file", "words"),
    [
        (["--timezone", "Mars"], "", "There is no time zone 'Mars'"),
        (["--timezone", "Asia"], "", "There is no time zone 'Asia'"),
        (["--cron", "every month"], "", "'every month' is not a schedule"),
        (["--cron", "0 0 30 2 *"], "", "'0 0 30 2 *' is not a schedule"),
        ([], "cron = 'first of the month'", "'first of the month' is not a schedule"),
        (["--port", "99999"], "", "--port 99999 is no port"),
        (["--language", "fr"], "", "it must be en or zh"),
        (["--top", "0"], "", "top"),
    ],
)
def test_what_cannot_be_served_is_one_sentence_before_anything_starts(tmp_path, arguments, file, words):
    (tmp_path / "fundwatch.toml").write_text(file, encoding="utf-8")
    code, err = fundwatch("serve", "--input", tmp_path, "--home", tmp_path, *arguments)
    assert (code, err.count("\n")) == (2, 1) and err.startswith("fundwatch: ") and words in err, err
    assert not (tmp_path / server.STATE).exists() and not server.log_file(tmp_path).exists()


def test_a_second_serve_is_refused_and_leaves_the_first_alone(tmp_path):
    with server.serving(tmp_path), sleeper() as first:
        server.remember(tmp_path, first.pid, URL)
        before = (tmp_path / server.STATE).read_bytes()
        code, err = fundwatch("serve", "--input", tmp_path, "--home", tmp_path, "--cron", "* * * * *")
        assert (code, err.count("\n")) == (1, 1), err
        assert f"served by process {os.getpid()} at http://127.0.0.1:4299 already" in err
        assert (tmp_path / server.STATE).read_bytes() == before and first.poll() is None


def test_a_server_left_behind_is_known_again_and_ended(tmp_path):
    with sleeper() as left:
        server.remember(tmp_path, left.pid, URL)
        found = server.orphan(tmp_path)
        assert (found.pid, found.port) == (left.pid, 4299)
        assert server.free_port(None, found) == server.free_port(4299, found) == 4299
        processes.end(found.pid, found.started)
        assert left.wait(timeout=5) != 0 and server.orphan(tmp_path) is None


def test_a_stranger_under_the_number_of_a_dead_server_is_left_alone(tmp_path):
    with sleeper() as stranger:
        server.remember(tmp_path, stranger.pid, URL)
        state = json.loads((tmp_path / server.STATE).read_text(encoding="utf-8"))
        for wrong in (state | {"started": "another boot 1"}, {"pid": stranger.pid, "url": URL}):
            (tmp_path / server.STATE).write_text(json.dumps(wrong), encoding="utf-8")
            assert server.orphan(tmp_path) is None
        processes.end(stranger.pid, "another boot 1")
        assert stranger.poll() is None


def test_a_copy_of_a_served_home_does_not_take_its_server(tmp_path):
    with sleeper() as serving:
        (tmp_path / "first").mkdir()
        server.remember(tmp_path / "first", serving.pid, URL)
        shutil.copytree(tmp_path / "first", tmp_path / "copy")
        assert server.orphan(tmp_path / "first") and server.orphan(tmp_path / "copy") is None
        assert server.remembered(tmp_path / "copy") is None


def test_a_free_port_is_found_and_a_taken_one_is_refused():
    first = server.free_port(None, None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert server.free_port(None, None) != first
        with pytest.raises(FundwatchError, match=f"Port {first} is taken"):
            server.free_port(first, None)
    with pytest.raises(UsageError):
        server.free_port(0, None)


def test_a_prefect_server_that_does_not_answer_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    code, err = fundwatch("run", tmp_path, "--home", tmp_path / "home")
    assert (code, err.count("\n")) == (1, 1) and "no Prefect server answers there" in err, err
    code, err = fundwatch("run", tmp_path, "--home", tmp_path / "home", "--no-prefect", "--quiet")
    assert code == 3 and "no table of the national export" in err, err


def test_the_server_is_reached_past_any_proxy():
    environ = {"no_proxy": "intranet"}
    server.prepare(Path("h"), URL, environ)
    assert environ["no_proxy"] == "intranet,127.0.0.1" and environ["NO_PROXY"] == "127.0.0.1"


@pytest.mark.parametrize("name", [f.name for f in fields(RunOptions)])
def test_a_scheduled_run_has_the_settings_of_the_same_run_by_hand(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = RunOptions(**{name: GIVEN[name]})
    by_hand = options.settings(tmp_path, tmp_path)
    scheduled = of(json.loads(json.dumps(options.parameters(Path(), Path()))))
    assert scheduled.deciding() == by_hand.deciding()
    assert (scheduled.home, scheduled.input, scheduled.top, scheduled.days) == (
        tmp_path,
        tmp_path,
        by_hand.top,
        by_hand.days,
    )
    assert scheduled.out == (tmp_path / "lists" if name == "out" else None)
    assert getattr(by_hand, name) == GIVEN[name] and getattr(RunOptions(), name) != GIVEN[name]


def test_what_was_not_given_is_read_on_the_day_of_the_run(tmp_path):
    parameters = RunOptions(top=3).parameters(tmp_path, tmp_path)
    (tmp_path / "fundwatch.toml").write_text("language = 'zh'\n", encoding="utf-8")
    assert (of(parameters).language, of(parameters).top) == ("zh", 3)


def test_run_and_serve_offer_the_same_options():
    shown = {}
    for command in ("run", "serve"):
        said = subprocess.run([sys.executable, "-m", "flows.cli", command, "--help"], capture_output=True, text=True)
        shown[command] = {word for word in said.stdout.split() if word.startswith("--")}
    assert {f"--{f.name}".replace("_", "-") for f in fields(RunOptions)} <= shown["run"] & shown["serve"]


def test_who_waits_for_home_gets_it_and_who_does_not_is_told(tmp_path):
    holder = "import sys, time; from pathlib import Path; from flows.home import lock\nwith lock.hold(Path(sys.argv[1])): print(1, flush=True); time.sleep(2)"
    with subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        assert lock.is_held(tmp_path)
        with pytest.raises(FundwatchError, match=f"in use by process {first.pid}"), lock.hold(tmp_path):
            pass
        with lock.hold(tmp_path, patience=30):
            assert lock.is_held(tmp_path)
    assert not lock.is_held(tmp_path)


class Api:
    """A Prefect server in words: the runs it has, and what it was told of them."""

    def __init__(self, home, *runs):
        self.home, self.told = home, []
        self.deployment = {"paused": False, "schedules": [{"active": True, "schedule": {"cron": "* * * * *"}}]}
        self.runs = [self.run(**r) for r in runs]

    def run(self, state_type, due=0, auto_scheduled=True, id="r1", home=None, process=None):
        expected = (datetime.now(UTC) + timedelta(seconds=due)).isoformat()
        at = str((home or self.home).resolve())
        return {
            "id": id,
            "state_type": state_type,
            "expected_start_time": expected,
            "auto_scheduled": auto_scheduled,
            "infrastructure_pid": process,
            "parameters": {"home": at},
        }

    def __call__(self, path, body):
        if body is None:
            return self.deployment
        if not path.endswith("/filter"):
            self.told.append((path, body["state"]["type"]))
            return {}
        states = body["flow_runs"].get("state", {}).get("type", {}).get("any_")
        return [r for r in self.runs if states is None or r["state_type"] in states]


def look_after(home, api, seconds, due=60):
    """What the watch says when things stand so for so many seconds."""
    now = [0.0]
    watching = watch.Watch(home, api, "d1", "* * * * *", clock=lambda: now[0])
    said = None
    while now[0] <= seconds and said is None:
        said = watching.look(datetime.now(UTC) + timedelta(seconds=due))
        now[0] += 15
    return said


def test_a_server_that_plans_no_run_is_noticed_with_its_last_error(tmp_path):
    server.log_file(tmp_path).parent.mkdir()
    server.log_file(tmp_path).write_text(
        "Traceback ...\nsqlalchemy.exc.InvalidRequestError: Can't evaluate\n", encoding="utf-8"
    )
    assert look_after(tmp_path, Api(tmp_path), 120) is None  # it takes a minute where all is well
    said = look_after(tmp_path, Api(tmp_path), 300)
    assert "plans no run for the schedule" in said and "InvalidRequestError: Can't evaluate" in said
    assert look_after(tmp_path, Api(tmp_path), 300, due=300 * 86400) is None  # too far off to be planned


def test_a_schedule_paused_or_changed_on_the_page_is_left_so(tmp_path):
    for change in (
        {"paused": True},
        {"schedules": []},
        {"schedules": [{"active": True, "schedule": {"cron": "1 1 1 1 *"}}]},
    ):
        api = Api(tmp_path)
        api.deployment |= change
        assert look_after(tmp_path, api, 600) is None


def test_a_run_that_is_due_and_does_not_begin_is_noticed(tmp_path):
    late = {"state_type": "SCHEDULED", "due": -30}
    assert "has not begun" in look_after(tmp_path, Api(tmp_path, late), 600)
    assert look_after(tmp_path, Api(tmp_path, late), 200) is None
    assert look_after(tmp_path, Api(tmp_path, {"state_type": "SCHEDULED", "due": 30}), 600) is None
    busy = Api(tmp_path, late, {"state_type": "RUNNING", "id": "r2"})
    with lock.hold(tmp_path):
        assert look_after(tmp_path, busy, 600) is None


def test_a_server_that_does_not_answer_is_noticed_and_a_pause_is_not(tmp_path):
    answers = iter([OSError("timed out")] * 3 + [None] * 9)
    calm = Api(tmp_path, {"state_type": "SCHEDULED", "due": 60})

    def sometimes(path, body):
        if (error := next(answers, None)) is not None:
            raise error
        return calm(path, body)

    def never(path, body):
        raise OSError("timed out")

    assert look_after(tmp_path, sometimes, 300) is None
    assert "has not answered for 90 seconds: timed out" in look_after(tmp_path, never, 300)


def test_a_run_whose_process_was_killed_is_put_right_and_a_living_one_is_not(tmp_path):
    crashed = [("flow_runs/r1/set_state", "CRASHED")]
    with sleeper() as process:
        on = {"state_type": "RUNNING", "process": f"{process.pid} {processes.born(process.pid)}"}
        api = Api(tmp_path, on)
        look_after(tmp_path, api, 900)  # HOME is free for as long: a loaded machine is slow to say that a run ended
        assert watch.recover(api, tmp_path) == 0 and api.told == []
    for mend in (lambda api: look_after(tmp_path, api, 0), lambda api: watch.recover(api, tmp_path)):
        api = Api(tmp_path, on)
        mend(api)
        assert api.told == crashed
    elsewhere = Api(tmp_path, on | {"home": tmp_path / "other"})
    assert watch.recover(elsewhere, tmp_path) == 0 and elsewhere.told == []


def test_a_run_that_did_not_come_to_say_who_it_is_is_given_time(tmp_path):
    unknown = {"state_type": "RUNNING"}
    with lock.hold(tmp_path):
        api = Api(tmp_path, unknown)
        look_after(tmp_path, api, 900)
        assert watch.recover(api, tmp_path) == 0 and api.told == []
    look_after(tmp_path, api, 240)
    assert api.told == []
    look_after(tmp_path, api, 900)
    assert api.told[0] == ("flow_runs/r1/set_state", "CRASHED")
    assert watch.recover(Api(tmp_path, unknown), tmp_path) == 1


@pytest.mark.parametrize(
    ("last", "is_made_up"),
    [
        ({"state_type": "CRASHED"}, True),
        ({"state_type": "CRASHED", "auto_scheduled": False}, False),  # made up once already
        ({"state_type": "FAILED"}, False),
        ({"state_type": "COMPLETED"}, False),
        ({"state_type": "SCHEDULED"}, False),
    ],
)
def test_a_scheduled_run_that_was_cut_short_is_made_up_once(tmp_path, last, is_made_up):
    api = Api(tmp_path, last)
    assert watch.make_up(api, "d1") is is_made_up
    assert api.told == ([("deployments/d1/create_flow_run", "SCHEDULED")] if is_made_up else [])
