"""Fact -> public event -> one delivery for each endpoint that listens, in one Work."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sluice.base.facts import Fact
from sluice.base.work import Work
from sluice.business.webhooks.deliveries.queue import queue_deliveries
from sluice.business.webhooks.endpoints.find import find_listeners
from sluice.business.webhooks.endpoints.model import Endpoint
from sluice.business.webhooks.events import store
from sluice.business.webhooks.events.model import Event, Render, Told

# The version the bytes are written in; an endpoint pinned to another train gets that one's name.
API_VERSION: Final = "2026-10-28.endive"

Owner = tuple[str, bool]


async def announce(work: Work, facts: Sequence[Fact], *, render: Render) -> None:
    """Turn facts into numbered events and queue their deliveries."""
    told = [
        ((fact.merchant_id, fact.livemode), one)
        for fact in facts
        if fact.merchant_id
        for one in render(fact)
    ]
    if not told:
        return
    last = await store.count(work, Counter(owner for owner, _ in told))
    left = Counter(owner for owner, _ in told)
    listeners = await find_listeners(work, [owner[0] for owner in last])
    listening: dict[Owner, list[Endpoint]] = defaultdict(list)
    for endpoint in listeners:
        listening[endpoint.merchant_id, endpoint.livemode].append(endpoint)
    events: list[Event] = []
    for owner, one in told:
        left[owner] -= 1
        hears = [endpoint for endpoint in listening[owner] if endpoint.hears(one.type)]
        events.append(_event(work, owner, one, last[owner] - left[owner], len(hears)))
    store.add(work, events)
    queue_deliveries(
        work,
        [
            (event, endpoint)
            for event in events
            for endpoint in listening[event.merchant_id, event.livemode]
            if endpoint.hears(event.type)
        ],
    )


def _data(told: Told) -> dict[str, Any]:
    changed = {} if told.previous is None else {"previous_attributes": told.previous}
    return {"object": told.shown, **changed}


def _event(work: Work, owner: Owner, told: Told, seq: int, pending: int) -> Event:
    event_id = work.new_id("evt")
    body: dict[str, Any] = {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(work.now.timestamp()),
        "data": _data(told),
        "livemode": owner[1],
        "pending_webhooks": pending,
        "request": {"id": None, "idempotency_key": None},
        "sequence": seq,
        "type": told.type,
    }
    return Event(
        event_id,
        owner[0],
        owner[1],
        seq,
        told.type,
        told.object_id,
        msgspec.json.encode(body),
        work.now,
    )
