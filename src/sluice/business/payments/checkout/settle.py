"""A session follows its intent: paid, or its time ran out."""

from collections.abc import Sequence

from sluice.base.errors import IllegalMove
from sluice.base.work import Work
from sluice.business.payments.checkout import store
from sluice.business.payments.checkout.facts import SessionCompleted, SessionExpired, SessionFact
from sluice.business.payments.checkout.find import find_session
from sluice.business.payments.checkout.model import PaymentStatus, Session, Status
from sluice.business.payments.intents.cancel import cancel_intent
from sluice.business.payments.intents.facts import IntentCanceled, IntentFact, IntentSucceeded
from sluice.business.payments.intents.find import lock_intent
from sluice.business.payments.intents.model import Cancellation


async def on_intent_succeeded(work: Work, facts: Sequence[IntentSucceeded]) -> None:
    """The money is there: the cart is paid. A payment that comes back after a fork is told once."""
    for session in await _sessions(work, facts):
        if session.status is not Status.COMPLETE:
            await _move(work, session, Status.COMPLETE, PaymentStatus.PAID, SessionCompleted)


async def on_intent_canceled(work: Work, facts: Sequence[IntentCanceled]) -> None:
    """Nobody will pay any more: the page closes."""
    for session in await _sessions(work, facts):
        if session.status is Status.OPEN:
            await _move(work, session, Status.EXPIRED, PaymentStatus.UNPAID, SessionExpired)


async def expire_session(work: Work, session_id: str) -> Session:
    """Close an open session because the merchant asks."""
    session = await find_session(work, session_id)
    intent = await lock_intent(work, session.intent_id)
    locked = await store.get(work, session_id, lock=True)
    if locked is None or locked.status is not Status.OPEN:
        raise IllegalMove(
            "Only Checkout Sessions with a status of open can be expired; "
            f"this one is {session.status}.",
            code="checkout_session_unexpected_state",
        )
    await cancel_intent(work, intent, Cancellation.EXPIRED)
    return await _move(work, locked, Status.EXPIRED, PaymentStatus.UNPAID, SessionExpired)


async def _sessions(work: Work, facts: Sequence[IntentFact]) -> list[Session]:
    return await store.lock_by_intent(work, sorted({fact.intent.id for fact in facts}))


async def _move(
    work: Work,
    session: Session,
    status: Status,
    payment_status: PaymentStatus,
    kind: type[SessionFact],
) -> Session:
    moved = session.move(status, payment_status)
    await store.save(work, [moved])
    work.record([kind(merchant_id=moved.merchant_id, livemode=moved.livemode, session=moved)])
    work.tell(moved.intent_id)
    return moved
