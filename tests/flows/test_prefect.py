"""One real server: its schedule fires, a run by hand is the same run, and nothing that dies is left lying."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flows.prefect import arrival, asking, owned, processes, server

pytestmark = pytest.mark.prefect
#: What runs after a run: writes down what its environment tells.
TELL = (
    "import json, os; json.dump({k: v for k, v in os.environ.items() if k.startswith(('FUNDWATCH', 'PREFECT'))},"
    " open('heard.json', 'w'))"
)
OPTIONS = ("--top", "5", "--language", "zh")


class Serving:
    """`fundwatch serve` of one HOME; started again as a supervisor would."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder
        self.process = self.api = None
        self.stderr = home.parent / "serve.log"

    def start(self, cron, *more):
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
        command = [sys.executable, "-m", "flows.cli", "serve", "--cron", cron, *more, *OPTIONS]
        with self.stderr.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--input", str(self.folder), "--home", str(self.home)],
                env=environ,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: "http://127.0.0.1:" in self.said() or self.process.poll() is not None, 180)
        assert self.process.poll() is None, self.said()
        self.api = server.api_url(self.home)

    def said(self):
        return self.stderr.read_text(encoding="utf-8")

    def stop(self):
        """What is left of it after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=90)

    @property
    def server(self):
        """Number of the server's process."""
        return server.remembered(self.home).pid


def wait_for(what, seconds, step=0.5):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, what
        time.sleep(step)
    return found


@pytest.fixture(scope="module")
def serving(tmp_path_factory, hamlet, few):
    """`fundwatch serve` every minute, stopped at the end by SIGTERM."""
    home = few(tmp_path_factory.mktemp("served") / "home")
    (home / "fundwatch.toml").write_text(f"after_success = {json.dumps([sys.executable, '-c', TELL])}\n")
    serving = Serving(home, hamlet)
    serving.start("* * * * *")
    yield serving
    if serving.process.poll() is None:
        serving.stop()


@pytest.fixture(scope="module")
def fired(serving):
    """The first run of the schedule, finished; then the schedule is paused, so that HOME is free."""
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}, "limit": 1}
    (run,) = wait_for(lambda: ask(serving, "flow_runs/filter", ended), 300)
    (deployment,) = ask(serving, "deployments/filter")
    (schedule,) = deployment["schedules"]
    ask(serving, f"deployments/{deployment['id']}/schedules/{schedule['id']}", {"active": False}, "PATCH")
    busy = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    wait_for(lambda: not ask(serving, "flow_runs/filter", busy), 120)
    return run


def ask(serving, path, body=None, method=None):
    return asking.ask(serving.api, path, body or {}, method=method, auth=server.auth(serving.home))


