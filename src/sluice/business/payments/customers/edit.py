"""Create, update and delete customers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

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


async def update_customer(work: Work, held: Customer, changes: Mapping[str, Any]) -> Customer:
    """Change the fields of a customer that this Work holds locked."""
    customer = dataclasses.replace(held, **changes)
    await store.save(work, customer)
    merchant_id, livemode = work.owner
    fact = CustomerUpdated(
        merchant_id=merchant_id, livemode=livemode, customer=customer, before=held
    )
    work.record([fact])
    return customer


async def delete_customer(work: Work, held: Customer) -> Customer:
    """Forget a customer that this Work holds locked: the id stays for the books, no more."""
    gone = Customer(held.id, held.merchant_id, held.livemode, held.created_at, deleted_at=work.now)
    await store.save(work, gone)
    _record(work, CustomerDeleted, held)
    return gone


def _record(work: Work, kind: type[CustomerFact], customer: Customer) -> None:
    work.record(
        [kind(merchant_id=customer.merchant_id, livemode=customer.livemode, customer=customer)]
    )
