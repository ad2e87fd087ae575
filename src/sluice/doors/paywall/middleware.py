"""PaywallMiddleware: puts a paywall before an ASGI application, or before one of its routes."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

from sluice.doors.paywall.model import Pass, Price, Stop
from sluice.doors.paywall.paywall import Paywall

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
# What a request costs; None where it costs nothing.
PriceOf: TypeAlias = Callable[[Scope], Price | None]

# RFC 6455: the server will not take this connection on its terms.
_POLICY: Final = 1008


class PaywallMiddleware:
    """Lets a request on to `app` once it is paid.

    With one price everything costs it. `public_url` is how payers know the shop, without a path:
    behind a proxy a request does not say so itself. What is no HTTP request is refused where a
    price is set, so that no socket goes around the paywall.
    """

    def __init__(
        self, app: AsgiApp, *, paywall: Paywall, public_url: str, price: Price | PriceOf
    ) -> None:
        self._app = app
        self._paywall = paywall
        self._public_url = public_url.rstrip("/")
        self._price = price

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or let it on."""
        kind = scope["type"]
        price = None if kind == "lifespan" else self._find_price(scope)
        if price is None:
            await self._app(scope, receive, send)
        elif kind != "http":
            await send({"type": "websocket.close", "code": _POLICY})
        else:
            await self._sell(price, scope, receive, send)

    async def _sell(self, price: Price, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): _text(v) for name, v in scope["headers"]}
        answer = await self._paywall.ask(
            scope["method"], self._public_url + _target(scope), headers, price
        )
        if isinstance(answer, Stop):
            await _refuse(answer, send)
        else:
            await self._app(scope, receive, _with(answer, send))

    def _find_price(self, scope: Scope) -> Price | None:
        return self._price if isinstance(self._price, Price) else self._price(scope)


def _target(scope: Scope) -> str:
    """Return the path and query as they were sent."""
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return _text(raw.partition(b"?")[0] + (b"?" + query if query else b""))


async def _refuse(answer: Stop, send: Send) -> None:
    headers = [*_headers(answer.headers), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _with(answer: Pass, send: Send) -> Send:
    """Return a `send` that adds the payment's headers to the shop's own answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_headers(answer.headers)]
        await send(message)

    return sending


def _headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def _text(value: bytes) -> str:
    return value.decode("latin-1")
