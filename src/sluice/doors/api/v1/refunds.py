"""/v1/refunds."""

from typing import Final

from sluice.base.limits.presets import Limited
from sluice.business.payments.refunds.create import create_refund
from sluice.business.payments.refunds.edit import approve_refund, cancel_refund, update_refund
from sluice.business.payments.refunds.find import find_refund, lock_refund, page_refunds
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import refund as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def create(call: Call) -> Shown:
    """Refund a final payment, wholly or in part."""
    refund = await create_refund(
        call.work,
        wire.read_create(call.given),
        chains=call.app.chains,
        rules=call.caller.merchant.settings.refunds,
    )
    return wire.show_refund(refund, call.app.view)


async def retrieve(call: Call) -> Shown:
    """Retrieve a refund."""
    return wire.show_refund(await find_refund(call.work, call.path["id"]), call.app.view)


async def update(call: Call) -> Shown:
    """Change a refund's metadata."""
    held = await lock_refund(call.work, call.path["id"])
    notes = call.given.metadata().apply(held.metadata)
    return wire.show_refund(await update_refund(call.work, held, notes), call.app.view)


async def cancel(call: Call) -> Shown:
    """Cancel a refund for which no transaction was made yet."""
    return wire.show_refund(await cancel_refund(call.work, call.path["id"]), call.app.view)


async def approve(call: Call) -> Shown:
    """Approve a refund that another key asked for."""
    refund = await approve_refund(call.work, call.path["id"], chains=call.app.chains)
    return wire.show_refund(refund, call.app.view)


async def page(call: Call) -> Shown:
    """List refunds, newest first."""
    listing = await page_refunds(
        call.work,
        read_page(call.given),
        intent_id=call.given.text("payment_intent"),
        charge_id=call.given.text("charge"),
        created=bounds(call.given),
    )
    return show_list(_ALL, listing, lambda one: wire.show_refund(one, call.app.view))


_READ: Final = "payments:read"
_WRITE: Final = "refunds:write"
_ANSWER: Final = "refund"
_ALL: Final = "/v1/refunds"
_ONE: Final = "/v1/refunds/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, _ANSWER, limited=Limited.CREATE),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, _ANSWER),
    Route("POST", _ONE, update, wire.UPDATE, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/cancel", cancel, wire.CANCEL, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/approve", approve, wire.APPROVE, "refunds:approve", _ANSWER),
)