def knock(api, path, body=None, method=None, **headers):
    """What somebody gets who asks with these headers: (status, headers, text)."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    place = urllib.request.Request(f"{api.removesuffix('/api')}{path}", data, named, method=method)
    place.add_header("Content-Type", "application/json")
    try:
        with asking.NO_PROXY.open(place, timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode("utf-8", "replace")


def known(serving):
    """The header of who read the secret."""
    return {"Authorization": "Basic " + base64.b64encode(server.auth(serving.home).encode()).decode()}


def by_hand(home, *arguments):
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    command = [sys.executable, "-m", "flows.cli", "run", *map(str, arguments), "--home", str(home)]
    return subprocess.run(command, env=environ, capture_output=True, text=True)


def test_the_schedule_fires_and_its_run_ends_well(serving, fired):
    assert (fired["state_type"], fired["auto_scheduled"]) == ("COMPLETED", True), fired["state"]["message"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", fired["name"])
    wait_for(lambda: not processes.lives(fired["infrastructure_pid"]), 60)  # it said which process it was
    (folder,) = (serving.home / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["run_id"] == folder.name
    heard = json.loads((serving.home / "heard.json").read_text())
    assert (heard["FUNDWATCH_EXIT"], heard["FUNDWATCH_RUN_ID"]) == ("0", folder.name)
    assert not [name for name in heard if name.startswith("PREFECT") or "SERV" in name]
    (deployment,) = ask(serving, "deployments/filter")
    assert deployment["schedules"][0]["schedule"]["cron"] == "* * * * *"
    assert deployment["schedules"][0]["schedule"]["timezone"] == "Asia/Shanghai"


def test_the_same_run_by_hand_is_the_same_run_and_appears_on_the_server(serving, fired, hamlet):
    said = by_hand(serving.home, hamlet, *OPTIONS)
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("无变化") == 6 and len(list((serving.home / "runs").iterdir())) == 1
    hand = {"flow_runs": {"deployment_id": {"is_null_": True}}}
    (flow_run,) = ask(serving, "flow_runs/filter", hand)
    assert flow_run["state_type"] == "COMPLETED"
    assert {k: v for k, v in flow_run["parameters"].items() if v} == fired["parameters"] == {"top": 5, "language": "zh"}
    assert owned.tag(serving.home) in flow_run["tags"] and owned.tag(serving.home) in fired["tags"]


def test_the_page_shows_steps_logs_and_tables_that_name_nobody(serving, fired):
    of_run = {"task_runs": {"flow_run_id": {"any_": [fired["id"]]}}}
    tasks = {t["name"] for t in ask(serving, "task_runs/filter", of_run)}
    assert tasks == {"ingest", "check", "features", "detect", "rank", "publish"}
    every = {a["key"]: a["data"] for a in ask(serving, "artifacts/filter")}
    (folder,) = (serving.home / "runs").iterdir()
    assert f"({folder.resolve().as_uri()}/report.html)" in every["files"] and "watchlist_person.csv" in every["files"]
    artifacts = {key: json.loads(data) for key, data in every.items() if key != "files"}
    assert {"check", "coverage", "drift"} < set(artifacts)
    assert {row["规则编号"] for row in artifacts["coverage"]} >= {"care_after_death", "co_visit_ring"}
    assert artifacts["account"][0]["收到行数"] > 0
    assert artifacts["watchlist-person"][0]["排名"] == 1 and "对象名称" not in artifacts["watchlist-person"][0]
    of_log = {"logs": {"flow_run_id": {"any_": [fired["id"]]}}, "sort": "TIMESTAMP_DESC"}

    def lines():
        return [line["message"] for line in ask(serving, "logs/filter", of_log)]

    wait_for(lambda: any("发布：运行" in line for line in lines()), 20)
    english = [line for line in lines() if not re.search(r"[\u4e00-\u9fff]", line)]
    # what Prefect itself says of its tasks and states is Prefect's
    assert all(re.match(r"Finished in state|Created|Executing|Beginning|Runner|Opening", line) for line in english), (
        english
    )


def test_what_is_refused_is_one_sentence_also_as_a_flow(serving, fired, hamlet, tmp_path):
    from flows.home import lock

    said = by_hand(serving.home, tmp_path / "nowhere")
    assert said.returncode == 3 and "Traceback" not in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("fundwatch: The input folder")
    with lock.hold(serving.home):
        said = by_hand(serving.home, hamlet, "--quiet")
    assert said.returncode == 1 and said.stderr.count("\n") == 1
    assert f"is in use by process {os.getpid()}" in said.stderr


def test_nobody_gets_in_without_the_secret_at_this_address_of_this_origin(serving, fired):
    lists = ("/api/artifacts/filter", {})
    key, elsewhere = known(serving), {"Origin": "http://127.0.0.1:8000"}
    assert knock(serving.api, *lists)[0] == 401 and knock(serving.api, *lists, **key)[0] == 200
    assert knock(serving.api, *lists, **key, Host="evil.example")[0] == 421
    assert knock(serving.api, *lists, **key, **elsewhere)[0] == 403
    assert knock(serving.api, "/api/admin/settings")[0] == knock(serving.api, "/")[0] == 401
    status, _, page = knock(serving.api, "/", **key, Accept="text/html")
    assert status == 200 and "<html" in page
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    status, headers, _ = knock(serving.api, lists[0], method="OPTIONS", **elsewhere, **asked)
    assert status == 403 and not [h for h in headers if h.lower().startswith("access-control")]
    secret = (serving.home / server.SECRET_FILE).read_text(encoding="ascii").strip()
    assert secret not in serving.said() and secret not in server.log_file(serving.home).read_text(encoding="utf-8")
    command = Path(f"/proc/{serving.server}/cmdline")
    assert not command.exists() or secret.encode() not in command.read_bytes()


def test_a_run_asked_for_another_place_or_unmasked_does_not_obey(serving, fired, tmp_path):
    (deployment,) = ask(serving, "deployments/filter")
    place = f"/api/deployments/{deployment['id']}/create_flow_run"
    runs, foreign = sorted((serving.home / "runs").iterdir()), {"home": str(tmp_path), "out": str(tmp_path / "out")}
    wanted = {"parameters": {"language": "zh", "unmask": True, "input": str(tmp_path), **foreign}}
    assert knock(serving.api, place, wanted)[0] == 401
    status, _, said = knock(serving.api, place, wanted, **known(serving))
    if status == 201:  # the server may take it; the run does not
        run = json.loads(said)["id"]
        wait_for(lambda: ask_for(serving, run)["state_type"] in ("FAILED", "CRASHED"), 120)
    else:
        assert status in (400, 409, 422), said
    assert not list(tmp_path.iterdir()) and sorted((serving.home / "runs").iterdir()) == runs
    assert '"event":"unmask"' not in (serving.home / "audit.log").read_text(encoding="utf-8")


def ask_for(serving, run):
    (found,) = ask(serving, "flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    return found


def test_prefect_s_database_names_no_person(serving, fired, hamlet):
    import polars as pl

    stored = b"".join(p.read_bytes() for p in (serving.home / "prefect").glob("prefect.db*"))
    persons = pl.read_csv(hamlet / "psn_info_b.csv.gz", infer_schema=False)
    assert stored and not [n for n in persons["certno"].drop_nulls().to_list() if n.encode() in stored]


def test_a_deployment_on_a_server_that_is_there_is_run_by_a_worker_of_its_pool(serving, fired, few, hamlet, tmp_path):
    home = few(tmp_path / "home")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    environ |= {"PREFECT_API_URL": serving.api, "PREFECT_API_AUTH_STRING": server.auth(serving.home)}
    environ |= {"PREFECT_HOME": str(tmp_path / "worker"), "DO_NOT_TRACK": "1", "NO_PROXY": "127.0.0.1"}

    def command(*words):
        return subprocess.run([sys.executable, "-m", *words], env=environ, capture_output=True, text=True, timeout=240)

    def deploy(pool, *more):
        words = ("deploy", "--pool", pool, "--input", hamlet, "--home", home, "--out", tmp_path / "out", *more)
        return command("flows.cli", *map(str, words))

    refused = deploy("office")
    assert (refused.returncode, "has no work pool 'office'" in refused.stderr) == (2, True), refused.stderr
    ask(serving, "work_pools/", {"name": "office", "type": "process"}, "POST")
    refused = deploy("office", "--image", "fundwatch:1")
    assert (refused.returncode, "--image is for one of containers" in refused.stderr) == (2, True), refused.stderr
    done = deploy("office", "--top", "3")
    assert done.returncode == 0, done.stderr
    (registered,) = ask(serving, "deployments/filter", {"deployments": {"name": {"any_": ["monthly"]}}})
    assert registered["parameters"] == {"top": 3} and registered["schedules"][0]["schedule"]["cron"] == "0 2 5 * *"
    run = ask(serving, f"deployments/{registered['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}}, "POST")
    worker = command("prefect", "worker", "start", "--pool", "office", "--run-once")
    state = ask(serving, f"flow_runs/{run['id']}", method="GET")["state"]
    assert state["type"] == "COMPLETED", (state["message"], worker.stderr[-500:])
    assert sorted(p.name for p in (tmp_path / "out").glob("watchlist_*.csv"))[0] == "watchlist_group.csv"


def test_a_dead_server_ends_serve_and_the_next_one_puts_right_what_was_left(serving, fired):
    flow = {"flow_id": fired["flow_id"], "tags": [owned.tag(serving.home)], "state": {"type": "RUNNING"}}
    stranded = ask(serving, "flow_runs/", flow)["id"]  # as a run is left whose process was killed
    os.kill(serving.server, signal.SIGKILL)
    assert serving.process.wait(timeout=120) == 1
    last = serving.said().strip().splitlines()[-1]
    assert last.startswith("fundwatch: ") and "的Prefect服务" in last and last.endswith("。")
    assert not (serving.home / server.STATE).exists()
    serving.start("0 2 5 * *", "--arrival", "0")
    crashed = {"flow_runs": {"id": {"any_": [stranded]}, "state": {"type": {"any_": ["CRASHED"]}}}}
    wait_for(lambda: ask(serving, "flow_runs/filter", crashed), 30)


def test_a_delivery_that_has_come_is_run(serving, fired):
    """Served by the test before with --arrival: nothing was noted of what lies there, so it has come."""
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
    noted = wait_for(lambda: (p := serving.home / "prefect" / arrival.FILE).exists() and json.loads(p.read_text()), 90)
    runs = wait_for(lambda: [r for r in ask(serving, "flow_runs/filter", ended) if r["id"] == noted["run"]], 120)
    assert [(r["state_type"], r["auto_scheduled"]) for r in runs] == [("COMPLETED", False)]
    assert runs[0]["deployment_id"] == fired["deployment_id"]


def test_a_killed_serve_takes_its_server_with_it(serving, fired):
    left, address = serving.server, serving.api
    serving.process.kill()
    serving.process.wait()
    wait_for(lambda: processes.born(left) is None, 20)
    assert (serving.home / server.STATE).exists() and server.api_url(serving.home) is None
    serving.start("0 2 5 * *")
    assert serving.api == address
    assert serving.stop() == 0
    assert serving.said().splitlines()[-1] == "已停止"
    assert "Traceback" not in serving.said() and "never awaited" not in serving.said()
    assert not (serving.home / server.STATE).exists() and server.orphan(serving.home) is None


def test_two_runs_through_prefect_at_once_end_well(serving, fired, hamlet):
    """After the last stop nobody serves HOME: one of the two begins a server of its own, and it goes with the run."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    command = [sys.executable, "-m", "flows.cli", "run", str(hamlet), *OPTIONS, "--home", str(serving.home)]
    both = [
        subprocess.Popen(
            [*command, "--prefect"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [(*one.communicate(timeout=280), one.returncode) for one in both]
    assert sorted(code for *_, code in said) == [0, 1], said
    (refused,) = (err for _, err, code in said if code == 1)
    assert "served by process" in refused and "Traceback" not in refused, refused
    assert server.remembered(serving.home) is None and server.orphan(serving.home) is None


def test_telemetry_is_off_and_the_server_is_local():
    environ = {}
    server.prepare(server.Path("h"), "http://127.0.0.1:1/api", environ)
    assert environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environ["DO_NOT_TRACK"] == "1"
    assert environ["PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY"] == "false"
    code = (
        "import os; from pathlib import Path; from flows.prefect import server; server.prepare(Path('h'), None)\n"
        "from prefect.settings import get_current_settings as s\n"
        "print(s().server.analytics_enabled, s().cloud.enable_orchestration_telemetry)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout.split() == ["False", "False"], said.stderr


def test_containers_get_the_folders_mounted_and_the_paths_inside():
    from flows.prefect import deploying

    settings = {"home": "/data/h", "input": "/data/in", "out": "/data/out", "unmask": True}
    job = deploying._job("docker", settings, deploying.Target("pool", "fundwatch:1", "monthly"))
    assert job["image"] == "fundwatch:1"
    assert job["volumes"] == [
        "/data/h:/fundwatch/home", "/data/in:/fundwatch/input:ro", "/data/out:/fundwatch/out",
    ]  # fmt: skip
    assert json.loads(job["env"][owned.VARIABLE]) == {
        "home": "/fundwatch/home", "input": "/fundwatch/input", "out": "/fundwatch/out", "unmask": True,
    }  # fmt: skip
