"""What is asked of a Prefect server on this machine, past every proxy. Nothing here imports Prefect."""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def url_at(port: int) -> str:
    """The API of a server at this port."""
    return f"http://127.0.0.1:{port}/api"


def healthy(url: str, patience: float = 2, auth: str | None = None) -> bool:
    """Whether the server at this API answers; `auth` is name and secret, where it asks for them."""
    try:
        with NO_PROXY.open(urllib.request.Request(f"{url}/health", headers=_signed(auth)), timeout=patience) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def ask(
    url: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    method: str | None = None,
    patience: float = 60,
    auth: str | None = None,
) -> Any:
    """What the API answers to this question, within so many seconds. Raises OSError where it does not answer.

    `auth` is name and secret; by default those of the environment, for the server of the environment.
    """
    data = None if body is None else json.dumps(body).encode()
    if auth is None and url == os.environ.get("PREFECT_API_URL"):
        auth = os.environ.get("PREFECT_API_AUTH_STRING")
    headers = {"Content-Type": "application/json", **_signed(auth)}
    request = urllib.request.Request(f"{url}/{path}", data, headers, method=method)
    deadline = time.monotonic() + patience
    while True:
        try:
            with NO_PROXY.open(request, timeout=patience / 2) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:  # its database is busy for a moment: it says so and means later
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
        time.sleep(1)


def _signed(auth: str | None) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}"} if auth else {}
