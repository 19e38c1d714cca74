"""What stands before Prefect's API and page: the secret, this address alone, and no page of another origin.

Prefect's own server answers whoever asks. Everything that listens here goes through this door first, web sockets too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

#: The name a browser asks for beside the secret.
USER = "fundwatch"
#: Asked with ?nonce=..., says the proof that this is the server that knows the secret, and nothing else.
PROOF = "/fundwatch/proof"
MOST_NONCE = 128
#: What the page may not be shown in or read by, whatever a browser would allow.
SHUT = [
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def auth(secret: str) -> str:
    """Name and secret as Prefect's clients are given them."""
    return f"{USER}:{secret}"


def proof(secret: str, port: int, nonce: str) -> str:
    """What only the holder of the secret can say; the port is in it, so that nobody can pass on another's answer."""
    return hmac.new(secret.encode(), f"fundwatch proof {port} {nonce}".encode(), hashlib.sha256).hexdigest()


class Door:
    """An ASGI application around another."""

    def __init__(self, app: App, secret: str, port: int):
        self.app, self.secret, self.port = app, secret, port
        self.host = f"127.0.0.1:{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        if (refusal := self._foreign(scope, headers)) is not None:
            await _refuse(scope, send, *refusal)
        elif scope["type"] == "http" and scope["path"] == PROOF:
            nonce = scope.get("query_string", b"").decode("ascii", "replace").removeprefix("nonce=")[:MOST_NONCE]
            await _answer(send, 200, proof(self.secret, self.port, nonce))
        elif scope["type"] == "websocket" and "authorization" not in headers:
            await self._greeted(scope, receive, send)
        elif not self._is_known(headers):
            await _refuse(scope, send, 401, "The secret is missing or wrong. It stands in HOME/prefect/secret.")
        else:
            await self.app(scope, receive, _shut(send))

    def _foreign(self, scope: Scope, headers: dict[str, list[str]]) -> tuple[int, str] | None:
        """Why this is not asked of this address or not by its own page: status and sentence."""
        if headers.get("host") != [self.host]:  # a name that was made to point here is another origin's
            return 421, f"This server is http://{self.host} and answers under no other name."
        own = {f"http://{self.host}"} | ({f"ws://{self.host}"} if scope["type"] == "websocket" else set())
        origins = headers.get("origin", [])
        is_elsewhere = any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", []))
        is_link = headers.get("sec-fetch-mode") == ["navigate"] and scope.get("method") == "GET"
        if any(origin not in own for origin in origins) or (is_elsewhere and not is_link):
            return 403, "Pages of another origin are not answered."
        return None

    async def _greeted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A web socket whose first message must say the secret, as Prefect's clients do; it hears nothing before."""
        is_known = False

        async def received() -> MutableMapping[str, Any]:
            nonlocal is_known
            message = await receive()
            if message["type"] != "websocket.receive" or is_known:
                return message
            is_known = self._says_secret(message)
            if is_known:
                return message
            await send({"type": "websocket.close", "code": 1008, "reason": "The secret is missing or wrong."})
            return {"type": "websocket.disconnect", "code": 1008}

        async def sent(message: MutableMapping[str, Any]) -> None:
            if is_known or message["type"] in ("websocket.accept", "websocket.close"):
                await send(message)

        await self.app(scope, received, sent)

    def _says_secret(self, message: MutableMapping[str, Any]) -> bool:
        try:
            said = json.loads(message.get("text") or message.get("bytes") or "null")
            token = str(said["token"]) if said["type"] == "auth" else ""
        except (ValueError, KeyError, TypeError):
            return False
        return hmac.compare_digest(token.encode(), auth(self.secret).encode())

    def _is_known(self, headers: dict[str, list[str]]) -> bool:
        given = headers.get("authorization", [])
        if len(given) != 1:
            return False
        scheme, _, code = given[0].partition(" ")
        try:
            text = base64.b64decode(code.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(text, auth(self.secret).encode())


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _shut(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *SHUT]
        await send(message)

    return sent


async def _refuse(scope: Scope, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": sentence})  # before it is accepted: HTTP 403
    else:
        more = [(b"www-authenticate", b'Basic realm="fundwatch", charset="UTF-8"')] if status == 401 else []
        await _answer(send, status, sentence, more)


async def _answer(send: Send, status: int, text: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *SHUT, *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
