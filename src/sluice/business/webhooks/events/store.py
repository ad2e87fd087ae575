"""Rows of events and the counters that number them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.webhooks.events.model import Event

# Counted up in the order of the owners, so that two announcers never wait for each other in a ring.
_COUNT: Final = """
INSERT INTO event_counters AS c (merchant_id, livemode, last)
SELECT * FROM unnest($1::text[], $2::boolean[], $3::bigint[])
ON CONFLICT (merchant_id, livemode) DO UPDATE SET last = c.last + excluded.last
RETURNING merchant_id, livemode, last"""
_ADD: Final = """
INSERT INTO events (merchant_id, livemode, id, seq, type, object_id, body, created_at)
SELECT *, $8 FROM unnest($1::text[], $2::boolean[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[])"""
_MINE: Final = """
SELECT id, merchant_id, livemode, seq, type, object_id, body, created_at
FROM events e WHERE e.merchant_id = $1 AND e.livemode = $2"""
_TAKEN_BY_ALL: Final = """
(NOT EXISTS (SELECT FROM deliveries d WHERE d.merchant_id = e.merchant_id AND d.livemode = e.livemode
  AND d.event_id = e.id AND d.state <> 'delivered'))"""
_GET: Final = _MINE + " AND e.id = $3"
_AFTER: Final = _MINE + " AND e.seq > $3 ORDER BY e.seq LIMIT $4"
_SINCE: Final = _MINE + " AND e.created_at >= $3 AND e.created_at < $4 ORDER BY e.seq LIMIT $5"
# -- every merchant
_FORGET: Final = """
WITH old AS (
  SELECT merchant_id, livemode, id FROM events e WHERE created_at < $1
    AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.state = 'pending') LIMIT $2),
a AS (DELETE FROM attempts t USING deliveries d, old o WHERE d.event_id = o.id AND t.delivery_id = d.id),
b AS (DELETE FROM deliveries d USING old o WHERE d.event_id = o.id)
DELETE FROM events e USING old o WHERE e.id = o.id AND e.merchant_id = o.merchant_id"""

Owner = tuple[str, bool]


async def count(work: Work, numbers: Mapping[Owner, int]) -> dict[Owner, int]:
    """Take so many numbers for each owner; return the last one taken."""
    owners = sorted(numbers)
    rows = await work.rows(
        _COUNT,
        [owner[0] for owner in owners],
        [owner[1] for owner in owners],
        [numbers[owner] for owner in owners],
    )
    return {(row["merchant_id"], row["livemode"]): row["last"] for row in rows}


def add(work: Work, events: Sequence[Event]) -> None:
    """Add events."""
    names = ("merchant_id", "livemode", "id", "seq", "type", "object_id", "body")
    work.insert(_ADD, *([getattr(event, name) for event in events] for name in names), work.now)


async def get(work: Work, event_id: str) -> Event | None:
    """Return an event of the merchant's."""
    row = await work.row(_GET, *work.owner, event_id)
    return None if row is None else _event(row)


async def page(
    work: Work,
    page: Page,
    *,
    types: Sequence[str],
    created: Mapping[str, dt.datetime],
    delivered: bool | None,
) -> Listing[Event]:
    """Return events, newest first; `types` may end in a star, and empty means all."""
    filters: list[tuple[str, object]] = []
    if types:
        filters.append(("e.type LIKE ANY({}::text[])", [_pattern(name) for name in types]))
    if delivered is not None:
        filters.append((_TAKEN_BY_ALL + " = {}", delivered))
    return await newest_first(
        work, _MINE, page, _event, alias="e", filters=filters, created=created
    )


async def after(work: Work, seq: int, limit: int) -> list[Event]:
    """Return the events numbered above `seq`, in order."""
    return [_event(row) for row in await work.rows(_AFTER, *work.owner, seq, limit)]


async def since(work: Work, start: dt.datetime, end: dt.datetime, limit: int) -> list[Event]:
    """Return the events between two instants, in order."""
    return [_event(row) for row in await work.rows(_SINCE, *work.owner, start, end, limit)]


async def forget(work: Work, before: dt.datetime, limit: int) -> int:
    """Delete events older than an instant that nothing is left to tell of."""
    return await work.execute(_FORGET, before, limit)


def _pattern(name: str) -> str:
    """Write `charge.*` as SQL does, where underscores mean something too."""
    return name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")


def _event(row: Row) -> Event:
    return Event(**row)
