"""Event and its types."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.base.facts import Fact

# Everything a merchant can be told. Stripe's names where Stripe has one, ours where it has none.
TYPES: Final = (
    "charge.failed",
    "charge.pending",
    "charge.succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.created",
    "customer.deleted",
    "customer.updated",
    "payment.unexpected",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.finalized",
    "payment_intent.overpaid",
    "payment_intent.partially_funded",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.reversed",
    "payment_intent.succeeded",
    "rate.alert",
    "rate.peg_changed",
    "webhook_endpoint.disabled",
)


@dataclass(frozen=True, slots=True)
class Told:
    """One event a fact becomes: its type, and the object as it was, ready for the wire."""

    type: str
    object_id: str
    shown: dict[str, Any]
    previous: dict[str, Any] | None = None  # what changed, as it was


# What the wire makes of a fact; handed in, because the wire lies above.
Render = Callable[[Fact], Sequence[Told]]


@dataclass(frozen=True, slots=True)
class Event:
    """What a merchant is told, as the exact bytes that are signed and sent."""

    id: str
    merchant_id: str
    livemode: bool
    seq: int
    type: str
    object_id: str
    body: bytes
    created_at: dt.datetime
