"""Rows of webhook endpoints."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.webhooks.endpoints.model import Endpoint

_ADD: Final = """
INSERT INTO webhook_endpoints (merchant_id, livemode, id, url, description, enabled_events, metadata, api_version,
  status, secret, schemes, retry_profile, timeout_s, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""
_COLUMNS: Final = """
SELECT w.id, w.merchant_id, w.livemode, w.url, w.enabled_events, w.status, w.secret, w.schemes, w.retry_profile,
  w.timeout_s, w.created_at, w.description, w.metadata, w.api_version, w.disabled_reason, w.old_secret,
  w.old_secret_until, w.failing_since
FROM webhook_endpoints w"""
_MINE: Final = _COLUMNS + " WHERE w.merchant_id = $1 AND w.livemode = $2"
_GET: Final = _MINE + " AND w.id = $3 AND w.status <> 'deleted'"
_LISTENERS: Final = (
    _COLUMNS
    + " WHERE w.merchant_id = ANY($1::text[]) AND w.status = 'enabled' ORDER BY w.id -- every merchant"
)
_SAVE: Final = """
UPDATE webhook_endpoints SET url = $4, description = $5, enabled_events = $6, metadata = $7, status = $8,
  disabled_reason = $9, secret = $10, old_secret = $11, old_secret_until = $12, schemes = $13, retry_profile = $14,
  timeout_s = $15, failing_since = $16
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""
# A lane is the right to tell one endpoint: one worker at a time holds it, by the database's clock.
_CLAIM_LANES: Final = """
UPDATE webhook_endpoints w SET lane_until = now() + make_interval(secs => $2), lane_token = $3
WHERE w.id IN (
  SELECT e.id FROM webhook_endpoints e
  WHERE e.status = 'enabled' AND coalesce(e.lane_until, '-infinity') <= now() AND EXISTS (
    SELECT FROM deliveries d WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_at <= $4)
  ORDER BY e.lane_until NULLS FIRST LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING w.id, w.merchant_id, w.livemode, w.url, w.enabled_events, w.status, w.secret, w.schemes, w.retry_profile,
  w.timeout_s, w.created_at, w.description, w.metadata, w.api_version, w.disabled_reason, w.old_secret,
  w.old_secret_until, w.failing_since -- every merchant"""
_RENEW: Final = """
UPDATE webhook_endpoints SET lane_until = now() + make_interval(secs => $3)
WHERE id = $1 AND lane_token = $2 -- every merchant"""
_RELEASE: Final = """
UPDATE webhook_endpoints SET lane_until = now() + make_interval(secs => $3), lane_token = NULL
WHERE id = $1 AND lane_token = $2 -- every merchant"""
_HEALTH: Final = """
UPDATE webhook_endpoints SET status = $2, disabled_reason = $3, failing_since = $4
WHERE id = $1 AND status = 'enabled' -- every merchant"""


def add(work: Work, endpoint: Endpoint) -> None:
    """Add an endpoint."""
    work.insert(
        _ADD, endpoint.merchant_id, endpoint.livemode, endpoint.id, endpoint.url,
        endpoint.description, list(endpoint.enabled_events), endpoint.metadata,
        endpoint.api_version, endpoint.status, endpoint.secret, list(endpoint.schemes),
        endpoint.retry_profile, endpoint.timeout_s, endpoint.created_at,
    )  # fmt: skip


async def get(work: Work, endpoint_id: str, *, lock: bool = False) -> Endpoint | None:
    """Return an endpoint of the merchant's that was not deleted."""
    row = await work.row(_GET + (" FOR UPDATE" if lock else ""), *work.owner, endpoint_id)
    return None if row is None else _endpoint(row)


async def page(work: Work, page: Page, *, created: Mapping[str, dt.datetime]) -> Listing[Endpoint]:
    """Return endpoints, newest first."""
    filters: list[tuple[str, object]] = [("w.status <> {}", "deleted")]
    return await newest_first(
        work, _MINE, page, _endpoint, alias="w", filters=filters, created=created
    )


async def listeners(work: Work, merchant_ids: Sequence[str]) -> list[Endpoint]:
    """Return the enabled endpoints of some merchants, both modes."""
    return [_endpoint(row) for row in await work.rows(_LISTENERS, list(merchant_ids))]


async def save(work: Work, endpoint: Endpoint) -> None:
    """Write an endpoint's changes."""
    await work.execute(
        _SAVE, endpoint.merchant_id, endpoint.livemode, endpoint.id, endpoint.url,
        endpoint.description, list(endpoint.enabled_events), endpoint.metadata, endpoint.status,
        endpoint.disabled_reason, endpoint.secret, endpoint.old_secret, endpoint.old_secret_until,
        list(endpoint.schemes), endpoint.retry_profile, endpoint.timeout_s, endpoint.failing_since,
    )  # fmt: skip


async def claim_lanes(work: Work, limit: int, lease_s: float, token: str) -> list[Endpoint]:
    """Take the lanes of endpoints that have something due and that nobody serves."""
    return [
        _endpoint(row) for row in await work.rows(_CLAIM_LANES, limit, lease_s, token, work.now)
    ]


async def renew_lane(work: Work, endpoint_id: str, token: str, lease_s: float) -> None:
    """Hold a lane for longer, unless it is somebody else's by now."""
    await work.execute(_RENEW, endpoint_id, token, lease_s)


async def release_lane(work: Work, endpoint_id: str, token: str, rest_s: float) -> bool:
    """Give a lane back, and say whether it was held; nobody takes it for `rest_s` seconds."""
    return await work.execute(_RELEASE, endpoint_id, token, rest_s) == 1


async def set_health(
    work: Work, endpoint_id: str, status: str, reason: str | None, failing_since: dt.datetime | None
) -> None:
    """Write down how telling an endpoint goes."""
    await work.execute(_HEALTH, endpoint_id, status, reason, failing_since)


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(**row)
