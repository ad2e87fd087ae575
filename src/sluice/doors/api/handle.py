"""One request through one route: the steps, in the order they happen."""

import time
from dataclasses import dataclass

import msgspec
import structlog
from litestar import Response

from sluice.app.app import App
from sluice.base.database import UniqueViolation
from sluice.base.errors import Forbidden, SluiceError
from sluice.base.idempotency import store as idempotency
from sluice.base.idempotency.store import Answer
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.doors.api.authenticate import read_caller
from sluice.doors.api.expanding import EXPANDABLE, loader
from sluice.doors.api.idempotency import hash_request, is_replay, recall
from sluice.doors.api.read import ApiRequest, read_given, read_idempotency_key
from sluice.doors.api.route import Call, Route, Shown
from sluice.doors.api.throttle import throttle
from sluice.wire import errors
from sluice.wire.expand import expand
from sluice.wire.given import Given
from sluice.wire.versions import read_version

log = structlog.get_logger()


@dataclass(slots=True)
class Exchange:
    """A request and what its answer will carry."""

    request_id: str
    started: float
    headers: dict[str, str]
    caller: Caller | None = None


async def handle(app: App, route: Route, request: ApiRequest) -> Response[bytes]:
    """Answer a request, whatever happens, in Stripe's words."""
    exchange = Exchange(app.new_request_id(), time.perf_counter(), {})
    exchange.headers["Request-Id"] = exchange.request_id
    try:
        status, body = await _answer(app, route, request, exchange)
    except SluiceError as error:
        status, body = refuse(error, exchange)
    except Exception:
        log.exception("request.failed", request_id=exchange.request_id, route=route.path)
        status, body = refuse(errors.internal_error(), exchange)
    took_s = time.perf_counter() - exchange.started
    app.metrics.http_requests.labels(route.method, route.path, status).observe(took_s)
    log.info(
        "request.answered",
        request_id=exchange.request_id,
        method=route.method,
        route=route.path,
        status=status,
        took_ms=round(took_s * 1000),
        merchant=exchange.caller and exchange.caller.merchant.id,
    )
    return Response(
        body, status_code=status, headers=exchange.headers, media_type="application/json"
    )


def refuse(error: SluiceError, exchange: Exchange) -> tuple[int, bytes]:
    """Return the status and body of a refusal, and add its headers."""
    exchange.headers.update(errors.headers(error))
    return errors.status(error), errors.envelope(error, exchange.request_id)


async def _answer(
    app: App, route: Route, request: ApiRequest, exchange: Exchange
) -> tuple[int, bytes]:
    caller = exchange.caller = await read_caller(app, request.headers.getall("authorization", []))
    _allow(caller, route)
    await throttle(app, caller, route)
    exchange.headers["Stripe-Version"] = read_version(request.headers.get("stripe-version")).text
    key = read_idempotency_key(request) if route.method == "POST" else None
    path = {name: str(value) for name, value in request.path_params.items()}
    if key is None:
        given, _ = await read_given(request, route)
        return 200, await _once(app, route, caller, given, path)
    exchange.headers["Idempotency-Key"] = key
    return await _with_key(app, route, request, exchange, caller, path, key)


async def _with_key(
    app: App,
    route: Route,
    request: ApiRequest,
    exchange: Exchange,
    caller: Caller,
    path: dict[str, str],
    key: str,
) -> tuple[int, bytes]:
    """Do it once under a key, or find out that it was done and answer the same."""
    body = await request.body()
    request_hash = hash_request(route.method, request.url.path, body)
    try:
        given, _ = await read_given(request, route)
        answer = await _once(
            app, route, caller, given, path, (key, request_hash, exchange.request_id)
        )
    except UniqueViolation as error:
        if not is_replay(error):
            raise
        kept = await recall(app.works, caller, key, request_hash)
        if kept is None:
            raise
        return _replay(app, exchange, kept)
    except SluiceError:
        kept = await recall(app.works, caller, key, request_hash)
        if kept is None:
            raise
        return _replay(app, exchange, kept)
    return 200, answer


async def _once(
    app: App,
    route: Route,
    caller: Caller,
    given: Given,
    path: dict[str, str],
    keyed: tuple[str, bytes, str] | None = None,
) -> bytes:
    """Run the route's verb in one Work, and with a key keep its answer in the same commit."""
    async with app.works.begin(caller.actor) as work:
        shown = await route.verb(Call(app, work, caller, given, path, keyed and keyed[0]))
        paths = given.texts("expand")
        if paths:
            await work.flush()
            shown = await expand(shown, paths, load=loader(work, app.view), expandable=EXPANDABLE)
        body = msgspec.json.encode(shown)
        if keyed is not None:
            key, request_hash, request_id = keyed
            answer = Answer(request_hash, request_id, 200, body)
            idempotency.add(work, key, answer, route.path, _object_id(shown))
    return body


def _replay(app: App, exchange: Exchange, kept: Answer) -> tuple[int, bytes]:
    app.metrics.idempotent_replays.inc()
    exchange.headers["Idempotent-Replayed"] = "true"
    exchange.headers["Original-Request"] = kept.request_id
    return kept.status_code, kept.response


def _allow(caller: Caller, route: Route) -> None:
    permissions = caller.actor.permissions
    if "payments:client" in permissions and not route.client:
        raise Forbidden(
            "This needs a secret key; a publishable key only confirms payments.",
            code="secret_key_required",
        )
    if "payments:client" not in permissions:
        caller.actor.require(route.permission)


def _object_id(shown: Shown) -> str | None:
    object_id = shown.get("id")
    return object_id if isinstance(object_id, str) else None
