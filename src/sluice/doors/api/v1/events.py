"""/v1/events: what the merchant was told."""

from typing import Final

from sluice.base.pages import Listing
from sluice.business.webhooks.deliveries.queue import resend
from sluice.business.webhooks.endpoints.find import find_endpoint, find_listeners
from sluice.business.webhooks.endpoints.model import Endpoint
from sluice.business.webhooks.events.find import events_after, find_event, page_events
from sluice.business.webhooks.events.model import Event
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import event as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def page(call: Call) -> Shown:
    """List events of the last 30 days, newest first; with `after` in order and without gaps."""
    asked, after = read_page(call.given), call.given.integer("after")
    if after is not None:
        found = await events_after(call.work, after, limit=asked.limit + 1)
        listing = Listing(found[: asked.limit], len(found) > asked.limit)
        return show_list(_ALL, listing, wire.show_event)
    listing = await page_events(
        call.work,
        asked,
        types=wire.read_types(call.given),
        created=bounds(call.given),
        delivered=call.given.get("delivery_success"),
    )
    return show_list(_ALL, listing, wire.show_event)


async def retrieve(call: Call) -> Shown:
    """Retrieve an event, word for word as it was told."""
    return wire.show_event(await find_event(call.work, call.path["id"]))


async def resend_event(call: Call) -> Shown:
    """Tell an event again, to one endpoint or to all that listen."""
    event = await find_event(call.work, call.path["id"])
    endpoints = await _listeners(call, event)
    await resend(call.work, [(event, endpoint) for endpoint in endpoints])
    return wire.show_event(event)


async def _listeners(call: Call, event: Event) -> list[Endpoint]:
    wanted = call.given.text("webhook_endpoint")
    if wanted is not None:
        return [await find_endpoint(call.work, wanted)]
    listening = await find_listeners(call.work, [event.merchant_id])
    return [endpoint for endpoint in listening if endpoint.hears(event.type)]


_READ: Final = "events:read"
_ALL: Final = "/v1/events"
_ONE: Final = "/v1/events/{id:str}"

ROUTES: Final = (
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, "event"),
    Route("POST", f"{_ONE}/resend", resend_event, wire.RESEND, "webhooks:write", "event"),
)
