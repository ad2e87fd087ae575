"""/v1/webhook_endpoints: where the merchant is told."""

from typing import Final

from sluice.base.errors import Invalid
from sluice.base.limits.presets import Limited
from sluice.base.reach import Reach
from sluice.business.webhooks.deliveries.queue import resend
from sluice.business.webhooks.endpoints.edit import (
    create_endpoint,
    delete_endpoint,
    roll_secret,
    update_endpoint,
)
from sluice.business.webhooks.endpoints.find import find_endpoint, lock_endpoint, page_endpoints
from sluice.business.webhooks.events.find import events_between
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import webhook_endpoint as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds

_REPLAY_MAX: Final = 10_000


async def create(call: Call) -> Shown:
    """Create a webhook endpoint; the secret is in this answer and in no other."""
    new = wire.read_create(call.given)
    endpoint, secret = await create_endpoint(
        call.work, new, sealer=call.app.sealer, reach=_reach(call)
    )
    return wire.show_webhook_endpoint(endpoint, secret)


async def retrieve(call: Call) -> Shown:
    """Retrieve a webhook endpoint."""
    return wire.show_webhook_endpoint(await find_endpoint(call.work, call.path["id"]))


async def update(call: Call) -> Shown:
    """Update a webhook endpoint; one that is enabled again is told what waited."""
    held = await lock_endpoint(call.work, call.path["id"])
    changes = wire.read_update(call.given, held)
    changed = await update_endpoint(call.work, held, changes, reach=_reach(call))
    return wire.show_webhook_endpoint(changed)


async def delete(call: Call) -> Shown:
    """Delete a webhook endpoint; what was waiting for it is given up."""
    endpoint = await delete_endpoint(call.work, call.path["id"])
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


async def page(call: Call) -> Shown:
    """List webhook endpoints, newest first."""
    listing = await page_endpoints(call.work, read_page(call.given), created=bounds(call.given))
    return show_list(_ALL, listing, wire.show_webhook_endpoint)


async def roll(call: Call) -> Shown:
    """Roll a webhook endpoint's secret; for a while both secrets sign."""
    overlap_s = call.given.need_integer("expires_in")
    endpoint, secret = await roll_secret(
        call.work, call.path["id"], overlap_s=overlap_s, sealer=call.app.sealer
    )
    return wire.show_webhook_endpoint(endpoint, secret)


async def replay(call: Call) -> Shown:
    """Tell a webhook endpoint everything again that happened in a range of time."""
    endpoint = await find_endpoint(call.work, call.path["id"])
    since, until = call.given.need("since"), call.given.instant("until") or call.work.now
    events = await events_between(call.work, since, until, limit=_REPLAY_MAX + 1)
    if len(events) > _REPLAY_MAX:
        raise Invalid(
            f"More than {_REPLAY_MAX} events happened in this time; ask for less of it.",
            code="range_too_large",
            param="since",
        )
    await resend(call.work, [(event, endpoint) for event in events if endpoint.hears(event.type)])
    return wire.show_webhook_endpoint(endpoint)


def _reach(call: Call) -> Reach:
    return call.app.reach[call.caller.actor.livemode]


_READ: Final = "webhooks:read"
_WRITE: Final = "webhooks:write"
_ANSWER: Final = "webhook_endpoint"
_ALL: Final = "/v1/webhook_endpoints"
_ONE: Final = "/v1/webhook_endpoints/{id:str}"
_CONFIG: Final = Limited.WEBHOOK_CONFIG

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, _ANSWER, limited=_CONFIG),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, _ANSWER),
    Route("POST", _ONE, update, wire.UPDATE, _WRITE, _ANSWER, limited=_CONFIG),
    Route("DELETE", _ONE, delete, wire.DELETE, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/roll_secret", roll, wire.ROLL_SECRET, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/replay", replay, wire.REPLAY, _WRITE, _ANSWER),
)
