"""Rows of deliveries and attempts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.business.webhooks.deliveries.model import Attempt, Delivery

_ADD: Final = """
INSERT INTO deliveries (merchant_id, livemode, id, event_id, endpoint_id, state, first_at, next_at)
SELECT *, 'pending', $6, $6 FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[])"""
_AGAIN: Final = """
INSERT INTO deliveries AS d (merchant_id, livemode, id, event_id, endpoint_id, state, first_at, next_at)
SELECT *, 'pending', $6, $6 FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (event_id, endpoint_id) DO UPDATE SET state = 'pending', delivered_at = NULL, next_at = excluded.next_at +
  CASE WHEN d.state = 'pending' AND d.next_at = excluded.next_at THEN interval '1 microsecond' ELSE interval '0' END"""
_DUE: Final = """
SELECT d.id, d.merchant_id, d.livemode, d.event_id, e.body, d.attempts, d.first_at, d.next_at AS due_at,
  e.created_at AS event_created_at
FROM deliveries d JOIN events e ON e.merchant_id = d.merchant_id AND e.livemode = d.livemode AND e.id = d.event_id
WHERE d.merchant_id = $1 AND d.livemode = $2 AND d.endpoint_id = $3 AND d.state = 'pending' AND d.next_at <= $4
ORDER BY d.next_at, d.id LIMIT $5"""
# Whoever asked for it again while it was being told moved the time it is due: then it stays due.
_SAVE: Final = """
WITH n AS (
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[],
    $8::int[], $9::timestamptz[]) AS n (id, n, state, next_at, at, status_code, error, took_ms, due_at)),
saved AS (
  UPDATE deliveries d SET attempts = n.n,
    state = CASE WHEN d.next_at = n.due_at THEN n.state ELSE 'pending' END,
    next_at = CASE WHEN d.next_at = n.due_at THEN coalesce(n.next_at, d.next_at) ELSE d.next_at END,
    delivered_at = CASE WHEN d.next_at = n.due_at AND n.state = 'delivered' THEN n.at END,
    first_at = CASE n.n WHEN 1 THEN n.at ELSE d.first_at END
  FROM n WHERE d.id = n.id AND d.attempts = n.n - 1 AND d.state = 'pending'
  RETURNING d.merchant_id, d.livemode, d.id)
INSERT INTO attempts (merchant_id, livemode, delivery_id, n, at, status_code, error, took_ms)
SELECT s.merchant_id, s.livemode, s.id, n.n, n.at, n.status_code, n.error, n.took_ms FROM saved s JOIN n USING (id)"""
_WAITING: Final = """
SELECT count(*) AS depth, min(next_at) AS oldest FROM deliveries WHERE state = 'pending' AND next_at <= $1 -- every merchant"""
_CANCEL: Final = """
UPDATE deliveries SET state = 'canceled' WHERE endpoint_id = $1 AND state = 'pending' -- every merchant"""
_ATTEMPTS: Final = """
SELECT d.endpoint_id, d.state, d.next_at, a.n, a.at, a.status_code, a.error, a.took_ms
FROM deliveries d LEFT JOIN attempts a ON a.merchant_id = d.merchant_id AND a.livemode = d.livemode AND a.delivery_id = d.id
WHERE d.merchant_id = $1 AND d.livemode = $2 AND d.event_id = $3 ORDER BY d.id, a.n"""


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery to be: whose, of which event, to which endpoint."""

    merchant_id: str
    livemode: bool
    id: str
    event_id: str
    endpoint_id: str


@dataclass(frozen=True, slots=True)
class Result:
    """An attempt and what follows from it; `next_at` None keeps the old one."""

    attempt: Attempt
    state: str
    next_at: dt.datetime | None


def add(work: Work, queued: Sequence[Queued]) -> None:
    """Add deliveries, due now."""
    work.insert(_ADD, *_columns(queued), work.now)


async def again(work: Work, queued: Sequence[Queued]) -> None:
    """Make deliveries due now, also those that had ended."""
    await work.execute(_AGAIN, *_columns(queued), work.now)


async def due(
    work: Work, merchant_id: str, endpoint_id: str, *, livemode: bool, limit: int
) -> list[Delivery]:
    """Return what is due to an endpoint, longest waiting first."""
    rows = await work.rows(_DUE, merchant_id, livemode, endpoint_id, work.now, limit)
    return [Delivery(**row) for row in rows]


async def save(work: Work, results: Sequence[Result]) -> None:
    """Write attempts down; those that somebody else has written meanwhile are left out."""
    attempts = [result.attempt for result in results]
    await work.execute(
        _SAVE,
        [attempt.delivery.id for attempt in attempts],
        [attempt.delivery.attempts + 1 for attempt in attempts],
        [result.state for result in results],
        [result.next_at for result in results],
        [attempt.at for attempt in attempts],
        [attempt.status_code for attempt in attempts],
        [attempt.error for attempt in attempts],
        [attempt.took_ms for attempt in attempts],
        [attempt.delivery.due_at for attempt in attempts],
    )


async def waiting(work: Work) -> tuple[int, dt.datetime | None]:
    """Return how many deliveries are due, and since when the oldest is."""
    row = await work.row(_WAITING, work.now)
    return (0, None) if row is None else (row["depth"], row["oldest"])


async def cancel(work: Work, endpoint_id: str) -> None:
    """Give up what waits for an endpoint."""
    await work.execute(_CANCEL, endpoint_id)


async def attempts_of(work: Work, event_id: str) -> list[Row]:
    """Return every attempt to tell of an event."""
    return await work.rows(_ATTEMPTS, *work.owner, event_id)


def _columns(queued: Sequence[Queued]) -> list[list[object]]:
    names = ("merchant_id", "livemode", "id", "event_id", "endpoint_id")
    return [[getattr(one, name) for one in queued] for name in names]
