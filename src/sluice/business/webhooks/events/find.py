"""Find events of the merchant's, and forget old ones."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work, Works
from sluice.business.webhooks.events import store
from sluice.business.webhooks.events.model import Event

KEPT: Final = dt.timedelta(days=30)
_BATCH: Final = 1000


async def find_event(work: Work, event_id: str) -> Event:
    """Return an event, or refuse as if it did not exist."""
    event = await store.get(work, event_id)
    if event is None:
        raise NotFound(f"No such event: '{event_id}'", param="id")
    return event


async def page_events(
    work: Work,
    page: Page,
    *,
    types: Sequence[str] = (),
    created: Mapping[str, dt.datetime] | None = None,
    delivered: bool | None = None,
) -> Listing[Event]:
    """Return a page of events; `delivered` False only those that some endpoint has not taken."""
    return await store.page(work, page, types=types, created=created or {}, delivered=delivered)


async def events_after(work: Work, seq: int, *, limit: int = 100) -> list[Event]:
    """Return what was told after a number, in order; a gap in the numbers is a missed event."""
    return await store.after(work, seq, limit)


async def events_between(
    work: Work, start: dt.datetime, end: dt.datetime, *, limit: int = 10_000
) -> list[Event]:
    """Return what was told between two instants, in order."""
    return await store.since(work, start, end, limit)


async def forget_events(works: Works) -> None:
    """Delete events older than 30 days that nothing is left to tell of."""
    async with works.begin() as work:
        await store.forget(work, work.now - KEPT, _BATCH)
