"""`serve` without a server: what it refuses, whom it takes over, what it watches for, which run it asks for."""

import asyncio
import base64
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.errors import FundwatchError, UsageError
from flows.home import lock
from flows.options import RunOptions, of
from flows.prefect import asking, door, hosted, owned, processes, server, watch

#: One value of every option of a run that is not what holds without it.
GIVEN = {
    "out": Path("lists"),
    "top": 7,
    "days": 12.5,
    "objective": "money",
    "language": "zh",
    "labels": "zh",
    "ids": "plain",
    "seed": 9,
    "engine": "spark",
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
    scheduled = of(*json.loads(json.dumps([options.owned(Path(), Path()), options.free()])))
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
    asked = RunOptions(top=3)
    (tmp_path / "fundwatch.toml").write_text("language = 'zh'\n", encoding="utf-8")
    then = of(asked.owned(tmp_path, tmp_path), asked.free())
    assert (then.language, then.top) == ("zh", 3)


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
        return {
            "id": id,
            "state_type": state_type,
            "expected_start_time": expected,
            "auto_scheduled": auto_scheduled,
            "infrastructure_pid": process,
            "tags": [owned.tag(home or self.home)],
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


@pytest.mark.parametrize("name", ["home", "input", "out", "unmask", "newer", "accept_partial", "pseudonyms", "rules"])
def test_where_data_comes_from_and_goes_is_no_caller_s(name, tmp_path):
    with pytest.raises(UsageError, match=f"cannot be asked for {name}"):
        of({"home": str(tmp_path), "input": str(tmp_path)}, {name: "/elsewhere"})


def test_what_is_the_caller_s_to_say_reaches_the_run_and_nothing_else_does(tmp_path):
    own = {"home": str(tmp_path), "input": str(tmp_path / "in"), "out": str(tmp_path / "out")}
    then = of(own, {"days": 3.0, "language": "zh", "labels": None, "objective": "money"})
    assert (then.days, then.language, then.objective) == (3.0, "zh", "money")
    assert (then.home, then.input, then.out, then.unmask) == (tmp_path, tmp_path / "in", tmp_path / "out", False)


def test_without_a_service_a_run_of_the_flow_is_refused(monkeypatch):
    monkeypatch.delenv(owned.VARIABLE, raising=False)
    with pytest.raises(UsageError, match="belongs to `fundwatch serve`"):
        owned.owned()


PORT, SECRET_WORD = 4299, "a-secret"
RIGHT = "Basic " + base64.b64encode(door.auth(SECRET_WORD).encode()).decode()


def knock(path="/api/flows", kind="http", method="GET", **headers):
    """(status or what became of it, body, headers) of one request at the door; the room behind says 'inside'."""
    sent = []

    async def inside(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    async def send(message):
        sent.append(message)

    named = {"host": f"127.0.0.1:{PORT}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    raw = [(k.encode(), v.encode()) for k, v in named.items() if v is not None]
    path, _, query = path.partition("?")
    scope = {"type": kind, "path": path, "method": method, "headers": raw, "query_string": query.encode()}
    asyncio.run(door.Door(inside, SECRET_WORD, PORT)(scope, None, send))
    first = sent[0]
    return first.get("status", first["type"]), sent[-1].get("body", b""), dict(first.get("headers", []))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": RIGHT}, 200),
        ({"authorization": RIGHT.replace("Basic", "basic")}, 200),
        ({"authorization": "Bearer " + SECRET_WORD}, 401),
        ({"authorization": "Basic " + base64.b64encode(b"fundwatch:").decode()}, 401),
        ({"authorization": "Basic " + base64.b64encode(b"fundwatch:a-secret ").decode()}, 401),
        ({"authorization": "Basic %%%"}, 401),
        ({"authorization": RIGHT, "host": "localhost:4299"}, 421),
        ({"authorization": RIGHT, "host": "evil.example:4299"}, 421),
        ({"authorization": RIGHT, "host": "127.0.0.1"}, 421),
        ({"authorization": RIGHT, "host": None}, 421),
        ({"authorization": RIGHT, "origin": "http://127.0.0.1:4299"}, 200),
        ({"authorization": RIGHT, "origin": "http://127.0.0.1:8000"}, 403),
        ({"authorization": RIGHT, "origin": "null"}, 403),
        ({"authorization": RIGHT, "origin": "http://127.0.0.1:4299.evil.example"}, 403),
        ({"authorization": RIGHT, "sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors"}, 403),
        ({"authorization": RIGHT, "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),
        ({"authorization": RIGHT, "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/api/flows", "/", "/api/health", "/ui-settings", "/docs"])
def test_the_door_opens_to_the_secret_at_this_address_alone(headers, status, path):
    code, body, answered = knock(path, **headers)
    assert code == status and (body == b"inside") == (status == 200)
    assert b"access-control-allow-origin" not in answered and answered[b"x-frame-options"] == b"DENY"


def test_a_preflight_of_another_origin_is_allowed_nothing():
    preflight = {"origin": "http://evil.example", "access_control_request_method": "POST"}
    code, _, answered = knock(method="OPTIONS", **preflight)
    assert code == 403 and not [name for name in answered if name.startswith(b"access-control")]


def test_a_form_that_another_page_sends_by_navigation_is_refused():
    elsewhere = {"authorization": RIGHT, "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert knock(method="POST", **elsewhere)[0] == 403


def talk(*messages, **headers):
    """What a web socket hears that says these first; the room behind greets who is let in and echoes."""
    heard, waiting = [], [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": m} for m in messages)]

    async def inside(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "too early"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"heard {message['text']}"})

    async def receive():
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect"}

    async def send(message):
        heard.append(message.get("text") or message["type"])

    raw = [(k.encode(), v.encode()) for k, v in {"host": f"127.0.0.1:{PORT}", **headers}.items()]
    scope = {"type": "websocket", "path": "/api/events/out", "headers": raw}
    asyncio.run(door.Door(inside, SECRET_WORD, PORT)(scope, receive, send))
    return heard


def test_a_web_socket_needs_the_secret_and_this_address_too():
    right = json.dumps({"type": "auth", "token": door.auth(SECRET_WORD)})
    assert talk(right, "more") == ["websocket.accept", f"heard {right}", "heard more"]
    for wrong in ('{"type": "auth", "token": "guess"}', '{"type": "auth"}', "null", "[]", "x", '{"type": "filter"}'):
        assert talk(wrong, right, "more") == ["websocket.accept", "websocket.close"]
    assert talk("more", authorization=RIGHT)[-1] == "heard more"
    assert talk("more", authorization="Basic x") == talk(right, origin="http://evil") == ["websocket.close"]
    assert talk(right, host="evil.example:4299") == ["websocket.close"]


def test_the_proof_says_nothing_of_the_secret_and_holds_for_one_port_and_question():
    code, body, _ = knock(f"{door.PROOF}?nonce=77")
    assert code == 200 and body.decode() == door.proof(SECRET_WORD, PORT, "77")
    assert SECRET_WORD.encode() not in body
    others = [door.proof(SECRET_WORD, PORT, "78"), door.proof(SECRET_WORD, 4298, "77"), door.proof("other", PORT, "77")]
    assert body.decode() not in others


@contextmanager
def impostor(answer):
    """Listens on loopback, keeps what it hears, and answers this; yields (port, what it heard)."""
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(f"{self.path} {dict(self.headers)}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield listening.server_address[1], heard
    finally:
        listening.shutdown()
        listening.server_close()


def test_an_impostor_on_the_port_of_a_dead_server_hears_nothing(tmp_path):
    with impostor(b"true") as (port, heard):
        server.new_secret(tmp_path)
        with sleeper() as gone:
            server.remember(tmp_path, gone.pid, asking.url_at(port))
        assert server.api_url(tmp_path) is None and heard == []


def test_an_impostor_beside_a_living_process_hears_no_secret_and_gets_no_run(tmp_path):
    server.new_secret(tmp_path)
    secret = (tmp_path / server.SECRET_FILE).read_text(encoding="ascii").strip()
    for answer in (b"true", b"", door.proof("guess", 1, "").encode(), b"\xff" * 300):
        with impostor(answer) as (port, heard), sleeper() as living:
            server.remember(tmp_path, living.pid, asking.url_at(port))
            assert server.api_url(tmp_path) is None
            assert len(heard) == 1 and secret not in heard[0] and "Authorization" not in heard[0]


@pytest.mark.parametrize(
    "state",
    ["[]", "{}", "null", "\xff", '{"pid": 1, "url": 5}', '{"pid": "1", "url": "http://127.0.0.1:4299/api"}',
     '{"pid": 1, "url": "http://evil.example:80/api"}', '{"pid": 1, "url": "http://127.0.0.1:4299@evil.example:1/api"}'],
)  # fmt: skip
def test_a_word_on_the_server_that_is_not_ours_is_no_word(tmp_path, state):
    (tmp_path / server.STATE).write_text(state, encoding="utf-8")
    assert server.remembered(tmp_path) is None and server.api_url(tmp_path) is None


def test_the_secret_is_the_owner_s_alone_and_new_at_each_start(tmp_path):
    seen = set()
    for _ in range(2):
        server.new_secret(tmp_path)
        path = tmp_path / server.SECRET_FILE
        assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_text()) > 40
        seen.add(path.read_text())
    assert len(seen) == 2


def test_no_setting_of_the_caller_opens_the_server_wider(tmp_path, monkeypatch):
    for name, wide in (
        ("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "*"),
        ("PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS", "*"),
        ("PREFECT_HOME", "/elsewhere"),
        ("PREFECT_API_AUTH_STRING", "old"),
    ):
        monkeypatch.setenv(name, wide)
    server.new_secret(tmp_path)
    environ = server._environ(tmp_path, URL)
    assert environ["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4299"
    assert "*" not in environ.values() and environ["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert "PREFECT_API_AUTH_STRING" not in environ and environ[hosted.PARENT] == processes.mark()


def test_who_follows_a_process_goes_with_it_however_it_ends():
    code = (
        "import sys, time; from flows.prefect import processes\n"
        "processes.follow(sys.argv[1]); print(1, flush=True); time.sleep(60)"
    )
    with sleeper() as parent:
        mark = f"{parent.pid} {processes.born(parent.pid)}"
        child = subprocess.Popen([sys.executable, "-c", code, mark], stdout=subprocess.PIPE)
        child.stdout.readline()
        assert child.poll() is None
    assert child.wait(timeout=10) < 0
    late = subprocess.run([sys.executable, "-c", code, mark], capture_output=True, timeout=30)
    assert late.returncode < 0  # gone before it could be followed


def test_home_s_own_server_is_known_also_where_the_environment_names_it(tmp_path, monkeypatch):
    server.new_secret(tmp_path)
    with sleeper() as living:
        server.remember(tmp_path, living.pid, URL)
        monkeypatch.setenv("PREFECT_API_URL", URL)
        monkeypatch.setattr(server, "is_ours", lambda home, url: True)
        assert server.api_url(tmp_path) == URL and server.auth_for(tmp_path, URL) == server.auth(tmp_path)
        assert server.auth_for(tmp_path, "http://127.0.0.1:4298/api") is None
        assert server.auth_for(tmp_path / "other", URL) is None
