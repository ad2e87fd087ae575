"""Payout and its states, and the withdrawal by which one may leave; pure."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sluice.base.money.money import Money
from sluice.base.states import States


class Status(StrEnum):
    """Stripe's five words."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"  # its transaction was made, and may be out
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


MOVES: Final = States(
    "payout",
    {
        Status.PENDING: frozenset({Status.IN_TRANSIT, Status.PAID, Status.FAILED, Status.CANCELED}),
        Status.IN_TRANSIT: frozenset({Status.PAID, Status.FAILED}),
        Status.PAID: frozenset(),
        Status.FAILED: frozenset(),
        Status.CANCELED: frozenset(),
    },
)


class Asked(StrEnum):
    """How far a withdrawal is."""

    ASKED = "asked"  # its transaction is to be made, or may still be undone
    CREATED = "created"  # the peg has numbered it, and its signers decide
    ACCEPTED = "accepted"
    REJECTED = "rejected"


ASKED_MOVES: Final = States(
    "withdrawal",
    {
        Asked.ASKED: frozenset({Asked.CREATED}),
        Asked.CREATED: frozenset({Asked.ACCEPTED, Asked.REJECTED}),
        Asked.ACCEPTED: frozenset(),
        Asked.REJECTED: frozenset(),
    },
)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A payout's way through a peg: it arrives on another network, for a fee bounded before.

    `ask_tx_id` is the final transaction that asked; `number` is what the peg calls the request.
    """

    network: str
    fee_max: int
    state: Asked = Asked.ASKED
    ask_tx_id: str | None = None
    number: int | None = None
    fee: int | None = None

    def move(self, state: Asked, **changes: object) -> "Withdrawal":
        """Return the withdrawal in another state."""
        moved = {"state": ASKED_MOVES.check(self.state, state)} | changes
        return dataclasses.replace(self, **moved)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a payout goes, and how, if not by a plain transfer."""

    recipient: str
    withdrawal: Withdrawal | None = None

    def whole(self, money: Money) -> Money:
        """Return what is set aside for so much to arrive: the most that the fee may be with it."""
        fee_max = 0 if self.withdrawal is None else self.withdrawal.fee_max
        return Money(money.units + fee_max, money.asset)


@dataclass(frozen=True, slots=True)
class NewPayout:
    """What is asked for when a payout is made; the network may be left out where one carries it.

    `arrives_on` is another network, reached through a peg for `fee_max` at most.
    """

    money: Money
    network: str | None = None
    arrives_on: str | None = None
    fee_max: int | None = None
    destination: str | None = None
    description: str | None = None
    statement_descriptor: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payout:
    """So much of an asset from a merchant's hot wallet to its own address elsewhere."""

    id: str
    merchant_id: str
    livemode: bool
    network: str
    money: Money
    recipient: str
    status: Status
    needs_approval: bool
    requested_by: str
    reserve_id: str
    created_at: dt.datetime
    approved_by: str | None = None
    description: str | None = None
    statement_descriptor: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    settlement_id: str | None = None
    send_id: str | None = None
    tx_id: str | None = None
    ended_at: dt.datetime | None = None
    withdrawal: Withdrawal | None = None
    version: int = 1

    @property
    def destination(self) -> Destination:
        """Return where it goes, and how."""
        return Destination(self.recipient, self.withdrawal)

    @property
    def whole(self) -> Money:
        """Return what is set aside for it."""
        return self.destination.whole(self.money)

    @property
    def awaits_approval(self) -> bool:
        """Say whether a second person must agree before anything leaves."""
        return self.needs_approval and self.approved_by is None

    def move(self, status: Status, **changes: object) -> "Payout":
        """Return the payout in another status."""
        return self.change(status=MOVES.check(self.status, status), **changes)

    def change(self, **changes: object) -> "Payout":
        """Return the payout changed, a version on."""
        return dataclasses.replace(self, **{"version": self.version + 1} | changes)  # type: ignore[arg-type]
