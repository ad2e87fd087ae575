"""/v1/rates: what assets cost, what they did cost, and being told when that changes."""

from typing import Final

from sluice.business.insights.alerts.edit import (
    create_alert,
    delete_alert,
    find_alert,
    page_alerts,
)
from sluice.doors.api.route import Call, Route, Shown
from sluice.engine.rates.history.find import find_candles, rates_now
from sluice.wire import rate as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def page(call: Call) -> Shown:
    """List what assets cost now, without a spread, and how much that moved in the last day."""
    livemode = call.caller.actor.livemode
    bases = call.given.texts("base") or wire.ASSETS
    found = await rates_now(call.work, bases, call.given.need_text("quote"), livemode=livemode)
    return wire.show_rates(_ALL, found, livemode=livemode)


async def history(call: Call) -> Shown:
    """List candles of a pair, newest first."""
    every = wire.INTERVALS[call.given.need_text("interval")]
    candles = await find_candles(
        call.work,
        (call.given.need_text("base"), call.given.need_text("quote")),
        every,
        until=call.given.instant("until") or call.work.now,
        limit=call.given.need_integer("limit"),
        livemode=call.caller.actor.livemode,
    )
    return wire.show_candles(_HISTORY, candles, every)


async def create(call: Call) -> Shown:
    """Create an alert: `rate.alert` is told when the price moves this far."""
    alert = await create_alert(
        call.work,
        (call.given.need_text("base"), call.given.need_text("quote")),
        move_bps=call.given.need_integer("move_bps"),
        within_s=call.given.need_integer("within"),
    )
    return wire.show_alert(alert)


async def retrieve(call: Call) -> Shown:
    """Retrieve an alert."""
    return wire.show_alert(await find_alert(call.work, call.path["id"]))


async def delete(call: Call) -> Shown:
    """Delete an alert."""
    await delete_alert(call.work, call.path["id"])
    return {"id": call.path["id"], "object": "rate_alert", "deleted": True}


async def alerts(call: Call) -> Shown:
    """List alerts, newest first."""
    listing = await page_alerts(call.work, read_page(call.given), created=bounds(call.given))
    return show_list(_ALERTS, listing, wire.show_alert)


_READ: Final = "payments:read"
_WRITE: Final = "webhooks:write"
_ALL: Final = "/v1/rates"
_HISTORY: Final = "/v1/rates/history"
_ALERTS: Final = "/v1/rates/alerts"
_ALERT: Final = "/v1/rates/alerts/{id:str}"

ROUTES: Final = (
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _HISTORY, history, wire.HISTORY, _READ, "list"),
    Route("POST", _ALERTS, create, wire.CREATE_ALERT, _WRITE, "rate_alert"),
    Route("GET", _ALERTS, alerts, wire.LIST_ALERTS, _READ, "list"),
    Route("GET", _ALERT, retrieve, wire.RETRIEVE_ALERT, _READ, "rate_alert"),
    Route("DELETE", _ALERT, delete, wire.DELETE_ALERT, _WRITE, "rate_alert"),
)
