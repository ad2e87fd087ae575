"""/v1/events and /v1/webhook_endpoints."""

from typing import Final

from sluice.base.limits.presets import Limited
from sluice.base.pages import Listing
from sluice.business.webhooks.deliveries.queue import resend
from sluice.business.webhooks.endpoints.edit import (
    create_endpoint,
    delete_endpoint,
    roll_secret,
    update_endpoint,
)
from sluice.business.webhooks.endpoints.find import find_endpoint, find_listeners, page_endpoints
from sluice.business.webhooks.events.find import (
    events_after,
    events_between,
    find_event,
    page_events,
)
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import event as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def page(call: Call) -> Shown:
    """List events of the last 30 days, newest first; with `after` in order, as a feed without gaps."""
    asked = read_page(call.given)
    after = call.given.integer("after")
    if after is not None:
        found = await events_after(call.work, after, limit=asked.limit + 1)
        return show_list(
            "/v1/events", Listing(found[: asked.limit], len(found) > asked.limit), wire.show_event
        )
    single = call.given.text("type")
    types = [single] if single else list(call.given.texts("types"))
    success = call.given.get("delivery_success")
    listing = await page_events(
        call.work, asked, types=types, created=bounds(call.given), delivered=success
    )
    return show_list("/v1/events", listing, wire.show_event)


async def retrieve(call: Call) -> Shown:
    """Retrieve an event, word for word as it was told."""
    return wire.show_event(await find_event(call.work, call.path["id"]))


async def resend_event(call: Call) -> Shown:
    """Tell an event again, to one endpoint or to all that listen."""
    event = await find_event(call.work, call.path["id"])
    wanted = call.given.text("webhook_endpoint")
    if wanted is not None:
        endpoints = [await find_endpoint(call.work, wanted)]
    else:
        endpoints = [
            e for e in await find_listeners(call.work, [event.merchant_id]) if e.hears(event.type)
        ]
    await resend(call.work, [(event, endpoint) for endpoint in endpoints])
    return wire.show_event(event)


async def create(call: Call) -> Shown:
    """Create a webhook endpoint; the secret is in this answer and in no other."""
    endpoint, secret = await create_endpoint(
        call.work,
        wire.read_create_endpoint(call.given),
        sealer=call.app.sealer,
        reach=call.app.reach[call.caller.actor.livemode],
    )
    return wire.show_endpoint(endpoint, secret)


async def retrieve_endpoint(call: Call) -> Shown:
    """Retrieve a webhook endpoint."""
    return wire.show_endpoint(await find_endpoint(call.work, call.path["id"]))


async def update(call: Call) -> Shown:
    """Update a webhook endpoint."""
    held = await find_endpoint(call.work, call.path["id"])
    changes = wire.read_update_endpoint(call.given, held)
    reach = call.app.reach[call.caller.actor.livemode]
    return wire.show_endpoint(await update_endpoint(call.work, held.id, changes, reach=reach))


async def delete(call: Call) -> Shown:
    """Delete a webhook endpoint; what was waiting for it is given up."""
    endpoint = await delete_endpoint(call.work, call.path["id"])
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


async def page_all_endpoints(call: Call) -> Shown:
    """List webhook endpoints, newest first."""
    listing = await page_endpoints(call.work, read_page(call.given), created=bounds(call.given))
    return show_list("/v1/webhook_endpoints", listing, wire.show_endpoint)


async def roll(call: Call) -> Shown:
    """Roll a webhook endpoint's secret; for a while both secrets sign."""
    endpoint, secret = await roll_secret(
        call.work,
        call.path["id"],
        overlap_s=call.given.need_integer("expires_in"),
        sealer=call.app.sealer,
    )
    return wire.show_endpoint(endpoint, secret)


async def replay(call: Call) -> Shown:
    """Tell a webhook endpoint everything again that happened in a range of time."""
    endpoint = await find_endpoint(call.work, call.path["id"])
    since = call.given.need("since")
    events = await events_between(call.work, since, call.given.instant("until") or call.work.now)
    await resend(call.work, [(event, endpoint) for event in events if endpoint.hears(event.type)])
    return wire.show_endpoint(endpoint)


_EVENTS: Final = "events:read"
_READ: Final = "webhooks:read"
_WRITE: Final = "webhooks:write"
_ALL: Final = "/v1/webhook_endpoints"
_ONE: Final = "/v1/webhook_endpoints/{id:str}"
_CONFIG: Final = Limited.WEBHOOK_CONFIG

ROUTES: Final = (
    Route("GET", "/v1/events", page, wire.LIST, _EVENTS, "list"),
    Route("GET", "/v1/events/{id:str}", retrieve, wire.RETRIEVE, _EVENTS, "event"),
    Route("POST", "/v1/events/{id:str}/resend", resend_event, wire.RESEND, _WRITE, "event"),
    Route("POST", _ALL, create, wire.CREATE_ENDPOINT, _WRITE, "webhook_endpoint", limited=_CONFIG),
    Route("GET", _ALL, page_all_endpoints, wire.LIST_ENDPOINTS, _READ, "list"),
    Route("GET", _ONE, retrieve_endpoint, wire.RETRIEVE_ENDPOINT, _READ, "webhook_endpoint"),
    Route("POST", _ONE, update, wire.UPDATE_ENDPOINT, _WRITE, "webhook_endpoint", limited=_CONFIG),
    Route("DELETE", _ONE, delete, wire.DELETE_ENDPOINT, _WRITE, "webhook_endpoint"),
    Route("POST", f"{_ONE}/roll_secret", roll, wire.ROLL_SECRET, _WRITE, "webhook_endpoint"),
    Route("POST", f"{_ONE}/replay", replay, wire.REPLAY, _WRITE, "webhook_endpoint"),
)
