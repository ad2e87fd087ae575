"""Customer on the wire."""

from typing import Any, Final

from sluice.business.payments.customers.model import Customer
from sluice.wire.fields import Email, Field, Text
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import Object, Shape
from sluice.wire.show import Shown, plain, stamp

_ADDRESS: Final = Object(
    {name: Text(200) for name in ("city", "country", "line1", "line2", "postal_code", "state")}
)
_FIELDS: Final[dict[str, Field]] = {
    "email": Email(),
    "name": Text(256),
    "phone": Text(40),
    "description": Text(500),
    "address": _ADDRESS,
    "shipping": Object({"address": _ADDRESS, "name": Text(256, required=True), "phone": Text(40)}),
    "metadata": Metadata(),
}

CREATE: Final = Shape("customer.create", _FIELDS)
UPDATE: Final = Shape("customer.update", _FIELDS)
RETRIEVE: Final = Shape("customer.retrieve", {})
DELETE: Final = Shape("customer.delete", {})
LIST: Final = ListShape("customer.list", ("cus",), {"email": Email()})

# What customers of invoices and saved cards have.
_ABSENT: Final[Shown] = dict.fromkeys(
    ("currency", "default_source", "discount", "invoice_prefix", "test_clock")
)
_INVOICE_SETTINGS: Final[Shown] = dict.fromkeys(
    ("custom_fields", "default_payment_method", "footer", "rendering_options")
)


def read_fields(given: Given, customer: Customer | None = None) -> dict[str, Any]:
    """Read which fields are set or, sent empty, taken back."""
    fields: dict[str, Any] = {
        name: given.get(name)
        for name in ("email", "name", "phone", "description")
        if given.has(name) or given.is_unset(name)
    }
    for name in ("address", "shipping"):
        part = given.object(name)
        if part is not None or given.is_unset(name):
            fields[name] = part and _nested(part)
    fields["metadata"] = given.metadata().apply(customer.metadata if customer else {})
    return fields


def show_customer(customer: Customer) -> Shown:
    """Show a customer; a deleted one is its id and that it is deleted."""
    if customer.deleted_at is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    return {
        "id": customer.id,
        "object": "customer",
        "address": plain(customer.address),
        "balance": 0,
        "created": stamp(customer.created_at),
        "delinquent": False,
        "description": customer.description,
        "email": customer.email,
        "invoice_settings": dict(_INVOICE_SETTINGS),
        "livemode": customer.livemode,
        "metadata": dict(customer.metadata),
        "name": customer.name,
        "next_invoice_sequence": 1,
        "phone": customer.phone,
        "preferred_locales": [],
        "shipping": plain(customer.shipping),
        "tax_exempt": "none",
        **_ABSENT,
    }


def _nested(part: Given) -> dict[str, Any]:
    return {
        name: _nested(value) if isinstance(value, Given) else value
        for name in part.names
        if (value := part.get(name)) is not None
    }
