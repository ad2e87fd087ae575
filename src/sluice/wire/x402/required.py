"""What a request without payment is told: the header of version 2, the body of version 1."""

from typing import Any, Final
from urllib.parse import parse_qsl

from sluice.business.payments.paywalls.model import (
    VERSION,
    VERSION_OLD,
    PaymentRequired,
    Reason,
    Requirement,
    Resource,
)
from sluice.wire.x402.headers import read_header, write_header
from sluice.wire.x402.members import Members, refused
from sluice.wire.x402.networks import read_network, show_network, show_old_network

SCHEME: Final = "exact"
# specs/extensions/payment_identifier.md of x402: its name, and what a name of a payment is.
IDENTIFIER: Final = "payment-identifier"
_NAME: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "required": {"type": "boolean"},
        "id": {
            "type": "string",
            "minLength": 16,
            "maxLength": 128,
            "pattern": "^[a-zA-Z0-9_-]+$",
        },
    },
    "required": ["required"],
}


def write_required(required: PaymentRequired) -> str:
    """Return the header PAYMENT-REQUIRED."""
    members: dict[str, Any] = {"x402Version": VERSION}
    if required.error is not None:
        members["error"] = required.error
    members["resource"] = show_resource(required.resource)
    members["accepts"] = [show_requirement(one) for one in required.accepts]
    if required.may_be_named:
        members["extensions"] = {IDENTIFIER: {"info": {"required": False}, "schema": _NAME}}
    return write_header(members)


def read_required(text: str) -> PaymentRequired:
    """Read the header PAYMENT-REQUIRED. Raises Invalid."""
    members = read_header(text)
    check_version(members, VERSION)
    required = PaymentRequired(
        read_resource(members.members("resource")),
        tuple(read_requirement(one) for one in members.list("accepts")),
        members.maybe_text("error"),
        members.has("extensions") and members.members("extensions").has(IDENTIFIER),
    )
    members.close()
    return required


def show_old_required(required: PaymentRequired) -> dict[str, Any]:
    """Return version 1's body, without the networks it has no word for."""
    accepts = []
    for one in required.accepts:
        network = show_old_network(one.chain_id)
        if network is None:
            continue
        accepts.append(
            {
                "scheme": SCHEME,
                "network": network,
                "maxAmountRequired": str(one.units),
                "asset": one.asset,
                "payTo": one.pay_to,
                "resource": required.resource.url,
                "description": required.resource.description or "",
                "mimeType": required.resource.mime_type or "",
                "outputSchema": None,
                "maxTimeoutSeconds": one.timeout_s,
                "extra": dict(one.extra),
            }
        )
    error = required.error or "Payment required to access this resource"
    return {"x402Version": VERSION_OLD, "error": error, "accepts": accepts}


def show_requirement(one: Requirement) -> dict[str, Any]:
    """Return one way to pay."""
    return {
        "scheme": SCHEME,
        "network": show_network(one.chain_id),
        "amount": str(one.units),
        "asset": one.asset,
        "payTo": one.pay_to,
        "maxTimeoutSeconds": one.timeout_s,
        "extra": dict(one.extra),
    }


def read_requirement(members: Members) -> Requirement:
    """Read one way to pay. Raises Invalid."""
    check_scheme(members)
    requirement = Requirement(
        read_network(members),
        members.units("amount"),
        members.address("asset"),
        members.address("payTo"),
        members.integer("maxTimeoutSeconds"),
        members.texts("extra"),
    )
    members.close()
    return requirement


def read_price(query: bytes) -> tuple[str, int]:
    """Read a price from a query, `asset=usdc&amount=10000`. Raises Invalid."""
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    members = Members(given, "")
    asset, units = members.text("asset"), members.units("amount")
    members.close()
    return asset, units


def show_resource(resource: Resource) -> dict[str, Any]:
    """Return what is paid for."""
    members = {
        "url": resource.url,
        "description": resource.description,
        "mimeType": resource.mime_type,
    }
    return {name: value for name, value in members.items() if value is not None}


def read_resource(members: Members) -> Resource:
    """Read what is paid for; others may say more of it, which is left out."""
    return Resource(
        members.text("url"), members.maybe_text("description"), members.maybe_text("mimeType")
    )


def check_version(members: Members, version: int) -> None:
    """Refuse another version of the protocol."""
    if members.integer("x402Version") != version:
        raise refused(f"Use version {version}.", "x402Version", Reason.VERSION)


def check_scheme(members: Members) -> None:
    """Refuse another scheme than `exact`."""
    if members.text("scheme") != SCHEME:
        raise refused("Use the scheme exact.", "scheme", Reason.SCHEME)
