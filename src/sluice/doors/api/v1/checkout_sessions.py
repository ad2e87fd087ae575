"""/v1/checkout/sessions."""

from typing import Final

from sluice.base.limits.presets import Limited
from sluice.base.pages import Listing
from sluice.business.payments.checkout.create import create_session
from sluice.business.payments.checkout.find import find_session, page_sessions
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
    return wire.show_checkout_session(
        await expire_session(call.work, call.path["id"]), call.app.view
    )


async def page(call: Call) -> Shown:
    """List Checkout Sessions, newest first."""
    named = {"intent_id": "payment_intent", "customer_id": "customer", "status": "status"}
    filters = {
        column: text
        for column, name in named.items()
        if (text := call.given.text(name)) is not None
    }
    listing = await page_sessions(
        call.work, read_page(call.given), filters=filters, created=bounds(call.given)
    )
    return show_list(
        "/v1/checkout/sessions", listing, lambda one: wire.show_checkout_session(one, call.app.view)
    )


async def line_items(call: Call) -> Shown:
    """List a Checkout Session's line items, in the order of the cart."""
    session = await find_session(call.work, call.path["id"])
    asked = read_page(call.given)
    items = list(session.line_items)
    names = [item.id for item in items]
    first = names.index(asked.starting_after) + 1 if asked.starting_after in names else 0
    shown = items[first : first + asked.limit]
    listing = Listing(shown, has_more=first + len(shown) < len(items))
    return show_list(f"/v1/checkout/sessions/{session.id}/line_items", listing, wire.show_line_item)


_READ: Final = "payments:read"
_WRITE: Final = "payments:write"
_ALL: Final = "/v1/checkout/sessions"
_ONE: Final = "/v1/checkout/sessions/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, "checkout.session", limited=Limited.CREATE),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, "checkout.session"),
    Route("POST", f"{_ONE}/expire", expire, wire.EXPIRE, _WRITE, "checkout.session"),
    Route("GET", f"{_ONE}/line_items", line_items, wire.LINES, _READ, "list"),
)
