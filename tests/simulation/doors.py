"""Doors: requests to the real ASGI application, without a socket."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar.types import ASGIApp, Message, Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body as it was meant."""
        return msgspec.json.decode(self.body)


async def ask(
    server: ASGIApp,
    method: str,
    path: str,
    *,
    token: str,
    form: dict[str, str] | None = None,
    key: str | None = None,
) -> Answer:
    """Send one request through the door and return the answer."""
    body = urlencode(form or {}).encode() if method == "POST" else b""
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"sluice.example")]
    if method == "POST":
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
        headers.append((b"content-length", str(len(body)).encode()))
    if key is not None:
        headers.append((b"idempotency-key", key.encode()))
    plain, _, query = path.partition("?")
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": method, "scheme": "http", "path": plain, "raw_path": plain.encode(),
        "query_string": query.encode(), "root_path": "", "headers": headers,
        "client": ("192.0.2.1", 4000), "server": ("sluice.example", 80), "extensions": {},
    }  # fmt: skip
    return await _exchange(server, scope, body)


async def _exchange(server: ASGIApp, scope: Scope, body: bytes) -> Answer:
    sent: list[Message] = []
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:  # noqa: ANN401 - what ASGI says
        return next(given, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await server(scope, receive, send)
    start: Any = sent[0]
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    whole = b"".join(message.get("body", b"") for message in sent[1:])  # type: ignore[misc]
    return Answer(start["status"], headers, whole)
