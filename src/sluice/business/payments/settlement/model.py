"""Payout and its states; pure."""

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


@dataclass(frozen=True, slots=True)
class NewPayout:
    """What is asked for when a payout is made; the network may be left out where one carries it."""

    money: Money
    network: str | None = None
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
    version: int = 1

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
