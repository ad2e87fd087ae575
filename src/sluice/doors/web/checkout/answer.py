"""One request for a page: counted, measured, and answered whatever happens."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from litestar import Request, Response

from sluice.app.app import App
from sluice.base.errors import Kind, SluiceError, Throttled
from sluice.base.limits.presets import Limited
from sluice.base.limits.visitor import Subnet, visitor_network
from sluice.doors.web.checkout.render import Renderer
from sluice.doors.web.checkout.words import problem_of

_HTML: Final = "text/html"  # the framework adds the character set
_RETRY_S: Final = 5
_STATUS: Final[Mapping[Kind, int]] = {
    Kind.NOT_FOUND: 404,
    Kind.FORBIDDEN: 403,
    Kind.DECLINED: 403,
    Kind.CONFLICT: 409,
    Kind.THROTTLED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page is made with."""

    app: App
    renderer: Renderer
    headers: Mapping[str, str]
    trusted: Sequence[Subnet]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, and headers beside the usual ones."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = _HTML


async def throttle(desk: Desk, request: Request[Any, Any, Any], *, livemode: bool) -> None:
    """Count a visit; refuse it when its network was too fast."""
    app = desk.app
    limit = app.limits.limit_for(Limited.CHECKOUT, livemode=livemode)
    if limit is None:
        return
    peer = request.client.host if request.client else None
    forwarded = request.headers.getall("x-forwarded-for", [])
    network = visitor_network(peer, forwarded, trusted=desk.trusted)
    decision = await app.limiter.spend(f"{Limited.CHECKOUT}:{network}", limit)
    if not decision.allowed:
        app.metrics.rate_limited.labels(str(Limited.CHECKOUT)).inc()
        raise Throttled("Too many visits; slow down.", retry_after_s=decision.retry_after_s)


async def answer(
    desk: Desk, request: Request[Any, Any, Any], route: str, run: Callable[[], Awaitable[Answer]]
) -> Response[bytes]:
    """Answer a request in words for a payer, and write down how it went."""
    request_id = desk.app.new_request_id()
    started = time.perf_counter()
    try:
        given = await run()
    except SluiceError as error:
        given = _refuse(desk, request, error, request_id)
    except Exception:
        log.exception("page.failed", request_id=request_id, route=route)
        given = _refuse(desk, request, SluiceError("internal error"), request_id)
    took_s = time.perf_counter() - started
    desk.app.metrics.http_requests.labels(request.method, route, given.status).observe(took_s)
    log.info(
        "page.answered",
        request_id=request_id,
        method=request.method,
        route=route,
        status=given.status,
        took_ms=round(took_s * 1000),
    )
    own = {"Cache-Control": "no-store", "Request-Id": request_id}
    headers = {**desk.headers, **own, **given.headers}
    return Response(
        given.body, status_code=given.status, headers=headers, media_type=given.media_type
    )


def _refuse(
    desk: Desk, request: Request[Any, Any, Any], error: SluiceError, request_id: str
) -> Answer:
    problem = problem_of(error)
    path = request.scope["path"].removesuffix("/sandbox").removesuffix("/wallet")
    body = desk.renderer.problem(
        problem, retry=path if problem.retry else None, request_id=request_id
    )
    return Answer(_STATUS.get(error.kind, 400), body, _retry_after(error))


def _retry_after(error: SluiceError) -> dict[str, str]:
    if isinstance(error, Throttled):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    return {"Retry-After": str(_RETRY_S)} if error.kind is Kind.UNAVAILABLE else {}
