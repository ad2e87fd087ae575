"""One request through one route: the steps, in the order they happen."""

import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from litestar import Response

from sluice.app.app import App
from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict, Forbidden, IllegalMove, SluiceError
from sluice.base.idempotency.store import Answer
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.business.payments.intents.find import find_intent
from sluice.doors.api import browsers
from sluice.doors.api.authenticate import check_account, read_caller
from sluice.doors.api.expanding import EXPANDABLE, loader
from sluice.doors.api.idempotency import Key, explain, is_used, keep, name_key, recall
from sluice.doors.api.read import (
    ApiRequest,
    Sent,
    read_given,
    read_idempotency_key,
    read_path,
    read_sent,
)
from sluice.doors.api.route import Call, Route
from sluice.doors.api.throttle import throttle
from sluice.wire import errors
from sluice.wire.expand import expand
from sluice.wire.payment_intent import show_payment_intent, show_to_payer
from sluice.wire.versions import read_version

log = structlog.get_logger()


@dataclass(slots=True)
class Exchange:
    """A request, what is known of it so far, and the headers its answer will carry."""

    request_id: str
    started: float
    headers: dict[str, str]
    caller: Caller | None = None
    beside: dict[str, Any] = field(default_factory=dict)  # objects that go with a refusal


@dataclass(frozen=True, slots=True)
class Ask:
    """A request whose caller is known and may do this, about to be done."""

    route: Route
    request: ApiRequest
    caller: Caller
    sent: Sent
    key: Key | None


async def handle(app: App, route: Route, request: ApiRequest) -> Response[bytes]:
    """Answer a request, whatever happens, in Stripe's words."""
    exchange = begin(app)
    if route.client:
        exchange.headers |= browsers.ALLOWED
    try:
        status, body = 200, await _answer(app, route, request, exchange)
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
    return respond(status, body, exchange)


def begin(app: App) -> Exchange:
    """Give a request its name."""
    request_id = app.new_request_id()
    return Exchange(request_id, time.perf_counter(), {"Request-Id": request_id})


def refuse(error: SluiceError, exchange: Exchange) -> tuple[int, bytes]:
    """Return the status and body of a refusal, and add its headers."""
    exchange.headers.update(errors.headers(error))
    return errors.status(error), errors.envelope(error, exchange.request_id, extra=exchange.beside)


def respond(status: int, body: bytes, exchange: Exchange) -> Response[bytes]:
    """Write an answer down."""
    return Response(
        body, status_code=status, headers=exchange.headers, media_type="application/json"
    )


async def _answer(app: App, route: Route, request: ApiRequest, exchange: Exchange) -> bytes:
    headers = request.headers
    caller = exchange.caller = await read_caller(app, headers.getall("authorization", []))
    _allow(caller, route)
    exchange.headers |= check_account(caller, headers)
    await throttle(app, caller, route.method, route.limited)
    exchange.headers["Stripe-Version"] = read_version(headers.get("stripe-version")).text
    text = read_idempotency_key(request) if route.method == "POST" else None
    sent = await read_sent(request, route)
    key = None
    if text is not None:
        exchange.headers["Idempotency-Key"] = text
        key = name_key(text, caller, request.scope["path"], sent, exchange.request_id)
    ask = Ask(route, request, caller, sent, key)
    try:
        return await (_do(app, ask) if key is None else _do_once(app, ask, key, exchange))
    except IllegalMove as error:
        exchange.beside = await _show_stuck(app, ask, error)
        raise


async def _show_stuck(app: App, ask: Ask, error: IllegalMove) -> dict[str, Any]:
    """Return the intent that is not in a state for this, as Stripe shows it beside the refusal."""
    intent_id = str(ask.request.path_params.get("id", ""))
    if error.code != "payment_intent_unexpected_state" or not intent_id.startswith("pi_"):
        return {}
    async with app.works.look(ask.caller.actor) as work:
        intent = await find_intent(work, intent_id)
    show = show_to_payer if ask.caller.is_client else show_payment_intent
    return {"payment_intent": show(intent, app.view)}


async def _do_once(app: App, ask: Ask, key: Key, exchange: Exchange) -> bytes:
    """Do it under a key, or find out that it was done and answer the same."""
    refusal: Exception
    try:
        return await _do(app, ask)
    except UniqueViolation as error:
        if not is_used(error):
            raise
        refusal = error
    except Conflict as error:
        refusal = explain(error)
    except SluiceError as error:
        refusal = error
    kept = await recall(app.works, ask.caller, key)
    if kept is None:
        raise refusal
    return _repeat(app, kept, exchange)


async def _do(app: App, ask: Ask) -> bytes:
    """Run the route's verb in one Work, and with a key keep its answer in the same commit."""
    given, path = read_given(ask.sent, ask.route), read_path(ask.request, ask.route)
    expanded = given.texts("expand")
    if expanded and ask.caller.is_client:
        raise Forbidden("A publishable key may not expand.", code="secret_key_required")
    prepare = ask.route.prepare
    prepared = None if prepare is None else await prepare(app, ask.caller, given, path)
    # What only reads needs no transaction: each of its statements stands alone.
    opened = app.works.look if ask.route.method == "GET" else app.works.begin
    async with opened(ask.caller.actor) as work:
        name = None if ask.key is None else ask.key.key
        shown = await ask.route.verb(Call(app, work, ask.caller, given, path, name, prepared))
        if expanded:
            await work.flush()
            shown = await expand(
                shown, expanded, load=loader(work, app.view), expandable=EXPANDABLE
            )
        body = msgspec.json.encode(shown)
        if ask.key is not None:
            keep(work, ask.key, body, shown)
    return body


def _repeat(app: App, kept: Answer, exchange: Exchange) -> bytes:
    app.metrics.idempotent_replays.inc()
    exchange.headers["Idempotent-Replayed"] = "true"
    exchange.headers["Original-Request"] = kept.request_id
    return kept.response


def _allow(caller: Caller, route: Route) -> None:
    if not caller.is_client:
        caller.actor.require(route.permission)
    elif not route.client:
        raise Forbidden(
            "This needs a secret key; a publishable key only confirms payments.",
            code="secret_key_required",
        )
