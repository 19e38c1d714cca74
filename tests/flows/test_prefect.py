"""One real server: its schedule fires, a run by hand is the same run, and nothing that dies is left lying."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from flows.prefect import processes, server

pytestmark = pytest.mark.prefect
OPTIONS = ("--top", "5", "--language", "zh")


class Serving:
    """`fundwatch serve` of one HOME; started again as a supervisor would."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder
        self.process = self.api = None
        self.stderr = home.parent / "serve.log"

    def start(self, cron):
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
        command = [sys.executable, "-m", "flows.cli", "serve", "--cron", cron, *OPTIONS]
        with self.stderr.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--input", str(self.folder), "--home", str(self.home)],
                env=environ,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: "Prefect's page is at" in self.said() or self.process.poll() is not None, 180)
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
    serving = Serving(few(tmp_path_factory.mktemp("served") / "home"), hamlet)
    serving.start("* * * * *")
    yield serving
    if serving.process.poll() is None:
        serving.stop()


@pytest.fixture(scope="module")
def fired(serving):
    """The first run of the schedule, finished; then the schedule is paused, so that HOME is free."""
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}, "limit": 1}
    (run,) = wait_for(lambda: ask(serving.api, "flow_runs/filter", ended), 300)
    (deployment,) = ask(serving.api, "deployments/filter")
    (schedule,) = deployment["schedules"]
    ask(serving.api, f"deployments/{deployment['id']}/schedules/{schedule['id']}", {"active": False}, "PATCH")
    busy = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    wait_for(lambda: not ask(serving.api, "flow_runs/filter", busy), 120)
    return run


def ask(api, path, body=None, method=None):
    return server.ask(api, path, body or {}, method=method)


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
    (deployment,) = ask(serving.api, "deployments/filter")
    assert deployment["schedules"][0]["schedule"]["cron"] == "* * * * *"
    assert deployment["schedules"][0]["schedule"]["timezone"] == "Asia/Shanghai"


def test_the_same_run_by_hand_is_the_same_run_and_appears_on_the_server(serving, fired, hamlet):
    said = by_hand(serving.home, hamlet, *OPTIONS)
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("无变化") == 6 and len(list((serving.home / "runs").iterdir())) == 1
    hand = {"flow_runs": {"deployment_id": {"is_null_": True}}}
    (flow_run,) = ask(serving.api, "flow_runs/filter", hand)
    assert flow_run["state_type"] == "COMPLETED"
    assert {k: v for k, v in flow_run["parameters"].items() if v} == fired["parameters"]
    assert flow_run["parameters"]["input"] == str(hamlet) and flow_run["parameters"]["top"] == 5


def test_the_page_shows_steps_logs_and_tables_that_name_nobody(serving, fired):
    of_run = {"task_runs": {"flow_run_id": {"any_": [fired["id"]]}}}
    tasks = {t["name"] for t in ask(serving.api, "task_runs/filter", of_run)}
    assert tasks == {"ingest", "check", "features", "detect", "rank", "publish"}
    artifacts = {a["key"]: json.loads(a["data"]) for a in ask(serving.api, "artifacts/filter")}
    assert artifacts["account"][0]["rows_in"] > 0
    assert artifacts["watchlist-person"][0]["rank"] == 1 and "subject_name" not in artifacts["watchlist-person"][0]
    of_log = {"logs": {"flow_run_id": {"any_": [fired["id"]]}}, "sort": "TIMESTAMP_DESC"}
    wait_for(lambda: any("leads" in line["message"] for line in ask(serving.api, "logs/filter", of_log)), 20)


def test_what_is_refused_is_one_sentence_also_as_a_flow(serving, fired, hamlet, tmp_path):
    from flows.home import lock

    said = by_hand(serving.home, tmp_path / "nowhere")
    assert said.returncode == 3 and "Traceback" not in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("fundwatch: The input folder")
    with lock.hold(serving.home):
        said = by_hand(serving.home, hamlet, "--quiet")
    assert said.returncode == 1 and said.stderr.count("\n") == 1
    assert f"is in use by process {os.getpid()}" in said.stderr


def test_prefect_s_database_names_no_person(serving, fired, hamlet):
    import polars as pl

    stored = b"".join(p.read_bytes() for p in (serving.home / "prefect").glob("prefect.db*"))
    persons = pl.read_csv(hamlet / "psn_info_b.csv.gz", infer_schema=False)
    assert stored and not [n for n in persons["certno"].drop_nulls().to_list() if n.encode() in stored]


def test_a_dead_server_ends_serve_and_the_next_one_puts_right_what_was_left(serving, fired):
    flow = {"flow_id": fired["flow_id"], "parameters": fired["parameters"], "state": {"type": "RUNNING"}}
    stranded = ask(serving.api, "flow_runs/", flow)["id"]  # as a run is left whose process was killed
    os.kill(serving.server, signal.SIGKILL)
    assert serving.process.wait(timeout=120) == 1
    last = serving.said().strip().splitlines()[-1]
    assert last.startswith("fundwatch: The Prefect server of") and "start it again" in last
    assert not (serving.home / server.STATE).exists()
    serving.start("0 2 5 * *")
    crashed = {"flow_runs": {"id": {"any_": [stranded]}, "state": {"type": {"any_": ["CRASHED"]}}}}
    wait_for(lambda: ask(serving.api, "flow_runs/filter", crashed), 30)


def test_a_killed_serve_leaves_a_server_that_the_next_one_ends(serving, fired):
    left, address = serving.server, serving.api
    serving.process.kill()
    serving.process.wait()
    assert processes.born(left)
    serving.start("0 2 5 * *")
    assert processes.born(left) is None and serving.api == address
    assert serving.stop() == 0
    assert serving.said().splitlines()[-1] == "stopped"
    assert "Traceback" not in serving.said() and "never awaited" not in serving.said()
    assert not (serving.home / server.STATE).exists() and server.orphan(serving.home) is None


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
