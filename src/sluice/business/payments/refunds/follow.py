"""What became of a send decides what becomes of its refund."""

from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.payments.intents.find import lock_any_intents
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.end import complete_refund, end_refund
from sluice.business.payments.refunds.model import Status
from sluice.engine.sender.facts import SendDone, SendFact, SendFailed


async def on_sends_ended(work: Work, facts: Sequence[SendFact]) -> None:
    """Sends of refunds ended: book them, once."""
    about = {fact.reference: fact for fact in facts if fact.reference.startswith("re_")}
    refunds = await store.lock_any(work, sorted(about))
    intents = {
        intent.id: intent
        for intent in await lock_any_intents(work, sorted({one.intent_id for one in refunds}))
    }
    for refund in refunds:
        fact = about[refund.id]
        intent = intents[refund.intent_id]
        if refund.ended_at is not None or fact.send_id != refund.send_id:
            continue
        if isinstance(fact, SendDone):
            await complete_refund(work, refund, intent, fact.tx_id or "")
        elif isinstance(fact, SendFailed):
            await end_refund(
                work, refund, intent, Status.FAILED, failure=fact.code, message=fact.reason or None
            )
