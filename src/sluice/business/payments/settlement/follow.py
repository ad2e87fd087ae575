"""What became of a send decides what becomes of its payout; booked in the same Work."""

import dataclasses
from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.payments.outgoing.book import PAYOUT, departure
from sluice.business.payments.outgoing.reserve import depart_money, release_money
from sluice.business.payments.settlement import store
from sluice.business.payments.settlement.facts import (
    PayoutFact,
    PayoutFailed,
    PayoutPaid,
    PayoutUpdated,
)
from sluice.business.payments.settlement.model import Payout, Status
from sluice.engine.sender.facts import SendDone, SendFact, SendFailed, SendOpened


async def on_sends_moved(work: Work, facts: Sequence[SendFact]) -> None:
    """Sends of payouts opened or ended: each payout follows once, whatever the order of news."""
    about: dict[str, list[SendFact]] = {}
    for fact in facts:
        if fact.reference.startswith("po_"):
            about.setdefault(fact.reference, []).append(fact)
    for payout in await store.lock_any(work, sorted(about)):
        now = payout
        for fact in about[payout.id]:
            if now.ended_at is None and fact.send_id == now.send_id:
                now = await _follow(work, now, fact)


async def _follow(work: Work, payout: Payout, fact: SendFact) -> Payout:
    moved = payout
    kind: type[PayoutFact] = PayoutUpdated
    if isinstance(fact, SendOpened) and payout.status is Status.PENDING:
        moved = payout.move(Status.IN_TRANSIT)
    elif isinstance(fact, SendDone) and payout.withdrawal is not None:
        # The token is locked now; the peg's signers say how it goes on.
        moved = payout if payout.status is Status.IN_TRANSIT else payout.move(Status.IN_TRANSIT)
        asked = dataclasses.replace(payout.withdrawal, ask_tx_id=fact.tx_id)
        moved = moved.change(withdrawal=asked)
    elif isinstance(fact, SendDone):
        owner = (payout.merchant_id, payout.livemode)
        entry = departure(owner, PAYOUT, payout.id, network=payout.network, whole=payout.money)
        gone = await depart_money(work, entry)
        moved = payout.move(Status.PAID, tx_id=fact.tx_id, settlement_id=gone, ended_at=work.now)
        kind = PayoutPaid
    elif isinstance(fact, SendFailed):
        back = await release_money(work, payout.reserve_id, "payout failed")
        moved = payout.move(
            Status.FAILED,
            failure_code=fact.code,
            failure_message=fact.reason or None,
            settlement_id=back,
            ended_at=work.now,
        )
        kind = PayoutFailed
    if moved is not payout:
        await store.save(work, moved)
        work.record([_fact(kind, moved)])
    return moved


def _fact(kind: type[PayoutFact], payout: Payout) -> PayoutFact:
    return kind(merchant_id=payout.merchant_id, livemode=payout.livemode, payout=payout)
