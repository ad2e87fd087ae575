"""Session, LineItem and the states between them."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sluice.base.states import States


class Status(StrEnum):
    """Stripe's three words."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentStatus(StrEnum):
    """Whether the money is there."""

    PAID = "paid"
    UNPAID = "unpaid"
    NO_PAYMENT_REQUIRED = "no_payment_required"


# A session whose payment came in time, but was noticed after it expired, still completes.
MOVES: Final = States(
    "checkout_session",
    {
        Status.OPEN: frozenset({Status.COMPLETE, Status.EXPIRED}),
        Status.EXPIRED: frozenset({Status.COMPLETE}),
        Status.COMPLETE: frozenset(),
    },
)


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line as asked for."""

    name: str
    currency: str
    unit_amount: int
    quantity: int
    description: str | None = None
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewSession:
    """What is asked for when a session is opened."""

    lines: Sequence[NewLine]
    success_url: str | None = None
    cancel_url: str | None = None
    return_url: str | None = None
    ui_mode: str = "hosted_page"
    customer_id: str | None = None
    customer_email: str | None = None
    client_reference_id: str | None = None
    locale: str | None = None
    submit_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    intent_metadata: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    expires_at: dt.datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of the cart; amounts in the currency's smallest unit."""

    id: str
    name: str
    currency: str
    unit_amount: int
    quantity: int
    description: str | None = None
    images: Sequence[str] = ()

    @property
    def total(self) -> int:
        """Return what the line costs."""
        return self.unit_amount * self.quantity


@dataclass(frozen=True, slots=True)
class Session:
    """A page that collects one payment."""

    id: str
    merchant_id: str
    livemode: bool
    intent_id: str
    status: Status
    payment_status: PaymentStatus
    line_items: Sequence[LineItem]
    created_at: dt.datetime
    expires_at: dt.datetime
    ui_mode: str = "hosted_page"
    customer_id: str | None = None
    customer_email: str | None = None
    client_reference_id: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    return_url: str | None = None
    locale: str | None = None
    submit_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    version: int = 1

    @property
    def currency(self) -> str:
        """Return the one currency of its lines."""
        return self.line_items[0].currency

    @property
    def amount_total(self) -> int:
        """Return what the cart costs."""
        return sum(item.total for item in self.line_items)

    def move(self, status: Status, payment_status: PaymentStatus) -> "Session":
        """Return the session in another status."""
        return dataclasses.replace(
            self,
            status=MOVES.check(self.status, status),
            payment_status=payment_status,
            version=self.version + 1,
        )
