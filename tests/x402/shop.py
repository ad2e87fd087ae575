"""Shop: a merchant's own program on a port of its own, with our paywall before what it sells."""

import asyncio
import base64
import contextlib
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from granian.constants import Interfaces
from granian.server.embed import Server

from sluice.doors.paywall.middleware import PaywallMiddleware, Receive, Scope, Send
from sluice.doors.paywall.model import Price
from sluice.doors.paywall.paywall import Paywall
from tests.house import PATIENCE_S, free_port, until
from tests.x402.base import question
from tests.x402.seller import PRICE

FREE: Final = "/free"


@dataclass
class Served:
    """What the shop gave away, by path; nothing else in it remembers."""

    paths: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer anything."""
        if scope["type"] != "http":
            return
        self.paths.append(scope["path"])
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"weather":"rain"}'})


@dataclass
class Shop:
    """A running shop."""

    port: int
    served: Served

    @property
    def url(self) -> str:
        """Return how payers know it."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, dict[str, str], Any]:
        """Ask for something; return the status, the headers in lower case, and the body."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            wire.request(method, path, headers=dict(headers or {}))
            answer = wire.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, said, json.loads(answer.read())
        finally:
            wire.close()


@contextlib.contextmanager
def running_shop(sluice: str, key: str) -> Iterator[Shop]:
    """Run a shop that sells everything but one path."""
    shop = Shop(free_port(), Served())
    up, stop, loops = threading.Event(), asyncio.Event(), []

    async def live() -> None:
        loops.append(asyncio.get_running_loop())
        paywall = Paywall(sluice=sluice, key=key)
        app = PaywallMiddleware(
            shop.served,
            paywall=paywall,
            public_url=shop.url,
            price=lambda scope: None if scope["path"] == FREE else Price("usdc", PRICE),
        )
        server = Server(
            app,
            address="127.0.0.1",
            port=shop.port,
            interface=Interfaces.ASGI,
            log_enabled=False,
        )
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve())
            up.set()
            await stop.wait()
            server.stop()  # type: ignore[no-untyped-call]
            await serving
        await paywall.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()), name="shop")
    thread.start()
    try:
        up.wait(PATIENCE_S)
        until(lambda: _answers(shop), "the shop answers")
        yield shop
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_S)


def _answers(shop: Shop) -> bool:
    try:
        status, _, _ = shop.ask(FREE)
    except OSError:
        return False
    shop.served.paths.clear()
    return status == 200


def header(members: dict[str, Any]) -> str:
    """Write a header."""
    return base64.b64encode(json.dumps(members).encode()).decode()


def opened(text: str) -> dict[str, Any]:
    """Read a header."""
    members: dict[str, Any] = json.loads(base64.b64decode(text))
    return members


def paid_for(shop: Shop, path: str, word: dict[str, Any], **changes: Any) -> dict[str, str]:  # noqa: ANN401
    """Return the header of a payment of version 2, as any client writes it."""
    _, headers, _ = shop.ask(path)
    [asked] = opened(headers["payment-required"])["accepts"]
    payload = question(word, asked, url=shop.url + path, **changes)["paymentPayload"]
    return {"PAYMENT-SIGNATURE": header(payload)}
