"""Which of its states a page is in; pure."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluice.base.money import rounding
from sluice.base.money.catalogue import money
from sluice.base.money.money import Money
from sluice.business.payments.checkout.choose import newest_offer
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.checkout.model import Status as SessionStatus
from sluice.business.payments.intents.model import (
    Cancellation,
    Offer,
    PaymentIntent,
    Resolution,
    Status,
)
from sluice.doors.web.checkout.words import State

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the payer's address line asks to see: one way to pay, or all of them again."""

    pair: Pair | None = None
    again: bool = False


def state_of(sight: Sight, asked: Asked, now: dt.datetime) -> State:
    """Return the state; what the network says comes before what the payer asks to see."""
    intent = sight.intent
    if intent.status is Status.SUCCEEDED:
        return State.OVER if surplus(sight) else State.PAID
    if sight.session.status is SessionStatus.COMPLETE or intent.resolution is Resolution.REVERSED:
        return State.REVERSED
    if intent.status is Status.PROCESSING:
        return _on_its_way(sight)
    if intent.status is Status.CANCELED:
        return _closed(sight)
    # The job that cancels what is overdue comes by every second; the page does not wait for it.
    if now >= intent.expires_at:
        return State.EXPIRED
    return _open(sight, asked, now)


def offer_in_use(intent: PaymentIntent, asked: Asked) -> Offer | None:
    """Return the offer the payer is paying: the one asked for, or the last one made alone."""
    asked_for = newest_offer(intent, *asked.pair) if asked.pair else None
    if asked_for is not None or not intent.offers:
        return asked_for
    latest = max(offer.created_at for offer in intent.offers)
    together = [offer for offer in intent.offers if offer.created_at == latest]
    return together[0] if len(together) == 1 else None


def holds(offer: Offer, now: dt.datetime) -> bool:
    """Say whether an offer's price still holds."""
    return now < offer.valid_until


def missing_share(sight: Sight) -> Fraction:
    """Return which part of the whole nobody has seen yet."""
    return max(Fraction(0), 1 - sight.standing.visible)


def missing(sight: Sight, due: Money) -> Money:
    """Return what is left to pay of an amount that would pay everything."""
    return Money(rounding.up(missing_share(sight) * due.units), due.asset)


def arrived(sight: Sight) -> Sequence[Money]:
    """Return what was seen and counts, by asset."""
    return _sums([(payment.asset, payment.units) for payment in sight.standing.used()])


def astray(sight: Sight, *reasons: str) -> Sequence[Money]:
    """Return what was seen and does not count, for these reasons, by asset."""
    return _sums(
        [
            (use.payment.asset, use.payment.units)
            for use in sight.standing.uses
            if use.reason in reasons
        ]
    )


def surplus(sight: Sight) -> Sequence[Money]:
    """Return what came beyond what was asked, by asset, as the books hold it."""
    parts = [(money.asset.code, money.units) for money in astray(sight, "over")]
    covered = Fraction(0)
    for payment in sight.standing.used():
        offer = sight.intent.offer_for(payment)
        covered += sight.intent.share_paid(payment)
        if offer is not None and covered > 1:
            parts.append((payment.asset, rounding.down((covered - 1) * offer.due)))
            covered = Fraction(1)
    return _sums(parts)


def _on_its_way(sight: Sight) -> State:
    waiting = any(payment.state == "mempool" for payment in sight.standing.used())
    return State.SEEN if waiting else State.CONFIRMING


def _closed(sight: Sight) -> State:
    if astray(sight, "late"):
        return State.LATE
    expired = sight.intent.cancellation_reason is Cancellation.EXPIRED
    return State.EXPIRED if expired else State.CANCELED


def _open(sight: Sight, asked: Asked, now: dt.datetime) -> State:
    if sight.intent.covers(sight.standing.visible):
        return _on_its_way(sight)
    if sight.merchant.status != "active":
        return State.CLOSED
    if asked.again:
        return State.CHOOSE
    if sight.standing.visible > 0:
        return State.SHORT
    if astray(sight, "wrong_asset"):
        return State.WRONG_ASSET
    return _unpaid(offer_in_use(sight.intent, asked), now)


def _unpaid(offer: Offer | None, now: dt.datetime) -> State:
    if offer is None:
        return State.CHOOSE
    return State.WAITING if holds(offer, now) else State.PRICE_EXPIRED


def _sums(parts: Sequence[tuple[str, int]]) -> Sequence[Money]:
    sums: Counter[str] = Counter()
    for asset, units in parts:
        sums[asset] += units
    return [money(units, asset) for asset, units in sorted(sums.items()) if units]
