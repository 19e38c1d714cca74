"""One real server: the schedule is there, a run from the command line appears with tasks, logs and tables."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from flows import server

pytestmark = pytest.mark.prefect
BROWSER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def serving(tmp_path_factory, hamlet, few):
    """(HOME, API) of `fundwatch serve`, stopped at the end by SIGTERM."""
    home = few(tmp_path_factory.mktemp("served"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "flows.cli", "serve", "--cron", "0 2 5 * *"),
            *("--input", str(hamlet), "--home", str(home), "--port", str(port)),
        ],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 180
    while server.api_url(home) is None:
        assert process.poll() is None, (home / "prefect" / "server.log").read_text(encoding="utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.5)
    yield home, server.api_url(home)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    assert not (home / server.STATE).exists()


def ask(api, path, body=None):
    request = urllib.request.Request(
        f"{api}/{path}", data=json.dumps(body or {}).encode(), headers={"Content-Type": "application/json"}
    )
    with BROWSER.open(request, timeout=30) as answer:
        return json.loads(answer.read())


def test_a_run_from_the_command_line_appears_on_the_server(serving, hamlet):
    home, api = serving
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", str(hamlet), "--home", str(home), "--top", "5"],
        env=environ,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert "publish: run " in said.stdout
    (flow_run,) = ask(api, "flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}})
    assert flow_run["parameters"]["input"] == str(hamlet) and flow_run["parameters"]["top"] == 5
    tasks = ask(api, "task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [flow_run["id"]]}}})
    assert {t["name"].rsplit("-", 1)[0] for t in tasks} == {"ingest", "check", "features", "detect", "rank", "publish"}
    artifacts = {a["key"]: json.loads(a["data"]) for a in ask(api, "artifacts/filter")}
    assert artifacts["account"][0]["rows_in"] > 0
    assert artifacts["watchlist-person"][0]["rank"] == 1 and "subject_name" not in artifacts["watchlist-person"][0]
    for _ in range(20):  # logs are sent in the background
        logs = ask(api, "logs/filter", {"logs": {"flow_run_id": {"any_": [flow_run["id"]]}}, "sort": "TIMESTAMP_DESC"})
        if any("leads" in line["message"] for line in logs):
            break
        time.sleep(0.5)
    assert any("leads" in line["message"] for line in logs)


def test_the_schedule_is_there(serving):
    _, api = serving
    for _ in range(60):
        deployments = ask(api, "deployments/filter")
        if deployments:
            break
        time.sleep(0.5)
    assert deployments[0]["schedules"][0]["schedule"]["cron"] == "0 2 5 * *"
    assert deployments[0]["schedules"][0]["schedule"]["timezone"] == "Asia/Shanghai"


def test_a_refused_input_is_one_sentence_also_as_a_flow(serving, tmp_path):
    home, _ = serving
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "FUNDWATCH_"))}
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", str(tmp_path / "nowhere"), "--home", str(home)],
        env=environ,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 3 and "Traceback" not in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("fundwatch: The input folder")


def test_prefect_s_database_names_no_person(serving, hamlet):
    import polars as pl

    home, _ = serving
    stored = b"".join(p.read_bytes() for p in (home / "prefect").glob("prefect.db*"))
    persons = pl.read_csv(hamlet / "psn_info_b.csv.gz", infer_schema=False)
    assert stored and not [n for n in persons["certno"].drop_nulls().to_list() if n.encode() in stored]


def test_telemetry_is_off_and_the_server_is_local():
    environ = {}
    server.prepare(server.Path("h"), "http://127.0.0.1:1/api", environ)
    assert environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environ["DO_NOT_TRACK"] == "1"
    assert environ["PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY"] == "false"
    code = (
        "import os; from pathlib import Path; from flows import server; server.prepare(Path('h'), None)\n"
        "from prefect.settings import get_current_settings as s\n"
        "print(s().server.analytics_enabled, s().cloud.enable_orchestration_telemetry)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout.split() == ["False", "False"], said.stderr
