"""Find intents of the merchant's."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.payments.intents import store
from sluice.business.payments.intents.model import PaymentIntent


async def find_intent(work: Work, intent_id: str) -> PaymentIntent:
    """Return an intent, or refuse as if it did not exist."""
    return _found(await store.get(work, intent_id), intent_id)


async def lock_intent(work: Work, intent_id: str) -> PaymentIntent:
    """Return an intent locked until the Work ends, or refuse as if it did not exist."""
    return _found(await store.lock(work, intent_id), intent_id)


async def page_intents(
    work: Work,
    page: Page,
    *,
    intent_id: str | None = None,
    customer: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
    charged: bool = False,
) -> Listing[PaymentIntent]:
    """Return a page of intents; `charged` only those that money was seen for."""
    return await store.page(
        work, page, intent_id=intent_id, customer=customer, created=created or {}, charged=charged
    )


def _found(intent: PaymentIntent | None, intent_id: str) -> PaymentIntent:
    if intent is None:
        raise NotFound(f"No such payment_intent: '{intent_id}'", param="intent")
    return intent
