"""Follow payouts that leave through a peg: which request each is, and how the signers ended it."""

from typing import Final

import structlog

from sluice.base.errors import SluiceError
from sluice.base.money.money import Money
from sluice.base.work import Work, Works
from sluice.business.payments.conversions.accept import peg_of
from sluice.business.payments.outgoing.book import withdrawal_end
from sluice.business.payments.outgoing.reserve import depart_money, release_money
from sluice.business.payments.settlement import store
from sluice.business.payments.settlement.facts import (
    PayoutFact,
    PayoutFailed,
    PayoutPaid,
    PayoutUpdated,
)
from sluice.business.payments.settlement.model import Asked, Payout, Status, Withdrawal
from sluice.engine.chains.peg import Peg, Withdrawn
from sluice.engine.chains.registry import Chains

_BATCH: Final = 50

log = structlog.get_logger()


async def watch_withdrawals(works: Works, chains: Chains) -> None:
    """Look after every withdrawal that was asked for; the peg is asked outside of any Work."""
    async with works.look() as work:
        held = await store.find_withdrawing(work, _BATCH)
    for payout, asked in held:
        try:
            await _follow(works, peg_of(chains.find(payout.network)), payout, asked)
        except SluiceError as error:
            log.warning("withdrawal.unheard", payout=payout.id, error=error.message)


async def _follow(works: Works, peg: Peg, payout: Payout, asked: Withdrawal) -> None:
    number = asked.number
    if number is None and asked.ask_tx_id is not None:
        number = await peg.asked(
            asked.ask_tx_id, payout.recipient, payout.money.units, fee_max=asked.fee_max
        )
        async with works.begin() as work:
            await _number(work, payout.id, number)
    end = None if number is None else await peg.ended(number)
    if end is not None:
        async with works.begin() as work:
            await _end(work, payout.id, end)


async def _number(work: Work, payout_id: str, number: int) -> None:
    """Write down which request of the peg's it is."""
    for payout in await store.lock_any(work, [payout_id]):
        asked = payout.withdrawal
        if asked is not None and asked.state is Asked.ASKED:
            numbered = asked.move(Asked.CREATED, number=number)
            await _save(work, PayoutUpdated, payout.change(withdrawal=numbered))


async def _end(work: Work, payout_id: str, end: Withdrawn) -> None:
    """Book how it ended: gone with its fee and the rest of that back, or all of it back."""
    for payout in await store.lock_any(work, [payout_id]):
        asked = payout.withdrawal
        if asked is None or payout.ended_at is not None:
            continue
        if end.tx_id is None:
            back = await release_money(work, payout.reserve_id, "withdrawal refused")
            moved = payout.move(
                Status.FAILED,
                withdrawal=asked.move(Asked.REJECTED),
                failure_code="withdrawal_rejected",
                failure_message="The peg's signers did not pay it; the money is back.",
                settlement_id=back,
                ended_at=work.now,
            )
            await _save(work, PayoutFailed, moved)
            continue
        entry = withdrawal_end(
            (payout.merchant_id, payout.livemode),
            payout.id,
            network=payout.network,
            whole=payout.whole,
            gone=Money(payout.money.units + end.fee, payout.money.asset),
        )
        moved = payout.move(
            Status.PAID,
            withdrawal=asked.move(Asked.ACCEPTED, fee=end.fee),
            tx_id=end.tx_id,
            settlement_id=await depart_money(work, entry),
            ended_at=work.now,
        )
        await _save(work, PayoutPaid, moved)


async def _save(work: Work, kind: type[PayoutFact], payout: Payout) -> None:
    await store.save(work, payout)
    log.info("withdrawal.moved", payout=payout.id, status=payout.status)
    told = kind(merchant_id=payout.merchant_id, livemode=payout.livemode, payout=payout)
    work.record([told])
