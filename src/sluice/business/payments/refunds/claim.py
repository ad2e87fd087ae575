"""The payer says where the money goes; once, and only while the link is good."""

from sluice.base.errors import IllegalMove
from sluice.base.work import Work
from sluice.business.payments.outgoing.rules import check_recipient
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.dispatch import dispatch, order_of
from sluice.business.payments.refunds.facts import RefundUpdated
from sluice.business.payments.refunds.find import lock_refund
from sluice.business.payments.refunds.model import Refund, Status
from sluice.engine.chains.registry import Chains


async def claim_refund(work: Work, refund_id: str, address: str, *, chains: Chains) -> Refund:
    """Take the payer's address; the first one counts, and nobody can change it afterwards."""
    refund = await lock_refund(work, refund_id)
    if refund.status is not Status.REQUIRES_ACTION:
        raise IllegalMove("This refund was claimed already.", code="refund_unexpected_state")
    if refund.claim_until is None or work.now >= refund.claim_until:
        raise IllegalMove("This link is no longer good; ask the shop.", code="refund_claim_expired")
    chain = chains.find(refund.network)
    claimed = refund.claim(await check_recipient(work, chain, address, param="address"))
    order_of(claimed, chain)
    await store.save(work, claimed)
    sent = await dispatch(work, claimed, chain=chain)
    work.record([RefundUpdated(merchant_id=sent.merchant_id, livemode=sent.livemode,
                               refund=sent)])  # fmt: skip
    return sent
