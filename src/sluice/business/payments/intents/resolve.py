"""Where an intent stands: a fold over its payments; any order of news ends the same; pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import msgspec

from sluice.base.money import rounding
from sluice.business.payments.intents.facts import (
    IntentFact,
    IntentFellBack,
    IntentOverpaid,
    IntentPartiallyFunded,
    IntentProcessing,
    IntentReversed,
    IntentSucceeded,
    fact_about,
)
from sluice.business.payments.intents.model import (
    Cancellation,
    Offer,
    Payment,
    PaymentIntent,
    Resolution,
    Status,
)
from sluice.business.payments.intents.paid import Paid

_NOTHING: Final = Fraction(0)


class Purpose(StrEnum):
    """What the books do with a confirmed payment."""

    PAYMENT = "payment"
    UNAPPLIED = "unapplied"


@dataclass(frozen=True, slots=True)
class Use:
    """A payment, what it is used for, and why."""

    payment: Payment
    purpose: Purpose
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An intent's payments, each with its use, and how much they cover."""

    uses: Sequence[Use]
    visible: Fraction
    credited: Fraction
    reopened: bool

    def used(self) -> list[Payment]:
        """Return the payments that count, in the order they count."""
        return [use.payment for use in self.uses if use.purpose is Purpose.PAYMENT]


def stand(
    intent: PaymentIntent,
    payments: Sequence[Payment],
    credited_first: Mapping[tuple[str, str, int], int],
) -> Standing:
    """Give every visible payment its use.

    Payments already credited keep their turn (`credited_first` maps their keys to their order), so
    that news about one never moves another; then come those deep enough to be credited now, in the
    order in which they will be kept. An expired intent opens again when enough was paid in time; a
    payment beyond what was asked is surplus.
    """
    visible = sorted(
        (payment for payment in payments if payment.is_visible),
        key=lambda payment: (
            credited_first.get(payment.key, len(payments)),
            (0, payment.key) if payment.is_credited else (1, _place(payment)),
        ),
    )
    expired = (
        intent.status is Status.CANCELED and intent.cancellation_reason is Cancellation.EXPIRED
    )
    reopened = expired and intent.covers(_in_time(intent, visible))
    closed = intent.status is Status.CANCELED and not reopened
    uses: list[Use] = []
    seen = credited = _NOTHING
    for payment in visible:
        offer = intent.offer_for(payment)
        reason = _reason(intent, payment, offer, closed=closed)
        if reason is None and intent.covers(seen):
            reason = "over"
        purpose = Purpose.UNAPPLIED if reason else Purpose.PAYMENT
        uses.append(Use(payment, purpose, reason or "payment"))
        if reason is None and offer is not None:
            share = offer.share(payment)
            seen += share
            credited += share if payment.is_credited else 0
    return Standing(uses, seen, credited, reopened)


def resolve(
    intent: PaymentIntent, standing: Standing, at: dt.datetime
) -> tuple[PaymentIntent, list[IntentFact]]:
    """Move the intent to where its payments put it; return it and what became true."""
    if intent.status is Status.CANCELED and not standing.reopened:
        late = any(use.purpose is Purpose.UNAPPLIED for use in standing.uses)
        closed = _with_payment(intent, standing)
        return _told(closed, Resolution.LATE if late else intent.resolution), []
    now = _with_payment(intent, standing)
    if intent.covers(standing.credited):
        return _succeed(now, standing, at)
    if intent.covers(standing.visible):
        return _process(now, standing, at)
    return _wait(intent, now, standing, at)


def _in_time(intent: PaymentIntent, payments: Sequence[Payment]) -> Fraction:
    """Return the part of the whole that payments cover for which an offer held."""
    pairs = [(payment, intent.offer_for(payment)) for payment in payments]
    shares = [
        offer.share(payment)
        for payment, offer in pairs
        if offer is not None and payment.paid_at <= intent.deadline(offer)
    ]
    return sum(shares, _NOTHING)


def _reason(
    intent: PaymentIntent, payment: Payment, offer: Offer | None, *, closed: bool
) -> str | None:
    """Return why a payment cannot pay the intent, or None."""
    if offer is None:
        return "wrong_asset"
    if payment.paid_at > intent.deadline(offer):
        return "late"
    if closed:
        canceled_at = intent.canceled_at or payment.paid_at
        return "short" if payment.paid_at <= canceled_at else "canceled"
    return None


