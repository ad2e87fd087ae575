"""/c/<session>/live: server-sent events for whoever has the page open."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from sluice.app.app import App
from sluice.base.errors import NotFound, SluiceError, Throttled, Unavailable
from sluice.base.ids import is_well_formed
from sluice.base.limits.presets import Limited
from sluice.base.limits.visitor import Subnet, visitor_network
from sluice.business.payments.checkout.find import find_public_session
from sluice.business.payments.checkout.model import Session
from sluice.doors.live.fanout import Fanout
from sluice.doors.live.seats import Seats

# About 28 KiB each; a mobile network puts many people behind one address.
_IN_ALL: Final = 2_000
_FROM_ONE: Final = 30
_HEARTBEAT_S: Final = 15.0  # proxies cut what is silent for a minute
_RETRY_MS: Final = 3_000
_FULL_RETRY_MS: Final = 60_000
_STATUS: Final[Mapping[type[SluiceError], int]] = {NotFound: 404, Throttled: 429, Unavailable: 503}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that gathers would keep the news to itself
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

LiveRequest = Request[Any, Any, Any]


def make_live(
    app: App,
    *,
    trusted: Sequence[Subnet] = (),
    in_all: int = _IN_ALL,
    from_one: int = _FROM_ONE,
    heartbeat_s: float = _HEARTBEAT_S,
) -> list[HTTPRouteHandler]:
    """Return the handler of live pages; `trusted` are the subnets of proxies before us."""
    fanout = Fanout(app, heartbeat_s=heartbeat_s)
    seats = Seats(in_all=in_all, from_one=from_one)

    async def live(request: LiveRequest) -> Response[Any]:
        """Tell a page what changes. A refusal has no body: a browser would not show it."""
        peer = request.client.host if request.client else None
        forwarded = request.headers.getall("x-forwarded-for", [])
        network = visitor_network(peer, forwarded, trusted=trusted)
        session_id = str(request.path_params["session"])
        try:
            await _admit(app, seats, network, livemode=session_id.startswith("cs_live"))
            session = await _find(app, session_id)
        except SluiceError as error:
            return Response(b"", status_code=_STATUS.get(type(error), 503), headers=_HEADERS)
        told = _events(fanout, seats, session, network)
        return Stream(told, media_type="text/event-stream", headers=_HEADERS)

    path = "/c/{session:str}/live"
    return [HTTPRouteHandler(path, http_method=["GET"], status_code=200)(live)]


async def _admit(app: App, seats: Seats, network: str, *, livemode: bool) -> None:
    """Refuse a visitor who comes too often, or when too many are here."""
    limit = app.limits.limit_for(Limited.CHECKOUT, livemode=livemode)
    if limit is not None:
        decision = await app.limiter.spend(f"{Limited.CHECKOUT}:{network}", limit)
        if not decision.allowed:
            app.metrics.rate_limited.labels(str(Limited.CHECKOUT)).inc()
            raise Throttled("Too many visits; slow down.", retry_after_s=decision.retry_after_s)
    if not seats.is_free(network):
        raise Unavailable("Too many are listening; ask for the page now and then instead.")


async def _find(app: App, session_id: str) -> Session:
    if any(is_well_formed(session_id, prefix) for prefix in ("cs_test", "cs_live")):
        session = await find_public_session(app.works, session_id)
        if session is not None:
            return session
    raise NotFound("No such checkout.session.", param="session")


async def _events(
    fanout: Fanout, seats: Seats, session: Session, network: str
) -> AsyncGenerator[bytes, None]:
    if not seats.is_free(network):
        # Others sat down while this one was let in.
        yield f"retry: {_FULL_RETRY_MS}\n\n".encode()
        return
    with seats.take(network):
        yield f"retry: {_RETRY_MS}\n\n".encode()
        async with aclosing(fanout.follow(session)) as stands:
            async for told in stands:
                if told is None:
                    yield b": alive\n\n"
                else:
                    yield b"event: state\ndata: " + msgspec.json.encode(told) + b"\n\n"
