"""Change a refund's notes, approve it, take it back."""

from collections.abc import Mapping

from sluice.base.errors import IllegalMove
from sluice.base.work import Work
from sluice.business.payments.intents.find import lock_intent
from sluice.business.payments.outgoing.rules import check_approver
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.dispatch import dispatch
from sluice.business.payments.refunds.end import end_refund
from sluice.business.payments.refunds.facts import RefundUpdated
from sluice.business.payments.refunds.find import lock_refund
from sluice.business.payments.refunds.model import Refund, Status
from sluice.engine.chains.registry import Chains
from sluice.engine.sender.queue import cancel_send


async def update_refund(work: Work, refund: Refund, metadata: Mapping[str, str]) -> Refund:
    """Change a refund's notes."""
    return await _save(work, refund.change(metadata=metadata))


async def approve_refund(work: Work, refund_id: str, *, chains: Chains) -> Refund:
    """Agree to a refund that someone else asked for."""
    refund = await lock_refund(work, refund_id)
    if not refund.awaits_approval or refund.ended_at is not None:
        raise IllegalMove("This refund needs no approval.", code="refund_unexpected_state")
    approved = refund.change(approved_by=check_approver(work, refund.requested_by))
    await store.save(work, approved)
    sent = await dispatch(work, approved, chain=chains.find(refund.network))
    _tell(work, sent)
    return sent


async def cancel_refund(work: Work, refund_id: str) -> Refund:
    """Take a refund back while nothing can be out yet; the money is the merchant's again."""
    refund = await lock_refund(work, refund_id)
    # Its payment is locked after it: the order in which everything about refunds is locked.
    intent = await lock_intent(work, refund.intent_id)
    if refund.ended_at is not None or not await cancel_send(work, refund.id):
        raise IllegalMove(
            f"This refund is {refund.status} and can no longer be canceled.",
            code="refund_unexpected_state",
        )
    return await end_refund(work, refund, intent, Status.CANCELED)


async def _save(work: Work, refund: Refund) -> Refund:
    await store.save(work, refund)
    _tell(work, refund)
    return refund


def _tell(work: Work, refund: Refund) -> None:
    work.record([RefundUpdated(merchant_id=refund.merchant_id, livemode=refund.livemode,
                               refund=refund)])  # fmt: skip
