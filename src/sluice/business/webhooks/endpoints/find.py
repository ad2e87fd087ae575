"""Find endpoints."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.webhooks.endpoints import store
from sluice.business.webhooks.endpoints.model import Endpoint


async def find_endpoint(work: Work, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the merchant's, or refuse as if it did not exist."""
    return found(await store.get(work, endpoint_id), endpoint_id)


async def lock_endpoint(work: Work, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the merchant's locked until the Work ends, or refuse."""
    return found(await store.get(work, endpoint_id, lock=True), endpoint_id)


async def page_endpoints(
    work: Work, page: Page, *, created: Mapping[str, dt.datetime] | None = None
) -> Listing[Endpoint]:
    """Return a page of endpoints."""
    return await store.page(work, page, created=created or {})


async def find_listeners(work: Work, merchant_ids: Sequence[str]) -> list[Endpoint]:
    """Return the enabled endpoints of some merchants."""
    return await store.listeners(work, merchant_ids)


def found(endpoint: Endpoint | None, endpoint_id: str) -> Endpoint:
    """Return the endpoint, or refuse."""
    if endpoint is None:
        raise NotFound(f"No such webhook endpoint: '{endpoint_id}'", param="id")
    return endpoint
