"""/v1/payouts."""

from typing import Final

from sluice.base.limits.presets import Limited
from sluice.business.payments.settlement.create import create_payout
from sluice.business.payments.settlement.edit import (
    approve_payout,
    cancel_payout,
    find_payout,
    lock_payout,
    page_payouts,
    update_payout,
)
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import payout as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def create(call: Call) -> Shown:
    """Pay out from a hot wallet to the address the operator set."""
    payout = await create_payout(
        call.work,
        wire.read_create(call.given),
        chains=call.app.chains,
        rules=call.caller.merchant.settings.refunds,
    )
    return wire.show_payout(payout, call.app.view)


async def retrieve(call: Call) -> Shown:
    """Retrieve a payout."""
    return wire.show_payout(await find_payout(call.work, call.path["id"]), call.app.view)


async def update(call: Call) -> Shown:
    """Change a payout's metadata."""
    held = await lock_payout(call.work, call.path["id"])
    notes = call.given.metadata().apply(held.metadata)
    return wire.show_payout(await update_payout(call.work, held, notes), call.app.view)


async def cancel(call: Call) -> Shown:
    """Cancel a payout for which no transaction was made yet."""
    return wire.show_payout(await cancel_payout(call.work, call.path["id"]), call.app.view)


async def approve(call: Call) -> Shown:
    """Approve a payout that another key asked for."""
    payout = await approve_payout(call.work, call.path["id"], chains=call.app.chains)
    return wire.show_payout(payout, call.app.view)


async def page(call: Call) -> Shown:
    """List payouts, newest first."""
    listing = await page_payouts(
        call.work,
        read_page(call.given),
        status=call.given.text("status"),
        created=bounds(call.given),
    )
    return show_list(_ALL, listing, lambda one: wire.show_payout(one, call.app.view))


_READ: Final = "balance:read"
_WRITE: Final = "payouts:write"
_ANSWER: Final = "payout"
_ALL: Final = "/v1/payouts"
_ONE: Final = "/v1/payouts/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, _ANSWER, limited=Limited.CREATE),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, _ANSWER),
    Route("POST", _ONE, update, wire.UPDATE, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/cancel", cancel, wire.CANCEL, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/approve", approve, wire.APPROVE, "payouts:approve", _ANSWER),
)