def _succeed(
    intent: PaymentIntent, standing: Standing, at: dt.datetime
) -> tuple[PaymentIntent, list[IntentFact]]:
    over = standing.credited > 1 or any(
        use.reason == "over" and use.payment.is_credited for use in standing.uses
    )
    resolution = Resolution.OVER if over else Resolution.FINAL
    facts: list[IntentFact] = []
    if intent.status is Status.SUCCEEDED:
        told = _told(intent, resolution)
        if told.resolution is Resolution.OVER and intent.resolution is not Resolution.OVER:
            facts.append(fact_about(IntentOverpaid, told))
        return told, facts
    if intent.status is not Status.PROCESSING:
        intent = intent.move(Status.PROCESSING, at, Resolution.CONFIRMING)
        facts.append(fact_about(IntentProcessing, intent))
    intent = intent.move(Status.SUCCEEDED, at, resolution)
    facts.append(fact_about(IntentSucceeded, intent))
    if over:
        facts.append(fact_about(IntentOverpaid, intent))
    return intent, facts


def _process(
    intent: PaymentIntent, standing: Standing, at: dt.datetime
) -> tuple[PaymentIntent, list[IntentFact]]:
    waiting = any(payment.state == "mempool" for payment in standing.used())
    resolution = Resolution.SEEN if waiting else Resolution.CONFIRMING
    if intent.status is Status.SUCCEEDED:
        intent = intent.move(Status.PROCESSING, at, Resolution.REVERSED)
        return intent, [fact_about(IntentReversed, intent)]
    if intent.status is Status.PROCESSING:
        keep = intent.resolution is Resolution.REVERSED
        return _told(intent, Resolution.REVERSED if keep else resolution), []
    intent = intent.move(Status.PROCESSING, at, resolution)
    return intent, [fact_about(IntentProcessing, intent)]


def _wait(
    before: PaymentIntent, intent: PaymentIntent, standing: Standing, at: dt.datetime
) -> tuple[PaymentIntent, list[IntentFact]]:
    resolution = Resolution.AWAITING
    if standing.visible > 0:
        resolution = Resolution.SHORT
    elif any(use.reason == "wrong_asset" for use in standing.uses):
        resolution = Resolution.WRONG_ASSET
    facts: list[IntentFact] = []
    if intent.status is Status.SUCCEEDED:
        intent = intent.move(Status.PROCESSING, at, Resolution.REVERSED)
        facts.append(fact_about(IntentReversed, intent))
    if intent.status is Status.PROCESSING:
        intent = intent.move(Status.REQUIRES_ACTION, at, resolution)
        facts.append(fact_about(IntentFellBack, intent))
    elif resolution is Resolution.SHORT and (
        before.resolution is not resolution or intent.payment != before.payment
    ):
        intent = _told(intent, resolution)
        facts.append(fact_about(IntentPartiallyFunded, intent))
    return _told(intent, resolution), facts


def _with_payment(intent: PaymentIntent, standing: Standing) -> PaymentIntent:
    """Return the intent with what it has received, and the newest payment for its charge."""
    used = standing.used()
    paid = None
    if used:
        last = max(used, key=_place)
        paid = Paid(last.network, last.asset, last.units, last.sender, last.tx_id, last.source)
    received = _received(intent, standing.credited)
    if (intent.payment, intent.amount_received) == (paid, received):
        return intent
    return msgspec.structs.replace(
        intent, payment=paid, amount_received=received, version=intent.version + 1
    )


def _place(payment: Payment) -> tuple[bool, int, str, int]:
    """Return where a payment stands on the chain; the mempool comes last."""
    return payment.height is None, payment.height or 0, payment.tx_id, payment.index


def _received(intent: PaymentIntent, share: Fraction) -> int:
    units = intent.amount.units
    return units if share >= 1 else rounding.down(share * units)


def _told(intent: PaymentIntent, resolution: Resolution) -> PaymentIntent:
    if intent.resolution is resolution:
        return intent
    return msgspec.structs.replace(intent, resolution=resolution, version=intent.version + 1)
