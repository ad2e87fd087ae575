"""Refund, its states, and which part of what was paid it gives back; pure."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.base.states import States


class Status(StrEnum):
    """Stripe's five words."""

    REQUIRES_ACTION = "requires_action"  # the payer has yet to say where to
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


MOVES: Final = States(
    "refund",
    {
        Status.REQUIRES_ACTION: frozenset({Status.PENDING, Status.CANCELED}),
        Status.PENDING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED}),
        Status.SUCCEEDED: frozenset(),
        Status.FAILED: frozenset(),
        Status.CANCELED: frozenset(),
    },
)
LIVE: Final = (Status.REQUIRES_ACTION, Status.PENDING, Status.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class NewRefund:
    """What is asked for when a refund is made; no amount means all that is left."""

    intent_id: str | None = None
    charge_id: str | None = None
    amount: int | None = None
    reason: str | None = None
    to_address: str | None = None
    instructions_email: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refund:
    """So much of a payment given back: `amount` in its currency, `money` in what was paid."""

    id: str
    merchant_id: str
    livemode: bool
    intent_id: str
    amount: Money
    network: str
    money: Money
    status: Status
    needs_approval: bool
    requested_by: str
    reserve_id: str
    created_at: dt.datetime
    approved_by: str | None = None
    recipient: str | None = None
    claim_token: str | None = None
    claim_until: dt.datetime | None = None
    reason: str | None = None
    failure_reason: str | None = None
    failure_message: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    instructions_email: str | None = None
    settlement_id: str | None = None
    send_id: str | None = None
    tx_id: str | None = None
    ended_at: dt.datetime | None = None
    version: int = 1

    @property
    def charge_id(self) -> str:
        """Return the id of the charge it belongs to."""
        return "ch_" + self.intent_id.partition("_")[2]

    @property
    def awaits_approval(self) -> bool:
        """Say whether a second person must agree before anything leaves."""
        return self.needs_approval and self.approved_by is None

    @property
    def may_leave(self) -> bool:
        """Say whether nothing is missing any more for the money to be sent."""
        return (
            self.status is Status.PENDING
            and self.recipient is not None
            and not (self.awaits_approval)
        )

    def claim(self, address: str) -> "Refund":
        """Return the refund with the address its payer named."""
        return self.move(Status.PENDING, recipient=address)

    def move(self, status: Status, **changes: object) -> "Refund":
        """Return the refund in another status."""
        return self.change(status=MOVES.check(self.status, status), **changes)

    def change(self, **changes: object) -> "Refund":
        """Return the refund changed, a version on."""
        return dataclasses.replace(self, **{"version": self.version + 1} | changes)  # type: ignore[arg-type]


def amount_of(asked: int | None, whole: Money, refunded: int) -> Money:
    """Return how much is given back; refuse more than is left, and nothing."""
    left = whole.units - refunded
    if left <= 0:
        raise Invalid("This charge has already been refunded.", code="charge_already_refunded")
    if asked is None:
        return Money(left, whole.asset)
    if asked > left:
        raise Invalid(
            f"The refund is larger than the {Money(left, whole.asset)} that are left.",
            code="amount_too_large",
            param="amount",
        )
    return Money(asked, whole.asset)


def share_of(amount: Money, whole: Money, refunded: int, brought: Money) -> Money:
    """Return the part of what was paid that belongs to an amount, at the price of the payment.

    Each is rounded down on the way to the whole, so that all parts together are exactly the whole.
    """
    paid = part_of(amount, whole, refunded, brought)
    if paid.units <= 0:
        raise Invalid(
            f"This is less than the smallest unit of {brought.asset.code}.",
            code="amount_too_small",
            param="amount",
        )
    return paid


def part_of(amount: Money, whole: Money, refunded: int, brought: Money) -> Money:
    """Return the part of something that goes with an amount of the whole."""
    upto = brought.units * (refunded + amount.units) // whole.units
    return Money(upto - brought.units * refunded // whole.units, brought.asset)
