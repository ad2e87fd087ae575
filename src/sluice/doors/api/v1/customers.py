"""/v1/customers."""

from typing import Final

from sluice.business.payments.customers.edit import (
    create_customer,
    delete_customer,
    update_customer,
)
from sluice.business.payments.customers.find import find_customer, lock_customer, page_customers
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import customer as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def create(call: Call) -> Shown:
    """Create a customer."""
    return wire.show_customer(await create_customer(call.work, wire.read_fields(call.given)))


async def retrieve(call: Call) -> Shown:
    """Retrieve a customer."""
    return wire.show_customer(await find_customer(call.work, call.path["id"]))


async def update(call: Call) -> Shown:
    """Update a customer; an empty value takes back what was there."""
    held = await lock_customer(call.work, call.path["id"])
    changes = wire.read_fields(call.given, held)
    return wire.show_customer(await update_customer(call.work, held, changes))


async def delete(call: Call) -> Shown:
    """Delete a customer and everything personal."""
    held = await lock_customer(call.work, call.path["id"])
    return wire.show_customer(await delete_customer(call.work, held))


async def page(call: Call) -> Shown:
    """List customers, newest first."""
    listing = await page_customers(
        call.work, read_page(call.given), email=call.given.text("email"), created=bounds(call.given)
    )
    return show_list(_ALL, listing, wire.show_customer)


_READ: Final = "customers:read"
_WRITE: Final = "customers:write"
_ALL: Final = "/v1/customers"
_ONE: Final = "/v1/customers/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, "customer"),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, "customer"),
    Route("POST", _ONE, update, wire.UPDATE, _WRITE, "customer"),
    Route("DELETE", _ONE, delete, wire.DELETE, _WRITE, "customer"),
)
