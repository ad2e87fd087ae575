"""/x402: a facilitator for the merchant's own addresses: what to ask for, verify, settle.

Sellers' programs speak the protocol's own words here, so answers are not in Stripe's envelope, but
for refusals of who asks and how often.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from sluice.app.app import App
from sluice.base.errors import Invalid, SluiceError
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.business.payments.paywalls.model import VERSION, Question, Reason
from sluice.business.payments.paywalls.require import list_requirements, list_served
from sluice.business.payments.paywalls.settle import settle, verify
from sluice.doors.api.authenticate import read_caller
from sluice.doors.api.handle import begin, refuse, respond
from sluice.doors.api.throttle import throttle
from sluice.wire import errors
from sluice.wire.x402.networks import show_network
from sluice.wire.x402.required import SCHEME, read_price, show_requirement
from sluice.wire.x402.settlement import read_question, show_settlement, show_verdict

# Nothing of the protocol is larger than its headers may be.
_BODY_MAX: Final = 32_768
_REASONS: Final = frozenset(Reason)

log = structlog.get_logger()

X402Request = Request[Any, Any, Any]
_Answer = Callable[[Caller, bytes], Awaitable[dict[str, Any]]]


def make_x402(app: App) -> list[HTTPRouteHandler]:
    """Return the handlers of a facilitator."""

    async def answer_verify(caller: Caller, body: bytes) -> dict[str, Any]:
        payment, asked = read_question(body)
        reason = await verify(app.facilitator, caller.actor, payment, asked)
        return show_verdict(payment.authorization.payer, reason)

    async def answer_settle(caller: Caller, body: bytes) -> dict[str, Any]:
        question = Question(*read_question(body), body)
        done = await settle(app.facilitator, (caller.actor, caller.merchant), question)
        return show_settlement(done)

    async def answer_requirements(caller: Caller, query: bytes) -> dict[str, Any]:
        ways = await list_requirements(app.facilitator, caller.actor, *read_price(query))
        return {"accepts": [show_requirement(way) for way in ways]}

    async def answer_supported(caller: Caller, _body: bytes) -> dict[str, Any]:
        kinds = [
            {"x402Version": VERSION, "scheme": SCHEME, "network": show_network(chain_id)}
            for chain_id in await list_served(app.facilitator, caller.actor)
        ]
        return {"kinds": kinds, "extensions": ["payment-identifier"], "signers": {}}

    return [
        _route(app, "POST", "/x402/verify", "payments:read", answer_verify),
        _route(app, "POST", "/x402/settle", "payments:write", answer_settle),
        _route(app, "GET", "/x402/requirements", "payments:read", answer_requirements),
        _route(app, "GET", "/x402/supported", "payments:read", answer_supported),
    ]


def _route(app: App, method: str, path: str, permission: str, verb: _Answer) -> HTTPRouteHandler:
    async def answer(request: X402Request) -> Response[bytes]:
        exchange = begin(app)
        try:
            caller = exchange.caller = await read_caller(
                app, request.headers.getall("authorization", [])
            )
            caller.actor.require(permission)
            await throttle(app, caller, method)
            query: bytes = request.scope["query_string"]
            body = query if method == "GET" else await request.body()
            if len(body) > _BODY_MAX:
                raise errors.body_too_large()
            return respond(HTTPStatus.OK, msgspec.json.encode(await verb(caller, body)), exchange)
        except Invalid as error:
            if error.code not in _REASONS:
                return respond(*refuse(error, exchange), exchange)
            return respond(HTTPStatus.BAD_REQUEST, _said(path, error), exchange)
        except SluiceError as error:
            return respond(*refuse(error, exchange), exchange)

    return HTTPRouteHandler(path, http_method=[method], status_code=200)(answer)  # type: ignore[list-item]


def _said(path: str, error: Invalid) -> bytes:
    """Say in the protocol's words what is wrong with a question that cannot be read."""
    if path.endswith("/settle"):
        said: dict[str, Any] = {"success": False, "errorReason": error.code}
        said |= {"errorMessage": error.message, "transaction": "", "network": ""}
    else:
        said = {"isValid": False, "invalidReason": error.code, "invalidMessage": error.message}
    return msgspec.json.encode(said)
