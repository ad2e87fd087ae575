"""How an intent stands by what was seen of its payments, for whoever looks."""

import dataclasses
from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.payments.conversions.pair import Legs, pair_legs
from sluice.business.payments.intents import credit_store
from sluice.business.payments.intents.book import Credit
from sluice.business.payments.intents.model import Payment, PaymentIntent
from sluice.business.payments.intents.paid import Source
from sluice.business.payments.intents.resolve import Purpose, Standing, stand
from sluice.engine.chains.model import Style
from sluice.engine.watcher.seen import Key, SeenTransfer


async def find_standing(
    work: Work, intent: PaymentIntent, seen: Sequence[SeenTransfer]
) -> Standing:
    """Return the use of every transfer seen for an intent, as the books have it."""
    live, _ = await credit_store.of_transfers(work, [transfer.key for transfer in seen])
    return stand(intent, payments_of(intent, seen), turns_of(live))


def payments_of(intent: PaymentIntent, seen: Sequence[SeenTransfer]) -> list[Payment]:
    """Return an intent's transfers as payments; the legs of a conversion are one.

    Until its token is there, what was paid to a deposit is seen and not credited: the signers have
    it, not the merchant.
    """
    deposits = {offer.id: offer for offer in intent.offers if offer.style == Style.DEPOSIT}
    if not deposits:
        return [payment_of(transfer) for transfer in seen]
    payments = [payment_of(one) for one in seen if one.reference not in deposits]
    for offer_id, offer in deposits.items():
        own = [one for one in seen if one.reference == offer_id]
        payments += [_converted(legs) for legs in pair_legs(own, offer.network)]
    return payments


def _converted(legs: Legs) -> Payment:
    paid = legs.paid
    if legs.minted is None:
        payment = payment_of(paid)
        return dataclasses.replace(payment, state="included") if payment.is_credited else payment
    source = Source(paid.network, paid.asset, paid.units, paid.tx_id, paid.index)
    minted = payment_of(legs.minted)
    return dataclasses.replace(minted, paid_at=paid.paid_at, sender=paid.sender, source=source)


def payment_of(seen: SeenTransfer) -> Payment:
    """Return a transfer as a payment of the offer it was waited for under."""
    return Payment(
        network=seen.network,
        tx_id=seen.tx_id,
        index=seen.index,
        offer_id=seen.reference or "",
        asset=seen.asset,
        units=seen.units,
        state=seen.state,
        sender=seen.sender,
        paid_at=seen.paid_at,
        height=seen.height,
    )


def turns_of(live: Sequence[Credit]) -> dict[Key, int]:
    """Return the turn of each transfer that the books hold as a payment."""
    paying = (held.key for held in live if held.purpose is Purpose.PAYMENT)
    return {key: turn for turn, key in enumerate(paying)}
