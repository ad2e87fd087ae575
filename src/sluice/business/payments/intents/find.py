"""Find intents of the merchant's."""

import datetime as dt
from collections.abc import Mapping, Sequence

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


async def lock_any_intents(work: Work, intent_ids: Sequence[str]) -> list[PaymentIntent]:
    """Return intents of whichever merchant, locked in the order of their ids."""
    return await store.lock_any(work, intent_ids)


async def find_charged(work: Work, charge_id: str) -> PaymentIntent:
    """Return the intent of a charge, or refuse as if there were none."""
    intent = await store.get(work, _intent_id(charge_id))
    if intent is None or intent.charge_id != charge_id:
        raise NotFound(f"No such charge: '{charge_id}'", param="id")
    return intent


async def lock_charged(work: Work, charge_id: str) -> PaymentIntent:
    """Return the intent of a charge, locked, or refuse as if there were none."""
    intent = await store.lock(work, _intent_id(charge_id))
    if intent is None or intent.charge_id != charge_id:
        raise NotFound(f"No such charge: '{charge_id}'", param="charge")
    return intent


async def page_intents(
    work: Work,
    page: Page,
    *,
    customer: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[PaymentIntent]:
    """Return a page of intents."""
    return await store.page(work, page, intent_id=None, customer=customer, created=created or {})


async def page_charged(
    work: Work,
    page: Page,
    *,
    intent_id: str | None = None,
    customer: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[PaymentIntent]:
    """Return a page of intents that money was seen for; cursors and ages are their charges'."""
    cursors = Page(
        page.limit,
        page.starting_after and _intent_id(page.starting_after),
        page.ending_before and _intent_id(page.ending_before),
    )
    return await store.page(
        work,
        cursors,
        intent_id=intent_id,
        customer=customer,
        created=created or {},
        charged=True,
    )


def _intent_id(charge_id: str) -> str:
    """Return the id of the intent whose charge this would be: both share their body."""
    return "pi_" + charge_id.partition("_")[2]


def _found(intent: PaymentIntent | None, intent_id: str) -> PaymentIntent:
    if intent is None:
        raise NotFound(f"No such payment_intent: '{intent_id}'", param="intent")
    return intent
