"""Find refunds of the merchant's, or the one a claim link opens."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.model import Refund


async def find_refund(work: Work, refund_id: str) -> Refund:
    """Return a refund, or refuse as if it did not exist."""
    return _found(await store.get(work, refund_id), refund_id)


async def lock_refund(work: Work, refund_id: str) -> Refund:
    """Return a refund, held until the Work ends, or refuse as if it did not exist."""
    return _found(await store.lock(work, refund_id), refund_id)


async def page_refunds(
    work: Work,
    page: Page,
    *,
    intent_id: str | None = None,
    charge_id: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[Refund]:
    """Return a page of refunds."""
    if charge_id is not None:
        intent_id = "pi_" + charge_id.partition("_")[2]
    return await store.page(work, page, intent_id=intent_id, created=created or {})


async def find_claimed(work: Work, claim_token: str) -> tuple[str, bool, str]:
    """Return (merchant, mode, refund) of a claim link, or refuse as if there were none."""
    found = await store.owner_of(work, claim_token)
    if found is None:
        raise NotFound("There is no refund at this address.", code="resource_missing")
    return found


def _found(refund: Refund | None, refund_id: str) -> Refund:
    if refund is None:
        raise NotFound(f"No such refund: '{refund_id}'", param="id")
    return refund
