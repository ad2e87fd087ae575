"""Find customers of the merchant's."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.payments.customers import store
from sluice.business.payments.customers.model import Customer


async def customer_exists(work: Work, customer_id: str) -> bool:
    """Say whether the merchant has this customer and has not deleted them."""
    return await store.exists(work, customer_id)


async def find_customer(work: Work, customer_id: str) -> Customer:
    """Return a customer, deleted or not, or refuse as if they did not exist."""
    customer = await store.get(work, customer_id)
    if customer is None:
        raise NotFound(f"No such customer: '{customer_id}'", param="id")
    return customer


async def lock_customer(work: Work, customer_id: str) -> Customer:
    """Return a customer locked until the Work ends; refuse also when they were deleted."""
    customer = await store.get(work, customer_id, lock=True)
    if customer is None or customer.deleted_at is not None:
        raise NotFound(f"No such customer: '{customer_id}'", param="id")
    return customer


async def page_customers(
    work: Work,
    page: Page,
    *,
    email: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[Customer]:
    """Return a page of customers."""
    return await store.page(work, page, email=email, created=created or {})
