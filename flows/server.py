"""Prefect on this machine alone: where its server is, and the environment that keeps it quiet and local.

Nothing here imports Prefect; the environment must be set before anything does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import MutableMapping
from pathlib import Path

from data.errors import FundwatchError

STATE = "server.json"
#: No telemetry of any kind, no wait for a slow disk to fail a start.
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
}
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def api_url(home: Path) -> str | None:
    """The API of a server that is there: PREFECT_API_URL, else the one `fundwatch serve` runs for HOME."""
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    try:
        url = str(json.loads((home / STATE).read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        return None
    return url if healthy(url) else None


def healthy(url: str) -> bool:
    """Whether the server at this API answers."""
    try:
        with NO_PROXY.open(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def prepare(home: Path, url: str | None, environ: MutableMapping[str, str] = os.environ) -> None:
    """Set Prefect's environment: its files under HOME, no telemetry, this server if there is one."""
    environ.update(QUIET)
    environ.setdefault("PREFECT_HOME", str((home / "prefect").resolve()))
    environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO" if url else "WARNING")
    environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "CRITICAL")
    if url:
        environ["PREFECT_API_URL"] = url
        host = url.split("/")[2].rsplit(":", 1)[0]
        environ["NO_PROXY"] = ",".join(filter(None, [environ.get("NO_PROXY"), host]))


def start(home: Path, port: int, wait: float = 120.0) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Prefect server on loopback and wait until it answers; returns the process and its API.

    Raises FundwatchError when it does not come up.
    """
    url = f"http://127.0.0.1:{port}/api"
    if healthy(url):
        raise FundwatchError(f"Port {port} already has a Prefect server. Choose another --port.")
    environ = dict(os.environ)
    environ.pop("PREFECT_API_URL", None)
    prepare(home, None, environ)
    environ["PREFECT_UI_API_URL"] = url
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    log = (home / "prefect" / "server.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        env=environ,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + wait
    while not healthy(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise FundwatchError(f"The Prefect server did not start; see {log.name}.")
        time.sleep(0.3)
    remember(home, process.pid, url)
    return process, url


def remember(home: Path, pid: int, url: str) -> None:
    """Leave word where the server of this HOME is."""
    (home / STATE).write_text(json.dumps({"pid": pid, "url": url}) + "\n", encoding="utf-8")


def forget(home: Path) -> None:
    """Take the word back."""
    (home / STATE).unlink(missing_ok=True)
