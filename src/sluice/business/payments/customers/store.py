"""Rows of customers."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.payments.customers.model import Customer

_ADD: Final = """
INSERT INTO customers (merchant_id, livemode, id, email, name, phone, description, address, shipping, metadata,
  created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_MINE: Final = """
SELECT merchant_id, livemode, id, email, name, phone, description, address, shipping, metadata, created_at, deleted_at
FROM customers c WHERE c.merchant_id = $1 AND c.livemode = $2"""
_GET: Final = _MINE + " AND c.id = $3"
_EXISTS: Final = """
SELECT true FROM customers WHERE merchant_id = $1 AND livemode = $2 AND id = $3 AND deleted_at IS NULL"""
_SAVE: Final = """
UPDATE customers SET email = $4, name = $5, phone = $6, description = $7, address = $8, shipping = $9, metadata = $10,
  deleted_at = $11
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""


def add(work: Work, customer: Customer) -> None:
    """Add a customer."""
    work.insert(
        _ADD, customer.merchant_id, customer.livemode, customer.id, customer.email, customer.name,
        customer.phone, customer.description, customer.address, customer.shipping,
        customer.metadata, customer.created_at,
    )  # fmt: skip


async def exists(work: Work, customer_id: str) -> bool:
    """Say whether the merchant has this customer."""
    return await work.value(_EXISTS, *work.owner, customer_id) is True


async def get(work: Work, customer_id: str, *, lock: bool = False) -> Customer | None:
    """Return a customer, deleted or not."""
    row = await work.row(_GET + (" FOR UPDATE" if lock else ""), *work.owner, customer_id)
    return None if row is None else _customer(row)


async def page(
    work: Work, page: Page, *, email: str | None, created: Mapping[str, dt.datetime]
) -> Listing[Customer]:
    """Return customers that are not deleted, newest first."""
    filters: list[tuple[str, object]] = [("(c.deleted_at IS NULL) = {}", True)]
    if email is not None:
        filters.append(("c.email = {}", email))
    return await newest_first(
        work, _MINE, page, _customer, alias="c", filters=filters, created=created
    )


async def save(work: Work, customer: Customer) -> None:
    """Write a customer's changes."""
    await work.execute(
        _SAVE, customer.merchant_id, customer.livemode, customer.id, customer.email, customer.name,
        customer.phone, customer.description, customer.address, customer.shipping,
        customer.metadata, customer.deleted_at,
    )  # fmt: skip


def _customer(row: Row) -> Customer:
    return Customer(**row)
