"""PaymentIntent, Offer, Payment and the states between them; decisions without a database."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

import msgspec

from sluice.base.errors import IllegalMove
from sluice.base.money.money import Money
from sluice.base.states import States
from sluice.business.accounts.merchants.model import FeePlan, LatePolicy
from sluice.business.payments.intents.paid import Paid, Source
from sluice.engine.chains.model import Style


class Status(StrEnum):
    """Stripe's seven words."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Resolution(StrEnum):
    """How the money stands; a word finer than the status."""

    AWAITING = "awaiting"  # nothing seen
    SEEN = "seen"  # enough is on its way, some of it still in the mempool
    CONFIRMING = "confirming"  # enough is in blocks, not yet deep enough
    SHORT = "short"  # too little; the rest may still come
    OVER = "over"  # paid, and more than asked
    LATE = "late"  # money came after its time and waits unapplied
    WRONG_ASSET = "wrong_asset"  # money came in an asset that was not offered
    FINAL = "final"  # paid
    REVERSED = "reversed"  # was paid, a fork took it back


class Cancellation(StrEnum):
    """Why an intent was cancelled."""

    ABANDONED = "abandoned"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    EXPIRED = "expired"


OPEN: Final = (Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_CONFIRMATION, Status.REQUIRES_ACTION)

# Stripe has no way back from succeeded or canceled; a chain does. A fork may take a payment back to
# processing, and one that was made in time may arrive after the expiry was noticed.
MOVES: Final = States(
    "payment_intent",
    {
        Status.REQUIRES_PAYMENT_METHOD: frozenset({Status.REQUIRES_ACTION, Status.CANCELED}),
        Status.REQUIRES_CONFIRMATION: frozenset({Status.REQUIRES_ACTION, Status.CANCELED}),
        Status.REQUIRES_ACTION: frozenset({Status.PROCESSING, Status.CANCELED}),
        Status.PROCESSING: frozenset({Status.SUCCEEDED, Status.REQUIRES_ACTION}),
        Status.REQUIRES_CAPTURE: frozenset({Status.SUCCEEDED, Status.CANCELED}),
        Status.SUCCEEDED: frozenset({Status.PROCESSING}),
        Status.CANCELED: frozenset({Status.PROCESSING}),
    },
)


@dataclass(frozen=True, slots=True)
class NewIntent:
    """What is asked for when an intent is made."""

    amount: Money
    customer_id: str | None = None
    description: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    return_url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    expires_in_s: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the payer, or the merchant for him, chose; None leaves it open."""

    networks: Sequence[str] | None = None
    assets: Sequence[str] | None = None
    style: Style | None = None
    memo: str | None = None  # how the payment will be known, where that is settled already


_WHOLE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Terms:
    """The merchant's settings as they were when the intent was made."""

    fee: FeePlan = field(default_factory=FeePlan)
    tolerance_bps: int = 0
    late: LatePolicy = LatePolicy.ACCEPT
    late_grace_s: int = 900
    quote_valid_s: int = 900


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to pay: `due` units of an asset to an address, at a rate that holds until an instant.

    `discount` is the part of the price given up to make the amount unique; it counts as paid.
    """

    id: str
    network: str
    asset: str
    style: str
    address: str
    memo: str | None
    due: int
    discount: int
    depth_wanted: int
    rate_numerator: int
    rate_denominator: int
    rate_source: str
    created_at: dt.datetime
    valid_until: dt.datetime

    def share(self, payment: "Payment") -> Fraction:
        """Return which part of the whole a payment covers, at this offer's rate."""
        units = payment.units if payment.source is None else payment.source.units
        return _WHOLE if units == self.due else Fraction(units, self.due)


@dataclass(frozen=True, slots=True)
class Payment:
    """A transfer towards an intent, as the chain tells it now.

    With a source it is what arrived, and the source is what counts towards the price.
    """

    network: str
    tx_id: str
    index: int
    offer_id: str
    asset: str
    units: int
    state: str
    sender: str
    paid_at: dt.datetime
    height: int | None = None
    source: Source | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """Return what makes it one transfer."""
        return self.network, self.tx_id, self.index

    @property
    def is_credited(self) -> bool:
        """Say whether it is deep enough to count."""
        return self.state in {"confirmed", "final"}

    @property
    def is_visible(self) -> bool:
        """Say whether it is on the best branch or on its way there."""
        return self.state != "orphaned"


