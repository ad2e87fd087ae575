"""What an intent brought, as far as it can be given back; and note how much of it was."""

import dataclasses
from collections import Counter

import msgspec

from sluice.base.errors import IllegalMove
from sluice.base.money.catalogue import money
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.business.payments.intents import credit_store, store
from sluice.business.payments.intents.model import PaymentIntent, Status
from sluice.engine.ledger import chart
from sluice.engine.ledger.find import find_postings


@dataclasses.dataclass(frozen=True, slots=True)
class Brought:
    """What a payment brought, fee included and surplus left out, and where it lies."""

    network: str
    whole: Money
    fee: Money


async def find_brought(work: Work, intent: PaymentIntent) -> Brought:
    """Return what a final payment brought; refuse one a fork could still undo, or none."""
    if intent.status is not Status.SUCCEEDED or intent.settlement_id is None:
        raise IllegalMove(
            f"This PaymentIntent's status is {intent.status}; only a payment that succeeded can "
            "be refunded.",
            code="payment_intent_unexpected_state",
        )
    if intent.finalized_at is None:
        raise IllegalMove(
            "A fork could still undo this payment; refund it after payment_intent.finalized.",
            code="payment_not_final",
        )
    postings = (await find_postings(work, [intent.settlement_id]))[intent.settlement_id]
    sums: Counter[str] = Counter()
    fee = 0
    for posting in postings:
        if posting.account in (chart.PENDING, chart.FEES):
            sums[posting.money.asset.code] += posting.money.units
            fee += posting.money.units if posting.account == chart.FEES else 0
    places = await credit_store.places_of(work, intent.id)
    if len(sums) != 1 or len(places) != 1:
        raise IllegalMove(
            "This payment came in more than one asset or on more than one network; refund it "
            "from your own wallet.",
            code="refund_split_payment",
        )
    [(asset, units)] = sums.items()
    return Brought(places[0], money(units, asset), money(fee, asset))


async def add_refunded(work: Work, intent: PaymentIntent, amount: int) -> PaymentIntent:
    """Note that so much more is refunded (or less) of an intent this Work holds locked."""
    await store.add_refunded(work, intent, amount)
    return msgspec.structs.replace(
        intent, amount_refunded=intent.amount_refunded + amount, version=intent.version + 1
    )
