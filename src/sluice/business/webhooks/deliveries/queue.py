"""One delivery for each event and endpoint; again, because someone asked; or given up."""

import datetime as dt
from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.webhooks.deliveries import store
from sluice.business.webhooks.deliveries.store import Queued
from sluice.business.webhooks.endpoints.model import Endpoint
from sluice.business.webhooks.events.model import Event


def queue_deliveries(work: Work, pairs: Sequence[tuple[Event, Endpoint]]) -> None:
    """Let events be told to endpoints, as soon as this commit is done."""
    if pairs:
        store.add(work, _queued(work, pairs))
        work.tell("deliveries")


async def resend(work: Work, pairs: Sequence[tuple[Event, Endpoint]]) -> None:
    """Tell events once more, also to endpoints that took them already."""
    if pairs:
        await store.again(work, _queued(work, pairs))
        work.tell("deliveries")


async def cancel_deliveries(work: Work, endpoint_id: str) -> None:
    """Give up what waits for an endpoint."""
    await store.cancel(work, endpoint_id)


async def read_waiting(work: Work) -> tuple[int, dt.datetime | None]:
    """Return how many deliveries are due, and since when the oldest is."""
    return await store.waiting(work)


def _queued(work: Work, pairs: Sequence[tuple[Event, Endpoint]]) -> list[Queued]:
    return [
        Queued(event.merchant_id, event.livemode, work.new_id("dlv"), event.id, endpoint.id)
        for event, endpoint in pairs
    ]