# A Struct, because it is read, changed and written more often than anything else.
class PaymentIntent(msgspec.Struct, frozen=True):
    """One promise to pay `amount`, in the currency's smallest unit."""

    id: str
    merchant_id: str
    livemode: bool
    status: Status
    resolution: Resolution
    amount: Money
    terms: Terms
    created_at: dt.datetime
    expires_at: dt.datetime
    watch_until: dt.datetime
    amount_received: int = 0
    amount_refunded: int = 0
    customer_id: str | None = None
    description: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    return_url: str | None = None
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)
    options: Mapping[str, Any] = msgspec.field(default_factory=dict)
    payment: Paid | None = None
    cancellation_reason: Cancellation | None = None
    processing_at: dt.datetime | None = None
    succeeded_at: dt.datetime | None = None
    canceled_at: dt.datetime | None = None
    finalized_at: dt.datetime | None = None
    settle_seq: int = 0
    settlement_id: str | None = None
    version: int = 1
    idempotency_key: str | None = None
    offers: Sequence[Offer] = ()

    @property
    def charge_id(self) -> str | None:
        """Return the id of the charge: the intent's own body, once money was seen."""
        return None if self.processing_at is None else "ch_" + self.id.partition("_")[2]

    @property
    def is_open(self) -> bool:
        """Say whether the payer is still expected to pay."""
        return self.status in OPEN

    def move(
        self, status: Status, at: dt.datetime, resolution: Resolution | None = None
    ) -> "PaymentIntent":
        """Return the intent in another status, with the instants that go with it."""
        seen_at = self.processing_at or (at if status is Status.PROCESSING else None)
        return msgspec.structs.replace(
            self,
            status=MOVES.check(self.status, status),
            resolution=resolution or self.resolution,
            cancellation_reason=None,
            processing_at=seen_at,
            succeeded_at=at if status is Status.SUCCEEDED else None,
            canceled_at=at if status is Status.CANCELED else None,
            version=self.version + 1,
        )

    def cancel(self, reason: Cancellation | None, at: dt.datetime) -> "PaymentIntent":
        """Return the intent, no longer wanted. Refused once money was seen."""
        if self.status not in OPEN:
            raise IllegalMove(
                f"You cannot cancel this PaymentIntent because it has a status of {self.status}.",
                code="payment_intent_unexpected_state",
            )
        resolution = Resolution.LATE if self.resolution is Resolution.LATE else Resolution.AWAITING
        canceled = self.move(Status.CANCELED, at, resolution)
        return msgspec.structs.replace(canceled, cancellation_reason=reason)

    def with_offers(self, offers: Sequence[Offer], at: dt.datetime) -> "PaymentIntent":
        """Return the intent with more ways to pay it, in the order of their ids."""
        if self.status not in OPEN:
            raise IllegalMove(
                f"This PaymentIntent's status is {self.status}; it can no longer be confirmed.",
                code="payment_intent_unexpected_state",
            )
        ordered = tuple(sorted((*self.offers, *offers), key=lambda offer: offer.id))
        known = msgspec.structs.replace(self, offers=ordered, version=self.version + 1)
        return (
            known
            if self.status is Status.REQUIRES_ACTION
            else known.move(Status.REQUIRES_ACTION, at)
        )

    def offer_for(self, payment: Payment) -> Offer | None:
        """Return the offer a payment answers: the newest for its asset that was made before it."""
        before: Offer | None = None
        oldest: Offer | None = None
        for offer in self.offers:
            if offer.style in {"amount", "deposit"} and offer.id == payment.offer_id:
                paid = payment.source or payment
                return offer if offer.asset == paid.asset else None
            if offer.asset != payment.asset or offer.network != payment.network:
                continue
            made_at = offer.created_at
            if made_at <= payment.paid_at and (before is None or made_at > before.created_at):
                before = offer
            if oldest is None or made_at < oldest.created_at:
                oldest = offer
        return before or oldest

    def share_paid(self, payment: Payment) -> Fraction:
        """Return which part of the whole a payment covers, at the rate it was offered."""
        offer = self.offer_for(payment)
        return Fraction(0) if offer is None else offer.share(payment)

    def deadline(self, offer: Offer) -> dt.datetime:
        """Return until when money for an offer is in time: its price's life and the grace."""
        grace = self.terms.late_grace_s if self.terms.late is LatePolicy.ACCEPT else 0
        return min(offer.valid_until, self.expires_at) + dt.timedelta(seconds=grace)

    def covers(self, share: Fraction) -> bool:
        """Say whether a part of the whole is enough, within the merchant's tolerance."""
        bps = self.terms.tolerance_bps
        return share >= (_WHOLE - Fraction(bps, 10_000) if bps else _WHOLE)
