"""Create, update and delete customers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.business.payments.customers import store
from sluice.business.payments.customers.facts import (
    CustomerCreated,
    CustomerDeleted,
    CustomerFact,
    CustomerUpdated,
)
from sluice.business.payments.customers.model import Customer


async def create_customer(work: Work, fields: Mapping[str, Any]) -> Customer:
    """Add a customer."""
    merchant_id, livemode = work.owner
    customer = Customer(work.new_id("cus"), merchant_id, livemode, work.now, **fields)
    store.add(work, customer)
    _record(work, CustomerCreated, customer)
    return customer


async def update_customer(work: Work, customer_id: str, changes: Mapping[str, Any]) -> Customer:
    """Change a customer's fields."""
    customer = dataclasses.replace(await _locked(work, customer_id), **changes)
    await store.save(work, customer)
    _record(work, CustomerUpdated, customer)
    return customer


async def delete_customer(work: Work, customer_id: str) -> Customer:
    """Forget a customer: everything personal goes, the id stays for the books."""
    held = await _locked(work, customer_id)
    gone = Customer(held.id, held.merchant_id, held.livemode, held.created_at, deleted_at=work.now)
    await store.save(work, gone)
    _record(work, CustomerDeleted, gone)
    return gone


async def _locked(work: Work, customer_id: str) -> Customer:
    customer = await store.get(work, customer_id, lock=True)
    if customer is None or customer.deleted_at is not None:
        raise NotFound(f"No such customer: '{customer_id}'", param="id")
    return customer


def _record(work: Work, kind: type[CustomerFact], customer: Customer) -> None:
    work.record(
        [kind(merchant_id=customer.merchant_id, livemode=customer.livemode, customer=customer)]
    )
