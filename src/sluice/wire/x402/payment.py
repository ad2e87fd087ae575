"""What a payer sends along: PAYMENT-SIGNATURE of version 2, X-PAYMENT of version 1."""

import re
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.business.payments.paywalls.model import VERSION, VERSION_OLD, Payment
from sluice.engine.chains.authorization import NONCE_BYTES, Authorization
from sluice.wire.x402.headers import read_header, write_header
from sluice.wire.x402.members import Members, refused
from sluice.wire.x402.networks import read_old_network
from sluice.wire.x402.required import (
    IDENTIFIER,
    check_scheme,
    check_version,
    read_requirement,
    read_resource,
    show_requirement,
    show_resource,
)

# Wallets that are contracts sign with as much as they like; this is more than any is known to.
_SIGNATURE_BYTES_MAX: Final = 4_096
_IDENTIFIER_FORM: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


def read_payment(text: str) -> Payment:
    """Read the header PAYMENT-SIGNATURE. Raises Invalid with the protocol's own code."""
    return read_payload(read_header(text))


def read_payload(members: Members) -> Payment:
    """Read version 2's payment. Raises Invalid."""
    check_version(members, VERSION)
    identifier = _identifier(members)
    accepted = read_requirement(members.members("accepted"))
    resource = read_resource(members.members("resource")) if members.has("resource") else None
    word, signature = _signed(members.members("payload"))
    members.close()
    return Payment(VERSION, accepted.chain_id, word, signature, accepted, resource, identifier)


def read_old_payment(text: str) -> Payment:
    """Read the header X-PAYMENT. Raises Invalid."""
    members = read_header(text)
    check_version(members, VERSION_OLD)
    check_scheme(members)
    chain_id = read_old_network(members)
    word, signature = _signed(members.members("payload"))
    members.close()
    return Payment(VERSION_OLD, chain_id, word, signature)


def write_payment(payment: Payment) -> str:
    """Return the header PAYMENT-SIGNATURE: what a payer of ours sends."""
    return write_header(show_payload(payment))


def show_payload(payment: Payment) -> dict[str, Any]:
    """Return version 2's payment. Raises Invalid for a payment that names no requirement."""
    if payment.accepted is None:
        raise Invalid("Version 2 names what was accepted.", code="parameter_missing")
    word = payment.authorization
    members: dict[str, Any] = {"x402Version": VERSION}
    if payment.resource is not None:
        members["resource"] = show_resource(payment.resource)
    members["accepted"] = show_requirement(payment.accepted)
    members["payload"] = {
        "signature": f"0x{payment.signature.hex()}",
        "authorization": {
            "from": word.payer,
            "to": word.payee,
            "value": str(word.units),
            "validAfter": str(word.valid_after),
            "validBefore": str(word.valid_before),
            "nonce": f"0x{word.nonce.hex()}",
        },
    }
    if payment.identifier is not None:
        members["extensions"] = {
            IDENTIFIER: {"info": {"required": False, "id": payment.identifier}}
        }
    return members


def _identifier(members: Members) -> str | None:
    """Read the extension `payment-identifier`; others are left to whoever knows them."""
    if not members.has("extensions"):
        return None
    extensions = members.members("extensions")
    if not extensions.has(IDENTIFIER):
        return None
    info = extensions.members(IDENTIFIER).members("info")
    identifier = info.maybe_text("id")
    if identifier is not None and not _IDENTIFIER_FORM.fullmatch(identifier):
        raise refused(
            "It must have 16 to 128 letters, digits, - and _.",
            f"extensions.{IDENTIFIER}.info.id",
        )
    return identifier


def _signed(payload: Members) -> tuple[Authorization, bytes]:
    signature = payload.bytes("signature")
    if not 0 < len(signature) <= _SIGNATURE_BYTES_MAX:
        raise refused("It is no signature.", "payload.signature")
    said = payload.members("authorization")
    payload.close()
    nonce = said.bytes("nonce")
    if len(nonce) != NONCE_BYTES:
        raise refused("It must have 32 bytes.", "payload.authorization.nonce")
    payer, payee = said.address("from").lower(), said.address("to").lower()
    numbers = said.units("value"), said.units("validAfter"), said.units("validBefore")
    said.close()
    try:
        return Authorization(payer, payee, *numbers, nonce), signature
    except Invalid as error:
        raise refused(error.message, "payload.authorization") from error
