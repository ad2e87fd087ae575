"""No longer wanted, or its time ran out."""

from typing import Final

from sluice.base.work import Work, Works
from sluice.business.payments.intents import store
from sluice.business.payments.intents.facts import IntentCanceled
from sluice.business.payments.intents.model import Cancellation, PaymentIntent

_BATCH: Final = 200


async def cancel_intent(
    work: Work, intent: PaymentIntent, reason: Cancellation | None
) -> PaymentIntent:
    """Cancel an intent that this Work holds locked."""
    canceled = intent.cancel(reason, work.now)
    await store.save(work, [canceled])
    _tell(work, canceled)
    return canceled


async def expire_intents(works: Works) -> int:
    """Cancel open intents whose time is over; return how many."""
    expired = 0
    while True:
        async with works.begin() as work:
            overdue = await store.lock_overdue(work, work.now, _BATCH)
            canceled = [intent.cancel(Cancellation.EXPIRED, work.now) for intent in overdue]
            await store.save(work, canceled)
            for intent in canceled:
                _tell(work, intent)
        expired += len(overdue)
        if len(overdue) < _BATCH:
            return expired


def _tell(work: Work, intent: PaymentIntent) -> None:
    work.record(
        [IntentCanceled(merchant_id=intent.merchant_id, livemode=intent.livemode, intent=intent)]
    )
    work.tell(intent.id)
