"""Requirement, Payment, Settlement: a request that is paid for by a signed word (x402, `exact`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import UNITS_MAX, Authorization

# The protocol's own names: what a payer's program branches on.
VERSION = 2
VERSION_OLD = 1
TIMEOUT_MAX_S = 86_400


class Reason(StrEnum):
    """Why a payment is not taken, in the protocol's words."""

    REQUIREMENTS = "invalid_payment_requirements"
    NETWORK = "invalid_network"
    PAYLOAD = "invalid_payload"
    VERSION = "invalid_x402_version"
    SCHEME = "unsupported_scheme"
    RECIPIENT = "invalid_exact_evm_payload_recipient_mismatch"
    VALUE = "invalid_exact_evm_payload_authorization_value_mismatch"
    VALID_AFTER = "invalid_exact_evm_payload_authorization_valid_after"
    VALID_BEFORE = "invalid_exact_evm_payload_authorization_valid_before"
    SIGNATURE = "invalid_exact_evm_payload_signature"
    FUNDS = "insufficient_funds"
    TRANSACTION_STATE = "invalid_transaction_state"
    VERIFYING = "unexpected_verify_error"
    SETTLING = "unexpected_settle_error"
    PENDING = "settlement_pending"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One way to pay: exactly so many units of a token to an address, by a word signed for it.

    Addresses are as shown, with their checksum; `is_same` looks past it. `extra` holds the
    token's name and version, and what the seller wants to see again.
    """

    chain_id: int
    units: int
    asset: str
    pay_to: str
    timeout_s: int
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.units <= UNITS_MAX or not 0 < self.timeout_s <= TIMEOUT_MAX_S:
            raise Invalid(
                "A requirement asks for at least one unit, within a day.", code=Reason.REQUIREMENTS
            )

    def is_same(self, other: "Requirement") -> bool:
        """Say whether both ask for the same, to the last member."""
        return _lowered(self) == _lowered(other)


def _lowered(one: Requirement) -> Requirement:
    return replace(one, asset=one.asset.lower(), pay_to=one.pay_to.lower())


@dataclass(frozen=True, slots=True)
class Resource:
    """What is paid for."""

    url: str
    description: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequired:
    """What a request without payment is told: what it costs, and each way to pay for it.

    `may_be_named` invites payers to name their payment, so that the answer can be asked for again.
    """

    resource: Resource
    accepts: Sequence[Requirement]
    error: str | None = None
    may_be_named: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payer sent along. Nothing in it is believed: it is held against what was asked.

    `accepted` and `resource` are what the payer says was asked; version 1 says neither. The same
    `identifier` with the same payment asks for the same answer again.
    """

    version: int
    chain_id: int
    authorization: Authorization
    signature: bytes
    accepted: Requirement | None = None
    resource: Resource | None = None
    identifier: str | None = None


class Question(NamedTuple):
    """What a seller asks a facilitator, and the bytes in which he asked."""

    payment: Payment
    asked: Requirement
    body: bytes


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a payment; without a reason it is on the chain as `transaction`."""

    chain_id: int
    payer: str | None
    transaction: str = ""
    reason: str | None = None

    @property
    def is_success(self) -> bool:
        """Say whether the money moved."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Taken:
    """A payer's word that a merchant took, once, for one intent.

    `request` is a digest of what was asked with it, `question` the seller's own words, which are
    handed in until the chain shows the payment or `until` has passed.
    """

    id: str
    merchant_id: str
    livemode: bool
    network: str
    token: str
    payer: str
    nonce: bytes
    identifier: str | None
    request: bytes
    question: bytes
    intent_id: str
    until: dt.datetime
    created_at: dt.datetime
    answered_at: dt.datetime | None = None
