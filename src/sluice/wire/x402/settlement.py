"""What came of a payment: the header PAYMENT-RESPONSE, and a facilitator's bodies."""

from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.business.payments.paywalls.model import (
    VERSION,
    Payment,
    Reason,
    Requirement,
    Settlement,
)
from sluice.wire.x402.headers import read_body, read_header, write_header
from sluice.wire.x402.members import Members, refused
from sluice.wire.x402.networks import read_network, show_network, show_old_network
from sluice.wire.x402.payment import read_payload, show_payload
from sluice.wire.x402.required import check_version, read_requirement, show_requirement

# What others may say as well, and we do not need.
_MORE: Final = ("amount", "errorMessage", "extensions", "extra")


def write_settlement(settlement: Settlement) -> str:
    """Return the header PAYMENT-RESPONSE."""
    return write_header(show_settlement(settlement))


def write_old_settlement(settlement: Settlement) -> str:
    """Return the header X-PAYMENT-RESPONSE. Raises Invalid where version 1 has no word for it."""
    network = show_old_network(settlement.chain_id)
    if network is None:
        raise Invalid("Version 1 does not know this network.", code=Reason.NETWORK)
    return write_header({**show_settlement(settlement), "network": network})


def show_settlement(settlement: Settlement) -> dict[str, Any]:
    """Return what came of a payment: also the answer to `/settle`."""
    members: dict[str, Any] = {"success": settlement.is_success}
    if settlement.reason is not None:
        members["errorReason"] = settlement.reason
    members["transaction"] = settlement.transaction
    members["network"] = show_network(settlement.chain_id)
    if settlement.payer is not None:
        members["payer"] = settlement.payer
    return members


def read_settlement(text: str) -> Settlement:
    """Read the header PAYMENT-RESPONSE. Raises Invalid, also where it contradicts itself."""
    return _read(read_header(text))


def read_settled(members: Members, asked: Requirement) -> Settlement:
    """Read a facilitator's answer to `/settle`. Raises Invalid, also where it is about another."""
    settlement = _read(members)
    if settlement.chain_id != asked.chain_id:
        raise refused("It is about another network.", "network")
    return settlement


def _read(members: Members) -> Settlement:
    is_success, reason = members.flag("success"), members.maybe_text("errorReason")
    settlement = Settlement(
        read_network(members),
        members.address("payer") if members.has("payer") else None,
        members.text("transaction"),
        reason,
    )
    for name in _MORE:
        members.has(name)
    members.close()
    if is_success != settlement.is_success or (is_success and not settlement.transaction):
        raise refused("It says both that the money moved and that it did not.", "success")
    return settlement


def read_question(body: bytes) -> tuple[Payment, Requirement]:
    """Read what a seller asks a facilitator, to `/verify` or `/settle`. Raises Invalid."""
    members = read_body(body)
    check_version(members, VERSION)
    payment = read_payload(members.members("paymentPayload"))
    asked = read_requirement(members.members("paymentRequirements"))
    members.close()
    return payment, asked


def show_question(payment: Payment, asked: Requirement) -> dict[str, Any]:
    """Return what a seller asks a facilitator."""
    return {
        "x402Version": VERSION,
        "paymentPayload": show_payload(payment),
        "paymentRequirements": show_requirement(asked),
    }


def show_verdict(payer: str, reason: Reason | None) -> dict[str, Any]:
    """Return the answer to `/verify`."""
    if reason is None:
        return {"isValid": True, "payer": payer}
    return {"isValid": False, "invalidReason": reason, "payer": payer}
