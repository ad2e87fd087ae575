"""How an intent stands by what was seen of its payments, for whoever looks."""

from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.payments.intents import credit_store
from sluice.business.payments.intents.book import Credit
from sluice.business.payments.intents.model import Payment, PaymentIntent
from sluice.business.payments.intents.resolve import Purpose, Standing, stand
from sluice.engine.watcher.seen import Key, SeenTransfer


async def find_standing(
    work: Work, intent: PaymentIntent, seen: Sequence[SeenTransfer]
) -> Standing:
    """Return the use of every transfer seen for an intent, as the books have it."""
    live, _ = await credit_store.of_transfers(work, [transfer.key for transfer in seen])
    return stand(intent, [payment_of(transfer) for transfer in seen], turns_of(live))


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
