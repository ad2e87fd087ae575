"""/v1/checkout/sessions."""

from typing import Final

from sluice.base.limits.presets import Limited
from sluice.business.payments.checkout.create import create_session
from sluice.business.payments.checkout.find import find_session, page_line_items, page_sessions
from sluice.business.payments.checkout.settle import expire_session
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import checkout_session as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def create(call: Call) -> Shown:
    """Create a Checkout Session: a page that collects one payment."""
    new = wire.read_create(call.given, call.idempotency_key)
    session, _ = await create_session(call.work, new, merchant=call.caller.merchant)
    return wire.show_checkout_session(session, call.app.view)


async def retrieve(call: Call) -> Shown:
    """Retrieve a Checkout Session."""
    return wire.show_checkout_session(await find_session(call.work, call.path["id"]), call.app.view)


async def expire(call: Call) -> Shown:
    """Expire an open Checkout Session."""
    expired = await expire_session(call.work, call.path["id"])
    return wire.show_checkout_session(expired, call.app.view)


async def page(call: Call) -> Shown:
    """List Checkout Sessions, newest first."""
    listing = await page_sessions(
        call.work,
        read_page(call.given),
        filters=wire.read_filters(call.given),
        created=bounds(call.given),
    )
    return show_list(_ALL, listing, lambda one: wire.show_checkout_session(one, call.app.view))


async def line_items(call: Call) -> Shown:
    """List a Checkout Session's line items, in the order of the cart."""
    session = await find_session(call.work, call.path["id"])
    listing = page_line_items(session, read_page(call.given))
    return show_list(wire.line_items_url(session), listing, wire.show_line_item)


_READ: Final = "payments:read"
_WRITE: Final = "payments:write"
_ANSWER: Final = "checkout.session"
_ALL: Final = "/v1/checkout/sessions"
_ONE: Final = "/v1/checkout/sessions/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, _ANSWER, limited=Limited.CREATE),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, _ANSWER),
    Route("POST", f"{_ONE}/expire", expire, wire.EXPIRE, _WRITE, _ANSWER),
    Route("GET", f"{_ONE}/line_items", line_items, wire.LINES, _READ, "list"),
)
