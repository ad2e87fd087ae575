"""/v1/charges: the money of PaymentIntents, from the side of what was paid."""

from typing import Final

from sluice.business.payments.intents.find import find_charged, page_charged
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import charge as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def retrieve(call: Call) -> Shown:
    """Retrieve a charge: the money of a PaymentIntent."""
    return wire.show_charge(await find_charged(call.work, call.path["id"]), call.app.view)


async def page(call: Call) -> Shown:
    """List charges, newest first."""
    listing = await page_charged(
        call.work,
        read_page(call.given),
        intent_id=call.given.text("payment_intent"),
        customer=call.given.text("customer"),
        created=bounds(call.given),
    )
    return show_list("/v1/charges", listing, lambda one: wire.show_charge(one, call.app.view))


_READ: Final = "payments:read"

ROUTES: Final = (
    Route("GET", "/v1/charges", page, wire.LIST, _READ, "list"),
    Route("GET", "/v1/charges/{id:str}", retrieve, wire.RETRIEVE, _READ, "charge"),
)
