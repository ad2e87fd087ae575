"""How a refund ends: gone for good, or given back to the merchant; booked in the same Work."""

from sluice.base.facts import Fact
from sluice.base.work import Work
from sluice.business.payments.intents.model import PaymentIntent
from sluice.business.payments.intents.refunded import add_refunded
from sluice.business.payments.outgoing.book import REFUND, departure
from sluice.business.payments.outgoing.reserve import depart_money, release_money
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.facts import RefundFailed, RefundSucceeded, RefundUpdated
from sluice.business.payments.refunds.model import Refund, Status


async def complete_refund(work: Work, refund: Refund, intent: PaymentIntent, tx_id: str) -> Refund:
    """The money left: it is no longer ours to hold."""
    owner = (refund.merchant_id, refund.livemode)
    entry = departure(owner, REFUND, refund.id, network=refund.network, whole=refund.money)
    settlement_id = await depart_money(work, entry)
    done = refund.move(
        Status.SUCCEEDED, tx_id=tx_id, settlement_id=settlement_id, ended_at=work.now
    )
    await store.save(work, done)
    work.record(
        [
            RefundSucceeded(
                merchant_id=done.merchant_id, livemode=done.livemode, refund=done, intent=intent
            )
        ]
    )
    return done


async def end_refund(
    work: Work,
    refund: Refund,
    intent: PaymentIntent,
    status: Status,
    *,
    failure: str | None = None,
    message: str | None = None,
) -> Refund:
    """Nothing left: the money may be spent again, and refunded again."""
    released = await release_money(work, refund.reserve_id, f"refund {status}")
    await add_refunded(work, intent, -refund.amount.units)
    ended = refund.move(
        status,
        failure_reason=failure,
        failure_message=message,
        settlement_id=released,
        ended_at=work.now,
    )
    await store.save(work, ended)
    kind: type[RefundFailed | RefundUpdated] = (
        RefundFailed if status is Status.FAILED else RefundUpdated
    )
    fact: Fact = kind(merchant_id=ended.merchant_id, livemode=ended.livemode, refund=ended)
    work.record([fact])
    return ended
