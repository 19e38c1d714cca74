"""Prefect on this machine alone: where its server is, who may ask it, and the environment that keeps it quiet.

A server of HOME is asked only where it is proven to be that one: its process lives since the time that was written
down, and it knows the secret, which is not said to find out. Nothing here imports Prefect; the environment must be set
before anything does.
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from data.errors import FundwatchError, UsageError
from flows.home import lock
from flows.prefect import asking, door, processes
from flows.prefect.hosted import PARENT, SECRET

STATE = "server.json"
OURS = r"http://127\.0\.0\.1:[0-9]{1,5}/api"
#: Made anew at each start of the server: what was overheard of the last one opens nothing.
SECRET_FILE = "prefect/secret"
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
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # it would answer everybody on this machine
}


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
    server = orphan(home)
    if url := os.environ.get("PREFECT_API_URL"):
        is_own = server is not None and server.url == url and is_ours(home, url)
        if not is_own and not asking.healthy(url, 10, os.environ.get("PREFECT_API_AUTH_STRING")):
            raise FundwatchError(
                f"PREFECT_API_URL is {url}, and no Prefect server answers there. Start it, or unset PREFECT_API_URL."
            )
        return url
    return server.url if server is not None and is_ours(home, server.url) else None


def auth(home: Path) -> str | None:
    """Name and secret for the API of HOME's own server; None where there never was one."""
    try:
        return door.auth((home / SECRET_FILE).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def auth_for(home: Path, url: str) -> str | None:
    """Name and secret where this is the API of HOME's own server; another's are the business of who named it."""
    server = remembered(home)
    return auth(home) if server is not None and server.url == url else None


def is_ours(home: Path, url: str, patience: float = 5) -> bool:
    """Whether the server at this API knows HOME's secret. Whoever else listens there learns nothing."""
    known, nonce = auth(home), secrets.token_hex(16)
    if known is None:
        return False
    port = Server(0, url).port
    try:
        with asking.NO_PROXY.open(f"{url.removesuffix('/api')}{door.PROOF}?nonce={nonce}", timeout=patience) as answer:
            said = answer.read(256)
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return hmac.compare_digest(said, door.proof(known.partition(":")[2], port, nonce).encode())


def prepare(
    home: Path,
    url: str | None,
    environ: MutableMapping[str, str] = os.environ,
    *,
    quiet: bool = False,
    auth: str | None = None,
) -> None:
    """Set Prefect's environment: its files under HOME, no telemetry, this server if there is one.

    `auth` is name and secret of HOME's own server; another's is the business of who named it.
    """
    environ.update(QUIET)
    environ.setdefault("PREFECT_HOME", str((home / "prefect").resolve()))
    environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO" if url else "WARNING")
    environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "CRITICAL")
    if quiet:  # the page keeps every line; the terminal shows none
        environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if auth is not None:
        environ["PREFECT_API_AUTH_STRING"] = auth
        environ.pop("PREFECT_API_KEY", None)
    if url:
        environ["PREFECT_API_URL"] = url
        host = url.split("/")[2].rsplit(":", 1)[0]
        for name in ("NO_PROXY", "no_proxy"):  # the small one wins where both are set
            environ[name] = ",".join(filter(None, [environ.get(name), host]))


def serving(home: Path, advice: str = "Stop it first, or serve another --home.") -> AbstractContextManager[None]:
    """Be the one that serves HOME. Raises FundwatchError naming the one that does."""
    server = remembered(home)
    place = f" at {server.url.removesuffix('/api')}" if server else ""
    return lock.hold(home, SERVING, f"{{home}} is served by {{who}}{place} already. {advice}")


def orphan(home: Path) -> Server | None:
    """The server of this HOME that runs: that of `serve`, or, where nobody serves HOME, one that was left behind."""
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


@contextmanager
def alone(home: Path, *, quiet: bool = False) -> Iterator[str]:
    """HOME's own server for one run: begun, proven, and ended with it; the API.

    Raises FundwatchError naming who serves HOME where somebody does.
    """
    with serving(home, "Wait until it answers and run again, or run with --no-prefect."):
        if (left := orphan(home)) is not None:
            processes.end(left.pid, left.started)
        port = free_port(None, left)
        new_secret(home)
        prepare(home, asking.url_at(port), quiet=quiet, auth=auth(home))
        process, url = start(home, port)
        try:
            yield url
        finally:
            stop(home, process)


def new_secret(home: Path) -> None:
    """Make the secret of the server that is about to begin; only who serves HOME may."""
    path = home / SECRET_FILE
    aside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
        aside.replace(path)
    except OSError as error:
        raise FundwatchError(f"The secret {path} cannot be written: {error.strerror or error}.") from error


def start(home: Path, port: int, wait: float = 120.0) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Prefect server on loopback, with the secret that was made for it, and wait until it answers.

    Returns the process, which goes when this one goes, and its API. Raises FundwatchError when it does not come up.
    """
    url = asking.url_at(port)
    log = log_file(home)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.prefect.hosted", str(port)],
            env=_environ(home, url),
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


def _environ(home: Path, url: str) -> dict[str, str]:
    """What the server's process is given; nothing of the caller's opens its door wider."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING")}
    environ["PREFECT_HOME"] = str((home / "prefect").resolve())
    prepare(home, None, environ)
    own = url.removesuffix("/api")
    for name in ("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"):
        environ[name] = own
    environ.pop("PREFECT_SERVER_API_AUTH_STRING", None)  # the door asks, of everything; the page would ask once more
    environ["PREFECT_UI_API_URL"] = url
    known = auth(home)
    assert known is not None, "new_secret comes before start"
    return environ | {SECRET: known.partition(":")[2], PARENT: processes.mark()}


def _await(process: subprocess.Popen[bytes], url: str, home: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not is_ours(home, url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise FundwatchError(f"The Prefect server did not start; see {log_file(home)}.")
        time.sleep(0.3)


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
    if not isinstance(server.pid, int) or not re.fullmatch(OURS, str(server.url)):
        return None  # no word of ours: a server of HOME is nowhere but here
    return server if server.home in (None, str(home.resolve())) else None


def remember(home: Path, pid: int, url: str) -> None:
    """Leave word where the server of this HOME is."""
    server = Server(pid, url, processes.born(pid), str(home.resolve()))
    (home / STATE).write_text(json.dumps(asdict(server)) + "\n", encoding="utf-8")


def forget(home: Path) -> None:
    """Take the word back."""
    (home / STATE).unlink(missing_ok=True)
