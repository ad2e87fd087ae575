"""Requests as raw bytes over a socket, as a hostile or broken client sends them."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

CREATE: Final = {"amount": 5, "currency": "btc"}
INTENTS: Final = "/v1/payment_intents"


@dataclass(frozen=True)
class Answer:
    """What came back, if it was HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """Return the refusal in the body."""
        refusal: dict[str, Any] = json.loads(self.body)["error"]
        return refusal


def send(port: int, request: bytes, *, within_s: float = 5.0) -> Answer:
    """Send bytes and read one answer; status 0 when there was none."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), within_s) as wire:
        wire.settimeout(within_s)
        try:
            wire.sendall(request)
            while not _is_whole(heard) and (part := wire.recv(65_536)):
                heard += part
        except OSError:
            # Whoever refuses early may close before everything was sent.
            heard += b""
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Answer(0, {}, heard)
    named = (line.partition(":") for line in lines[1:])
    headers = {name.lower(): value.strip() for name, _, value in named}
    return Answer(int(lines[0].split()[1]), headers, body)


def ask(
    method: str = "POST",
    path: str = INTENTS,
    body: bytes | str | dict[str, Any] | None = None,
    *,
    key: str | None = None,
    kind: str | None = "application/json",
    extra: Sequence[str] = (),
    measured: bool = True,
) -> bytes:
    """Write a request; without a body a create that is right."""
    given = CREATE if body is None else body
    content = json.dumps(given).encode() if isinstance(given, dict) else given
    content = content.encode() if isinstance(content, str) else content
    head = [f"{method} {path} HTTP/1.1", "host: x"]
    head += [f"authorization: Bearer {key}"] if key else []
    head += [f"content-type: {kind}"] if kind else []
    head += extra
    has_body = method not in {"GET", "HEAD"}
    head += [f"content-length: {len(content)}"] if has_body and measured else []
    written = "\r\n".join(head).encode("utf-8", "surrogatepass") + b"\r\n\r\n"
    return written + (content if has_body else b"")


def _is_whole(heard: bytes) -> bool:
    head, found, body = heard.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    return bool(found) and bool(lengths) and len(body) >= lengths[0]
