"""Make a refund: check, set the money aside, and send it or ask the payer where to."""

import datetime as dt
from typing import Final

from sluice.base.errors import Forbidden, Invalid
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import RefundRules
from sluice.business.payments.intents.find import lock_charged, lock_intent
from sluice.business.payments.intents.model import PaymentIntent
from sluice.business.payments.intents.refunded import add_refunded, find_brought
from sluice.business.payments.outgoing.book import REFUND, reservation
from sluice.business.payments.outgoing.reserve import reserve_money
from sluice.business.payments.outgoing.rules import (
    check_recipient,
    needs_approval,
    requester_of,
)
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.dispatch import dispatch, order_of
from sluice.business.payments.refunds.facts import RefundCreated
from sluice.business.payments.refunds.model import (
    NewRefund,
    Refund,
    Status,
    amount_of,
    part_of,
    share_of,
)
from sluice.engine.chains.registry import Chains

_DAY: Final = dt.timedelta(days=1)


async def create_refund(
    work: Work, new: NewRefund, *, chains: Chains, rules: RefundRules
) -> Refund:
    """Refund a final payment, in what it was paid with, at the price it was paid at.

    The intent is locked first: of two refunds asked for at once, the second sees the first.
    """
    intent = await _lock(work, new)
    brought = await find_brought(work, intent)
    chain = chains.find(brought.network)
    amount = amount_of(new.amount, intent.amount, intent.amount_refunded)
    paid = share_of(amount, intent.amount, intent.amount_refunded, brought.whole)
    recipient = await _recipient(work, new, chains, brought.network, rules=rules)
    refund_id = work.new_id("re")
    entry = reservation(
        work.owner,
        REFUND,
        refund_id,
        network=brought.network,
        whole=paid,
        fee=part_of(amount, intent.amount, intent.amount_refunded, brought.fee),
    )
    today = await store.asked_since(work, amount.asset.code, work.now - _DAY)
    refund = Refund(
        id=refund_id,
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        intent_id=intent.id,
        amount=amount,
        network=brought.network,
        money=paid,
        status=Status.REQUIRES_ACTION if recipient is None else Status.PENDING,
        needs_approval=needs_approval(amount.units, today, amount.asset.code, rules.approve_above),
        requested_by=requester_of(work),
        reserve_id="",
        created_at=work.now,
        recipient=recipient,
        claim_token=work.new_unguessable_id("rc"),
        claim_until=work.now + dt.timedelta(days=rules.claim_days),
        reason=new.reason,
        metadata=new.metadata,
        instructions_email=new.instructions_email,
    )
    order_of(refund, chain)
    refund = refund.change(reserve_id=await reserve_money(work, entry, brought.network), version=1)
    await add_refunded(work, intent, amount.units)
    store.add(work, refund)
    refund = await dispatch(work, refund, chain=chain)
    return _told(work, refund)


def _told(work: Work, refund: Refund) -> Refund:
    merchant_id, livemode = refund.merchant_id, refund.livemode
    work.record([RefundCreated(merchant_id=merchant_id, livemode=livemode, refund=refund)])
    return refund


async def _lock(work: Work, new: NewRefund) -> PaymentIntent:
    if new.intent_id is not None and new.charge_id is None:
        return await lock_intent(work, new.intent_id)
    if new.charge_id is not None and new.intent_id is None:
        return await lock_charged(work, new.charge_id)
    raise Invalid(
        "Say which payment to refund: one of payment_intent and charge.",
        code="parameter_missing",
        param="payment_intent",
    )


async def _recipient(
    work: Work, new: NewRefund, chains: Chains, network: str, *, rules: RefundRules
) -> str | None:
    """Return where the money goes when that is said now; otherwise the payer is asked."""
    if new.to_address is None:
        return None
    if work.actor.livemode and not rules.allow_address:
        raise Forbidden(
            "This account asks payers where to refund to. Leave to_address out, or let the "
            "operator allow it: sluice merchants refunds --allow-address.",
            code="refund_address_not_allowed",
        )
    chain = chains.find(network)
    return await check_recipient(work, chain, new.to_address, param="to_address")
