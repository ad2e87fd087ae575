"""The ASGI application: the API under /v1, what other doors add, and health, in one Litestar."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from sluice.app.app import App
from sluice.app.standing import read_standing
from sluice.base.errors import SluiceError
from sluice.base.observe.metrics import CONTENT_TYPE
from sluice.doors.api.browsers import ask_first
from sluice.doors.api.describe import describe
from sluice.doors.api.handle import begin, handle, refuse, respond
from sluice.doors.api.read import BODY_MAX, ApiRequest
from sluice.doors.api.route import Route
from sluice.doors.api.table import ROUTES
from sluice.wire import errors

_NO_ROUTE: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}

log = structlog.get_logger()


def make_server(app: App, pages: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Return the ASGI application for an App; `pages` are handlers of other doors."""
    described = describe(ROUTES)
    # Litestar answers OPTIONS itself where nobody did before.
    asked = sorted({route.path for route in ROUTES if route.client})
    handlers: list[ControllerRouterHandler] = [ask_first(path) for path in asked]
    handlers += [_handler(app, route) for route in ROUTES]
    handlers += [_openapi(described), _livez(), _readyz(app), _metrics(app), *pages]
    return Litestar(
        route_handlers=handlers,
        openapi_config=None,
        request_max_body_size=BODY_MAX,
        before_request=_refuse_doubled_slashes,
        exception_handlers={Exception: _refuser(app)},
        logging_config=None,
        debug=False,
    )


async def _refuse_doubled_slashes(request: ApiRequest) -> None:
    """Read a path in one way only: an edge that guards /metrics must guard //metrics with it."""
    if b"//" in request.scope["raw_path"]:
        raise errors.route_missing(request.method, request.scope["path"])


def _handler(app: App, route: Route) -> HTTPRouteHandler:
    async def answer(request: Request) -> Response:  # type: ignore[type-arg]
        return await handle(app, route, request)

    answer.__doc__ = route.verb.__doc__
    return HTTPRouteHandler(route.path, http_method=[route.method], status_code=200)(answer)


def _refuser(app: App) -> Callable[[ApiRequest, Exception], Response[bytes]]:
    """Return what answers everything that no route answered: in our envelope, on every path."""

    def answer(request: ApiRequest, error: Exception) -> Response[bytes]:
        exchange = begin(app)
        refusal = _refusal(request, error)
        if refusal is None:
            log.error("request.failed", request_id=exchange.request_id, exc_info=error)
            refusal = errors.internal_error()
        status, body = refuse(refusal, exchange)
        # The method is the stranger's own word: it must not become a label of its own.
        app.metrics.http_requests.labels("other", "none", status).observe(0)
        return respond(status, body, exchange)

    return answer


def _refusal(request: ApiRequest, error: Exception) -> SluiceError | None:
    if isinstance(error, SluiceError):
        return error
    if not isinstance(error, HTTPException):
        return None
    path = request.scope["path"]
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return errors.method_not_allowed(_methods(path) or ["GET"])
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return errors.body_too_large()
    return errors.route_missing(request.method, path) if error.status_code in _NO_ROUTE else None


def _methods(path: str) -> list[str]:
    """Return the methods that a path may be called with."""
    given = path.rstrip("/").split("/")
    return sorted({route.method for route in ROUTES if _matches(route.path.split("/"), given)})


def _matches(wanted: Sequence[str], given: Sequence[str]) -> bool:
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == piece for part, piece in zip(wanted, given, strict=True)
    )


def _openapi(described: dict[str, Any]) -> HTTPRouteHandler:
    async def openapi() -> dict[str, Any]:
        return described

    return HTTPRouteHandler("/openapi.json", http_method=["GET"])(openapi)


def _livez() -> HTTPRouteHandler:
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    return HTTPRouteHandler(["/livez", "/healthz"], http_method=["GET"])(livez)


def _readyz(app: App) -> HTTPRouteHandler:
    """Ready means that the database answers; a dead chain or Redis must not take the API out."""

    async def readyz() -> Response[dict[str, str]]:
        try:
            async with app.works.look() as work:
                await work.value("SELECT 1")
        except SluiceError as error:
            return Response({"status": error.code}, status_code=503)
        return Response({"status": "ok"})

    return HTTPRouteHandler("/readyz", http_method=["GET"])(readyz)


def _metrics(app: App) -> HTTPRouteHandler:
    async def metrics() -> Response[bytes]:
        standing = await read_standing(app)
        return Response(app.metrics.render(standing), media_type=CONTENT_TYPE)

    return HTTPRouteHandler("/metrics", http_method=["GET"])(metrics)
