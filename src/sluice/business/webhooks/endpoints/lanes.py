"""Lanes: the right to tell one endpoint, and how the telling goes."""

import dataclasses
import datetime as dt

from sluice.base.work import Work
from sluice.business.webhooks.endpoints import store
from sluice.business.webhooks.endpoints.facts import EndpointDisabled
from sluice.business.webhooks.endpoints.model import Endpoint


async def claim_lanes(work: Work, limit: int, lease_s: float, token: str) -> list[Endpoint]:
    """Take the lanes of endpoints that have something due and that nobody serves."""
    return await store.claim_lanes(work, limit, lease_s, token)


async def renew_lane(work: Work, endpoint_id: str, token: str, lease_s: float) -> None:
    """Hold a lane for longer, unless it is somebody else's by now."""
    await store.renew_lane(work, endpoint_id, token, lease_s)


async def release_lane(work: Work, endpoint_id: str, token: str, rest_s: float) -> bool:
    """Give a lane back, to rest for a while; say whether it was still this worker's."""
    return await store.release_lane(work, endpoint_id, token, rest_s)


async def set_failing(work: Work, endpoint: Endpoint, since: dt.datetime | None) -> None:
    """Note since when every attempt failed, or that one came through."""
    await store.set_health(work, endpoint.id, "enabled", None, since)


async def disable(work: Work, endpoint: Endpoint, reason: str) -> None:
    """Tell an endpoint nothing any more, and tell the merchant so."""
    since = endpoint.failing_since or work.now
    await store.set_health(work, endpoint.id, "disabled", reason, since)
    # A fact is kept and shown: it holds no secret, not even a sealed one.
    told = dataclasses.replace(
        endpoint,
        status="disabled",
        disabled_reason=reason,
        failing_since=since,
        secret=b"",
        old_secret=None,
        old_secret_until=None,
    )
    fact = EndpointDisabled(
        merchant_id=endpoint.merchant_id, livemode=endpoint.livemode, endpoint=told
    )
    work.record([fact])
