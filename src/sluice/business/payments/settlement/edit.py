"""Change a payout's notes, approve it, take it back; find payouts."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import IllegalMove, NotFound, Unavailable
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.payments.outgoing.reserve import release_money
from sluice.business.payments.outgoing.rules import check_approver
from sluice.business.payments.settlement import store
from sluice.business.payments.settlement.create import order_of
from sluice.business.payments.settlement.facts import PayoutCanceled, PayoutUpdated
from sluice.business.payments.settlement.model import Payout, Status, Withdrawal
from sluice.engine.chains.registry import Chains
from sluice.engine.sender.queue import cancel_send, find_wallet, queue_send


async def find_payout(work: Work, payout_id: str) -> Payout:
    """Return a payout, or refuse as if it did not exist."""
    return _found(await store.get(work, payout_id), payout_id)


async def lock_payout(work: Work, payout_id: str) -> Payout:
    """Return a payout, held until the Work ends, or refuse as if it did not exist."""
    return _found(await store.lock(work, payout_id), payout_id)


async def page_payouts(
    work: Work,
    page: Page,
    *,
    status: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[Payout]:
    """Return a page of payouts."""
    return await store.page(work, page, status=status, created=created or {})


async def find_withdrawals(work: Work, *, limit: int = 100) -> list[tuple[Payout, Withdrawal]]:
    """Return the merchant's newest payouts through a peg, each with its withdrawal."""
    return await store.find_withdrawals(work, limit)


async def update_payout(work: Work, payout: Payout, metadata: Mapping[str, str]) -> Payout:
    """Change a payout's notes."""
    changed = payout.change(metadata=metadata)
    await store.save(work, changed)
    _tell(work, changed)
    return changed


async def approve_payout(work: Work, payout_id: str, *, chains: Chains) -> Payout:
    """Agree to a payout that someone else asked for."""
    payout = await lock_payout(work, payout_id)
    if not payout.awaits_approval or payout.ended_at is not None:
        raise IllegalMove("This payout needs no approval.", code="payout_unexpected_state")
    approver = check_approver(work, payout.requested_by)
    chain = chains.find(payout.network)
    wallet = await find_wallet(work, chain)
    if wallet is None:
        raise Unavailable(f"There is no hot wallet on {payout.network}.", code="wallet_missing")
    order = await order_of(work, chain, payout.id, payout.money, payout.destination)
    send = await queue_send(work, wallet, order)
    approved = payout.change(approved_by=approver, send_id=send.id)
    await store.save(work, approved)
    _tell(work, approved)
    return approved


async def cancel_payout(work: Work, payout_id: str) -> Payout:
    """Take a payout back while nothing can be out yet."""
    payout = await lock_payout(work, payout_id)
    if payout.status is not Status.PENDING or not await cancel_send(work, payout.id):
        raise IllegalMove(
            f"This payout is {payout.status} and can no longer be canceled.",
            code="payout_unexpected_state",
        )
    released = await release_money(work, payout.reserve_id, "payout canceled")
    ended = payout.move(Status.CANCELED, settlement_id=released, ended_at=work.now)
    await store.save(work, ended)
    work.record([PayoutCanceled(merchant_id=ended.merchant_id, livemode=ended.livemode,
                                payout=ended)])  # fmt: skip
    return ended


def _tell(work: Work, payout: Payout) -> None:
    work.record([PayoutUpdated(merchant_id=payout.merchant_id, livemode=payout.livemode,
                               payout=payout)])  # fmt: skip


def _found(payout: Payout | None, payout_id: str) -> Payout:
    if payout is None:
        raise NotFound(f"No such payout: '{payout_id}'", param="id")
    return payout
