"""Prefect on this machine alone: where its server is, and the environment that keeps it quiet and local.

Nothing here imports Prefect; the environment must be set before anything does.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from data.errors import FundwatchError, UsageError
from flows.home import lock
from flows.prefect import processes

STATE = "server.json"
#: Held by `serve` as long as it lives, whatever its server does.
SERVING = "prefect/serving"
#: Looked through for a free one where nobody says which; a bureau's bookmark keeps working.
PORTS = range(4200, 4300)
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


@dataclass(frozen=True)
class Server:
    """A server `serve` started for a HOME. `started` tells it from a later process of the same number."""

    pid: int
    url: str
    started: str | None = None
    home: str | None = None

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return int(self.url.split("/")[2].rsplit(":", 1)[1])


def api_url(home: Path) -> str | None:
    """The API of a server that is there: PREFECT_API_URL, else the one `fundwatch serve` runs for HOME.

    Raises FundwatchError where PREFECT_API_URL names one that does not answer.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        if not healthy(url, patience=10):
            raise FundwatchError(
                f"PREFECT_API_URL is {url}, and no Prefect server answers there. Start it, or unset PREFECT_API_URL."
            )
        return url
    server = remembered(home)
    return server.url if server and healthy(server.url) else None


def url_at(port: int) -> str:
    """The API of a server at this port."""
    return f"http://127.0.0.1:{port}/api"


def healthy(url: str, patience: float = 2) -> bool:
    """Whether the server at this API answers."""
    try:
        with NO_PROXY.open(f"{url}/health", timeout=patience) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def ask(
    url: str, path: str, body: dict[str, Any] | None = None, *, method: str | None = None, patience: float = 60
) -> Any:
    """What the API answers to this question, within so many seconds. Raises OSError where it does not answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/{path}", data, {"Content-Type": "application/json"}, method=method)
    deadline = time.monotonic() + patience
    while True:
        try:
            with NO_PROXY.open(request, timeout=patience / 2) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:  # its database is busy for a moment: it says so and means later
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
        time.sleep(1)


def prepare(
    home: Path, url: str | None, environ: MutableMapping[str, str] = os.environ, *, quiet: bool = False
) -> None:
    """Set Prefect's environment: its files under HOME, no telemetry, this server if there is one."""
    environ.update(QUIET)
    environ.setdefault("PREFECT_HOME", str((home / "prefect").resolve()))
    environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO" if url else "WARNING")
    environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "CRITICAL")
    if quiet:  # the page keeps every line; the terminal shows none
        environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if url:
        environ["PREFECT_API_URL"] = url
        host = url.split("/")[2].rsplit(":", 1)[0]
        for name in ("NO_PROXY", "no_proxy"):  # the small one wins where both are set
            environ[name] = ",".join(filter(None, [environ.get(name), host]))


def serving(home: Path) -> AbstractContextManager[None]:
    """Be the one that serves HOME. Raises FundwatchError naming the one that does."""
    server = remembered(home)
    place = f" at {server.url.removesuffix('/api')}" if server else ""
    return lock.hold(
        home, SERVING, f"{{home}} is served by {{who}}{place} already. Stop it first, or serve another --home."
    )


def orphan(home: Path) -> Server | None:
    """The server that a killed `serve` left running for this HOME. Only who serves HOME may ask."""
    server = remembered(home)
    if server is None or (born := processes.born(server.pid)) is None:
        return None
    if server.started is None:  # written by an earlier version: the number alone, so see what runs under it
        command = Path(f"/proc/{server.pid}/cmdline")
        if not command.exists() or b"prefect" not in command.read_bytes():
            return None
        return Server(server.pid, server.url, born)
    return server if server.started == born else None


def free_port(wanted: int | None, left: Server | None) -> int:
    """The port to serve on: the one wanted, else that of the orphan, else the first free one."""
    if wanted is not None and not 0 < wanted < 65536:
        raise UsageError(f"--port {wanted} is no port. Choose one from 1024 to 65535, or leave --port out.")
    if left is not None and wanted in (None, left.port):
        return left.port
    if wanted is not None:
        if not _is_free(wanted):
            raise FundwatchError(f"Port {wanted} is taken. Choose another --port, or leave --port out.")
        return wanted
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return next(filter(_is_free, PORTS), int(any_port.getsockname()[1]))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start(home: Path, port: int, wait: float = 120.0) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Prefect server on loopback and wait until it answers; returns the process and its API.

    Raises FundwatchError when it does not come up.
    """
    url = url_at(port)
    environ = dict(os.environ)
    environ.pop("PREFECT_API_URL", None)
    prepare(home, None, environ)
    environ["PREFECT_UI_API_URL"] = url
    log = log_file(home)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for `serve`, which ends its server last
        )
    remember(home, process.pid, url)
    try:
        _await(process, url, home, wait)
    except BaseException:
        stop(home, process)
        raise
    return process, url


def _await(process: subprocess.Popen[bytes], url: str, home: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not (healthy(url) and _is_of(home, url)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise FundwatchError(f"The Prefect server did not start; see {log_file(home)}.")
        time.sleep(0.3)


def _is_of(home: Path, url: str) -> bool:
    """Whether this API is that of HOME's own server and not of one that took the port a moment earlier."""
    try:
        return bool(
            ask(url, "admin/settings")["home"] == os.environ.get("PREFECT_HOME", str((home / "prefect").resolve()))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def stop(home: Path, process: subprocess.Popen[bytes]) -> None:
    """End the server and take back the word where it is."""
    if process.poll() is None:
        processes.end(process.pid, processes.born(process.pid))
    process.wait(timeout=30)
    forget(home)


def log_file(home: Path) -> Path:
    """What the server of HOME writes."""
    return home / "prefect" / "server.log"


def remembered(home: Path) -> Server | None:
    """The server this HOME knows of, whether it lives or not. One of a HOME that was copied is not the copy's."""
    try:
        server = Server(**json.loads((home / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return server if server.home in (None, str(home.resolve())) else None


def remember(home: Path, pid: int, url: str) -> None:
    """Leave word where the server of this HOME is."""
    server = Server(pid, url, processes.born(pid), str(home.resolve()))
    (home / STATE).write_text(json.dumps(asdict(server)) + "\n", encoding="utf-8")


def forget(home: Path) -> None:
    """Take the word back."""
    (home / STATE).unlink(missing_ok=True)
